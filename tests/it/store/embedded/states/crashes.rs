//! Every state that a crash at any moment may leave: of the files of the ledger what the model of a
//! disk says, of sled anything. The store opens, has all that was acknowledged and nothing else but
//! calls that were in doubt, goes on, and has it all once more.

use super::{
    campaign::{Random, Tally, seed, size},
    disk::Keep,
    recorder::Lie,
    rows::left_of,
    run::{Plan, Run, materialize, survives},
};

/// So many states are built of one run.
const N_STATES: usize = 50;
const N_ROUNDS: usize = 24;

#[tokio::test]
async fn any_crash_leaves_everything_that_was_acknowledged() {
    let mut tally = Tally::default();
    let (mut n_ops, mut n_learners) = (0, 0);
    let n_runs = size(16, 1_000);
    for case in 0..n_runs {
        let random = &mut Random::new(seed(), case);
        let run = Run::of_new_store(&Plan { n_rounds: N_ROUNDS, ..Plan::default() }, random).await.unwrap();
        n_ops += run.log.len();
        n_learners += run.n_learners();
        explore(&run, N_STATES, case, random, &mut tally).await;
    }
    println!("{n_runs} runs, {n_ops} operations on files, {n_learners} learners");
    tally.end("states after a crash");
}

/// Builds states of a run and looks at each of them.
pub async fn explore(run: &Run, n_states: usize, case: usize, random: &mut Random, tally: &mut Tally) {
    let mut moments: Vec<_> = (1..n_states).map(|_| random.below(run.log.len() + 1)).collect();
    moments.push(run.log.len());
    moments.sort_unstable();
    let (mut disk, mut done) = (run.before.clone(), 0);
    for moment in moments {
        run.log[done..moment].iter().for_each(|it| disk.apply(it));
        done = moment;
        let keep = *random.pick(&Keep::ALL);
        let files = disk.after_power_cut(keep, random);
        let rows = left_of(&run.rows_until(moment), random);
        let dir = materialize(&files, rows.as_ref());
        let result = survives(dir.path(), &run.book_at(moment), random).await;
        tally.add(|| format!("run {case}, moment {moment}, {keep:?}"), result);
    }
}

/// The states of a few runs in which somebody lies, until one is found that is wrong.
pub async fn finds(lie: Lie) -> bool {
    let mut tally = Tally::default();
    for case in 0..20 {
        let random = &mut Random::new(seed(), case);
        let plan = Plan { n_rounds: N_ROUNDS, lie: Some(lie), failure: None };
        match Run::of_new_store(&plan, random).await {
            Ok(run) => explore(&run, 10, case, random, &mut tally).await,
            Err(error) => tally.add(|| format!("run {case}"), Err(error)),
        }
        if let Some(failure) = tally.failures.first() {
            println!("{lie:?} was found in {} states: {failure}", tally.n_cases);
            return true;
        }
    }
    false
}
