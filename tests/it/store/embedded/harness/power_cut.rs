//! The power fails while a process writes to a real file system: what the drive was given until
//! then is all that there is afterwards, and everything that was acknowledged is in it.
//!
//! The writer is stopped at a random moment, and the image under its file system copied. Nothing
//! of what only the page cache of that file system knew is in the copy. The kernel is not left
//! inside a system call of the writer, so that the copy is of one instant.

use std::{mem, thread, time::Duration};

use milepost::store::Store as _;

use super::{
    super::open,
    Campaign,
    image::{Image, can_mount},
    scratch,
    script::Scripts,
    told::Told,
    writer,
};

const MIB: u64 = 48;
/// So long it writes at most.
const WRITING: Duration = Duration::from_millis(600);
/// So long opening a new store takes, or less.
const OPENING: Duration = Duration::from_millis(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_a_power_cut() {
    let scratch = scratch();
    if !can_mount(scratch.path()) {
        return;
    }
    let Campaign { rounds, mut chance } = Campaign::new("power cut", 20, 500);
    let path = |name: &str| scratch.path().join(name);
    let (mut scripts, mut told) = (Scripts::default(), Told::default());
    let (mut n_fresh, mut n_while_opening, mut n_acks, mut n_learners) = (0, 0, 0, 0);
    let mut settled = None;
    for _ in 0..rounds {
        // The store of the last cut goes on, or a new one begins.
        let image = settled.take().filter(|_| !chance.once_in(3)).unwrap_or_else(|| {
            let before = mem::take(&mut told);
            (n_acks, n_learners) = (n_acks + before.n_acks, n_learners + before.n_learners());
            n_fresh += 1;
            Image::make(path("image"), MIB).unwrap()
        });
        let after = {
            let running = image.mount(path("running")).unwrap();
            let mut process = writer::start(&running.at.join("store"));
            process.wait_for("opening");
            let is_while_opening = chance.once_in(5);
            if is_while_opening {
                n_while_opening += 1;
                thread::sleep(chance.time_below(OPENING));
            } else {
                process.wait_for("ready");
                thread::sleep(chance.time_below(WRITING));
            }
            process.stop();
            let after = image.copy(path("after"));
            told.hear(process.kill());
            after
        };
        {
            let mounted = after.mount(path("mounted")).unwrap();
            let store = open(&mounted.at.join("store"));
            told.check(&*store, &mut scripts).await;
            if chance.once_in(2) {
                store.close().await.unwrap();
            }
        }
        std::fs::rename(&after.file, &image.file).unwrap();
        settled = Some(image);
    }
    (n_acks, n_learners) = (n_acks + told.n_acks, n_learners + told.n_learners());
    println!(
        "{rounds} power cuts of {n_fresh} stores, {n_while_opening} while opening, \
         {n_acks} acknowledgements of {n_learners} learners: 0 lost, 0 wrong, 0 not opened"
    );
    assert!(rounds < n_acks, "the power failed before anything was written");
}
