//! One crash after another: a store that goes on after a power cut, or after its process was killed,
//! or after a sync failed, and whose power is cut then. A killed process leaves behind what can be
//! seen and is not on the disk; after a sync that failed no later one brings it there. What was
//! shown after that must stay.

use super::{
    book::Book,
    campaign::{Random, Tally, seed, size},
    crashes::explore,
    disk::{Disk, Keep},
    recorder::{Failure, Lie, Op},
    rows::left_of,
    run::{Plan, Run, materialize},
};

const N_LINKS: usize = 2;
/// So many states are built after each link.
const N_STATES: usize = 5;

#[tokio::test]
async fn one_crash_after_another_leaves_everything_that_was_shown() {
    let mut tally = Tally::default();
    let n_chains = size(20, 1_000);
    for case in 0..n_chains {
        follow(case, None, &mut tally).await;
    }
    println!("{n_chains} chains of {N_LINKS} crashes before the last one");
    tally.end("states after several crashes");
}

/// A chain, in which somebody may lie after the first crash.
pub async fn follow(case: usize, lie: Option<Lie>, tally: &mut Tally) {
    let random = &mut Random::new(seed(), case);
    let failure =
        *random.pick(&[None, Some(Failure::Sync), Some(Failure::Sync), Some(Failure::SyncDirectory)]);
    let plan = Plan { n_rounds: 12, failure, lie: None };
    let mut run = Run::of_new_store(&plan, random).await.unwrap();
    for link in 0..N_LINKS {
        // What failed, failed last.
        let is_failure = link == 0 && failure.is_some();
        let moment = if is_failure { run.log.len() } else { random.below(run.log.len() + 1) };
        let (disk, book) = crash(&run, moment, is_failure || random.one_in(2), random);
        let dir = materialize(&disk.seen(), left_of(&run.rows_until(moment), random).as_ref());
        let n_rounds = 1 + random.below(4);
        match Run::record(dir.path(), disk, book, &Plan { n_rounds, lie, failure: None }, random).await {
            Ok(next) => run = next,
            Err(error) => return tally.add(|| format!("chain {case}, link {link}"), Err(error)),
        }
        explore(&run, N_STATES, case, random, tally).await;
    }
}

/// The disk and the book when the process is killed at a moment, or the power is cut.
fn crash(run: &Run, moment: usize, is_kill: bool, random: &mut Random) -> (Disk, Book) {
    let mut disk = run.before.clone();
    run.log[..moment].iter().for_each(|it| disk.apply(it));
    let book = run.book_at(moment);
    if !is_kill {
        let keep = *random.pick(&Keep::ALL);
        return (Disk::with(&disk.after_power_cut(keep, random)), book);
    }
    if let Some(Op::Write { path, at, bytes }) = run.log.get(moment) {
        // It was in the middle of that. The kernel copies page by page.
        let n_bytes = (4_096 - *at as usize % 4_096 + 4_096 * random.below(3)).min(bytes.len());
        disk.apply(&Op::Write { path: path.clone(), at: *at, bytes: bytes[..n_bytes].to_vec() });
        return (disk, run.book_at(moment + 1));
    }
    (disk, book)
}
