//! A process that writes is killed again and again, at any moment: while it writes, while it opens
//! the store, and while it makes the rows anew because they were deleted or damaged. Whatever it
//! acknowledged is there afterwards.

use std::{
    fs,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use milepost::store::Store as _;

use super::{
    harness::{Campaign, Chance, scratch, script::Scripts, told::Told, writer},
    open,
};

/// A new store after so many kills.
const N_KILLS_OF_A_STORE: usize = 25;
/// So long it writes at most.
const WRITING: Duration = Duration::from_millis(200);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_any_kill() {
    let Campaign { rounds, mut chance } = Campaign::new("kill -9", 100, 2_000);
    let (mut scripts, mut sum, mut n_stores) = (Scripts::default(), Sum::default(), 0);
    while sum.n_kills < rounds {
        let (dir, mut told, mut opening) = (scratch(), Told::default(), Duration::ZERO);
        n_stores += 1;
        for _ in 0..N_KILLS_OF_A_STORE.min(rounds - sum.n_kills) {
            let mut chance = chance.part();
            sum.run_and_kill(dir.path(), &mut chance, &mut told, &mut opening);
            // Often a kill meets what another one left.
            if chance.once_in(2) {
                sum.check(dir.path(), &told, &mut scripts, &mut chance).await;
            }
        }
        sum.check(dir.path(), &told, &mut scripts, &mut chance).await;
        sum.n_acks += told.n_acks;
        sum.n_learners += told.n_learners();
    }
    println!("{sum:?} in {n_stores} stores: 0 lost, 0 wrong, 0 not opened");
    assert!(rounds < sum.n_acks, "the kills came before anything was written");
    assert!(rounds < 50 || 0 < sum.n_while_opening_bad_rows, "no kill met rows that were being made anew");
}

/// What happened in all.
#[derive(Debug, Default)]
struct Sum {
    n_kills: usize,
    n_while_opening: usize,
    n_with_bad_rows: usize,
    n_while_opening_bad_rows: usize,
    n_checks: usize,
    n_acks: usize,
    n_learners: usize,
}

impl Sum {
    /// `opening` is how long that took the last time, for the next kill to come meanwhile.
    fn run_and_kill(&mut self, dir: &Path, chance: &mut Chance, told: &mut Told, opening: &mut Duration) {
        let has_bad_rows = chance.once_in(4) && damage_rows(dir, chance);
        let while_opening = chance.once_in(3) || has_bad_rows && !chance.once_in(4);
        let mut process = writer::start(dir);
        process.wait_for("opening");
        let began = Instant::now();
        if while_opening {
            thread::sleep(chance.time_below(*opening + Duration::from_millis(5)));
        } else {
            process.wait_for("ready");
            *opening = began.elapsed();
            thread::sleep(chance.time_below(WRITING));
        }
        let lines = process.kill();
        let was_opening = while_opening && !lines.iter().any(|it| it == "ready");
        self.n_kills += 1;
        self.n_while_opening += usize::from(was_opening);
        self.n_with_bad_rows += usize::from(has_bad_rows);
        self.n_while_opening_bad_rows += usize::from(was_opening && has_bad_rows);
        told.hear(lines);
    }

    async fn check(&mut self, dir: &Path, told: &Told, scripts: &mut Scripts, chance: &mut Chance) {
        let store = open(dir);
        told.check(&*store, scripts).await;
        if chance.once_in(4) {
            store.close().await.unwrap();
        }
        self.n_checks += 1;
    }
}

/// Deletes or damages what is made of the ledger, and says whether there was anything.
fn damage_rows(dir: &Path, chance: &mut Chance) -> bool {
    let entries = fs::read_dir(dir).unwrap().map(|it| it.unwrap().path());
    let mut folders: Vec<_> = entries.filter(|it| it.is_dir() && !it.ends_with("ledger")).collect();
    folders.sort();
    if folders.is_empty() {
        return false;
    }
    let rows = &folders[chance.below(folders.len() as u64) as usize];
    let mut files = files_of(rows);
    files.sort();
    if files.is_empty() || chance.once_in(3) {
        fs::remove_dir_all(rows).unwrap();
        return true;
    }
    let path = &files[chance.below(files.len() as u64) as usize];
    let file = fs::File::options().write(true).open(path).unwrap();
    let size = file.metadata().unwrap().len();
    if chance.once_in(2) {
        file.set_len(chance.below(size)).unwrap();
    } else {
        file.write_all_at(&[0; 4_096], chance.below(size)).unwrap();
    }
    true
}

fn files_of(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    entries.flat_map(|it| if it.is_dir() { files_of(&it) } else { vec![it] }).collect()
}
