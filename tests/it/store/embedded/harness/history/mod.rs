//! Sixteen clients read, write and say calls again while the process that has the store is killed
//! and started again. Whatever they were answered must have one order in which it makes sense.

mod client;
mod model;
mod planted;
mod protocol;
mod server;
mod settle;

use std::{
    path::Path,
    sync::{Arc, atomic::Ordering::SeqCst},
    thread,
    time::{Duration, Instant},
};

use self::{
    client::{Client, Common},
    model::{Operation, is_possible, text_of},
    planted::Violation,
    settle::settle,
};
use super::{Campaign, Chance, scratch};

const N_LEARNERS: u32 = 200;
const N_CLIENTS: u32 = 16;
/// A new store after so many operations.
const N_OPERATIONS_OF_A_STORE: usize = 100_000;
/// The process is killed after a time between these.
const LIFE: [Duration; 2] = [Duration::from_millis(400), Duration::from_millis(1_400)];
/// Each violation is planted into so many histories, where they have a place for it.
const N_PLANTED: usize = 50;

#[test]
fn what_clients_are_answered_has_an_order() {
    let Campaign { rounds, mut chance } = Campaign::new("history", 100_000, 5_000_000);
    let (mut left, mut sum) = (rounds, Sum::default());
    while 0 < left {
        let n_operations = left.min(N_OPERATIONS_OF_A_STORE);
        left -= n_operations;
        let dir = scratch();
        let histories = record(dir.path(), n_operations, chance.part(), &mut sum);
        let began = Instant::now();
        for (learner, history) in histories.iter().enumerate() {
            let text = || text_of(history);
            assert!(is_possible(history), "no order explains what clients saw of {learner}:{}", text());
        }
        sum.checking += began.elapsed();
        let began = Instant::now();
        for violation in Violation::ALL {
            sum.n_planted += plant(violation, &histories);
        }
        sum.checking_planted += began.elapsed();
    }
    println!("{sum:?}: 0 violations, all planted ones found");
}

#[derive(Debug, Default)]
struct Sum {
    n_operations: usize,
    n_without_answer: usize,
    n_kills: usize,
    n_planted: usize,
    recording: Duration,
    checking: Duration,
    checking_planted: Duration,
}

/// Lets clients loose on a store, and answers what they did, for each learner.
fn record(dir: &Path, n_operations: usize, mut chance: Chance, sum: &mut Sum) -> Vec<Vec<Operation>> {
    let began = Instant::now();
    let mut process = server::start(dir);
    let common = Arc::new(Common::new(server::socket(dir), n_operations));
    let mut new_client = |number| Client::new(number, common.clone(), chance.part());
    let clients: Vec<_> = (0..N_CLIENTS).map(&mut new_client).collect();
    let reader = new_client(N_CLIENTS);
    let clients: Vec<_> = clients.into_iter().map(|it| thread::spawn(|| it.run())).collect();
    let mut life = || Instant::now() + LIFE[0] + chance.time_below(LIFE[1] - LIFE[0]);
    let mut killing = life();
    while 0 < common.left.load(SeqCst) {
        if Instant::now() < killing {
            thread::sleep(Duration::from_millis(5));
            continue;
        }
        process.kill();
        sum.n_kills += 1;
        process = server::start(dir);
        killing = life();
    }
    let logs = clients.into_iter().map(|it| it.join().expect("a client"));
    let logs: Vec<_> = logs.collect::<Vec<_>>().into_iter().chain([reader.read_all()]).collect();
    process.kill();
    let mut histories = vec![vec![]; N_LEARNERS as usize];
    for (learner, operation) in logs.into_iter().flatten() {
        sum.n_operations += 1;
        sum.n_without_answer += usize::from(operation.return_time == i64::MAX);
        histories[learner as usize].push(operation);
    }
    sum.recording += began.elapsed();
    histories.iter().map(|it| settle(it)).collect()
}

/// Plants a violation into some histories, each time to be found; answers how often.
fn plant(violation: Violation, histories: &[Vec<Operation>]) -> usize {
    let some = histories.iter().step_by(histories.len() / N_PLANTED);
    let planted = some.filter_map(|it| violation.plant(it));
    let mut n_found = 0;
    for history in planted {
        assert!(!is_possible(&history), "{violation:?} was not found in{}", text_of(&history));
        n_found += 1;
    }
    assert!(0 < n_found, "{violation:?} was planted nowhere");
    n_found
}
