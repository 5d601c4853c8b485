//! A run of calls again and again, in which the first operation on files fails, then the second, and
//! so on, until none fails: nothing panics, nothing is lost, nothing is acknowledged that is not
//! there, and once a record may have been written in part nothing is acknowledged any more.
//!
//! The run is cut into parts, each from opening the store to leaving it, so that the beginning need
//! not be repeated for what fails at the end.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use milepost::store::{Store, embedded::EmbeddedStore};
use tempfile::TempDir;
use tokio::time::sleep;

use super::{
    super::copy,
    book::Book,
    campaign::{Random, Tally, directory, seed, size},
    check::check,
    clients::Clients,
    injector::{Injector, Kind},
    run::{leave, open},
};

/// So many calls are in one part.
const N_CALLS: usize = 25;
/// In a long campaign the operations of so many parts fail in every way, each.
const N_THOROUGH: usize = 8;
/// So many calls come after one that met a failure.
const N_CALLS_AFTER: usize = 8;
/// Cases that wait for the store to recover let others run.
const N_THREADS: usize = 6;

/// Where a part begins.
struct Part {
    number: usize,
    dir: TempDir,
    book: Book,
}

#[test]
fn any_operation_may_fail() {
    let n_calls = size(200, 5_000);
    let is_long = 200 < n_calls;
    let tally = Mutex::new(Tally::default());
    let (mut n_ops, runtime) = (0, runtime());
    let mut part = Part { number: 0, dir: directory(), book: Book::default() };
    for number in 0..n_calls / N_CALLS {
        n_ops += fail_each(&part, is_long && number < N_THOROUGH, &tally);
        part = runtime.block_on(next(part, number + 1)).unwrap();
    }
    let tally = tally.into_inner().unwrap();
    println!("{n_calls} calls, {n_ops} operations on files, of which each failed");
    tally.end("runs in which an operation failed");
}

/// Fails every operation of a part, in one way or in every way; answers how many there are.
fn fail_each(part: &Part, in_every_way: bool, tally: &Mutex<Tally>) -> usize {
    let (next, end) = (AtomicUsize::new(0), AtomicUsize::new(usize::MAX));
    thread::scope(|scope| {
        for _ in 0..N_THREADS {
            scope.spawn(|| {
                let runtime = runtime();
                loop {
                    let at = next.fetch_add(1, Ordering::SeqCst);
                    if end.load(Ordering::SeqCst) <= at {
                        return;
                    }
                    let some = [Kind::ALL[(at + part.number) % Kind::ALL.len()]];
                    for kind in if in_every_way { &Kind::ALL[..] } else { &some } {
                        let injector = Injector::new(at, *kind);
                        let result = runtime.block_on(fail_one(part, &injector, *kind));
                        if !injector.has_reached() {
                            end.fetch_min(at, Ordering::SeqCst);
                            break;
                        }
                        let case = || format!("part {}, operation {at}, {kind:?}", part.number);
                        tally.lock().unwrap().add(case, result);
                    }
                }
            });
        }
    });
    end.into_inner()
}

/// The part, with a failure; then the store is opened without one.
async fn fail_one(part: &Part, injector: &Arc<Injector>, kind: Kind) -> Result<(), String> {
    let dir = directory();
    copy(part.dir.path(), dir.path());
    let mut clients = Clients::of(part.book.clone());
    let random = &mut Random::new(seed(), part.number);
    // It may well not open.
    if let Ok(store) = open(dir.path(), Some(injector.hook())) {
        call_all(&store, &mut clients, injector, kind, random, part.number % 4 == 1).await?;
        if kind != Kind::ErrorsFrom {
            injector.end();
        }
        // It may well say that it cannot close.
        drop(leave(store, !part.number.is_multiple_of(3)).await);
    }
    injector.end();
    let store = open(dir.path(), None)?;
    let mut clients = Clients::of(check(&*store, &clients.book).await?);
    if !clients.round(&*store, None, random).await? {
        return Err(format!("it takes no writes: {:?}", store.read_only()));
    }
    Ok(())
}

async fn call_all(
    store: &EmbeddedStore,
    clients: &mut Clients,
    injector: &Arc<Injector>,
    kind: Kind,
    random: &mut Random,
    is_compacted: bool,
) -> Result<(), String> {
    let mut n_after = 0;
    for number in 0..N_CALLS {
        n_after += usize::from(injector.has_failed());
        if N_CALLS_AFTER < n_after {
            break;
        }
        let was_hit = injector.has_hit_ledger();
        if number == N_CALLS / 2 && is_compacted {
            // Whatever comes of it.
            drop(store.compact().await);
        }
        if number % 8 == 7 {
            clients.repeat(store).await?;
        }
        let is_done = clients.one(store, random).await?;
        if was_hit && !kind.heals() {
            let text = "it acknowledged after a record may have been written in part";
            return if is_done { Err(text.into()) } else { Ok(()) };
        }
        if !is_done && kind.heals() {
            injector.end();
            recover(store).await?;
            // What was in doubt is no longer once something else is written.
            clients.newcomer_registers(store).await?;
            *clients = Clients::of(check(store, &clients.book).await?);
        }
    }
    Ok(())
}

/// Once there is room, writes are taken again.
async fn recover(store: &EmbeddedStore) -> Result<(), String> {
    for _ in 0..250 {
        if store.read_only().is_none() {
            return Ok(());
        }
        sleep(Duration::from_millis(20)).await;
    }
    Err(format!("it does not recover: {:?}", store.read_only()))
}

/// Where the next part begins: after this one, without a failure.
async fn next(part: Part, number: usize) -> Result<Part, String> {
    let store = open(part.dir.path(), None)?;
    let mut clients = Clients::of(part.book);
    let random = &mut Random::new(seed(), part.number);
    for _ in 0..N_CALLS {
        if !clients.one(&*store, random).await? {
            return Err(format!("a call was refused: {:?}", store.read_only()));
        }
    }
    let book = check(&*store, &clients.book).await?;
    leave(store, !part.number.is_multiple_of(3)).await?;
    Ok(Part { number, dir: part.dir, book })
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[tokio::test]
async fn nobody_waits_for_ever_for_rows_to_be_compacted() {
    let dir = directory();
    let injector = Injector::new(usize::MAX, Kind::FullFrom);
    let store = open(dir.path(), Some(injector.hook())).unwrap();
    store.compact().await.unwrap();
    injector.begin();
    store.compact().await.unwrap_err();
    injector.end();
    recover(&store).await.unwrap();
    store.compact().await.unwrap();
    store.close().await.unwrap();
    store.compact().await.unwrap_err();
}
