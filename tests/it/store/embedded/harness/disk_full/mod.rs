//! The disk is full: reading goes on, writing is refused at once, and once there is room again the
//! same store writes again. What it acknowledged meanwhile is there.

mod writers;

use std::{
    fs,
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use milepost::store::Store as _;
use tokio::time::sleep;

use self::writers::Writers;
use super::{
    super::open,
    Campaign,
    image::{Image, can_mount},
    scratch,
    script::Scripts,
};

const MIB: u64 = 16;
/// Every call is answered within that time.
const ANSWER: Duration = Duration::from_secs(1);
/// Writing goes on so soon after there is room.
const RECOVERY: Duration = Duration::from_secs(5);
/// The disk is full, and writing refused, within that time.
const FILLING: Duration = Duration::from_secs(60);

/// Who takes the last byte.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Taker {
    /// Somebody else, at once.
    Stranger,
    /// The writers themselves.
    Writers,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_stops_writing_until_there_is_room() {
    let scratch = scratch();
    if !can_mount(scratch.path()) {
        return;
    }
    let Campaign { rounds, .. } = Campaign::new("disk full", 1, 20);
    let (mut scripts, mut sum) = (Scripts::default(), Sum::default());
    for _ in 0..rounds {
        for taker in [Taker::Stranger, Taker::Writers] {
            fill_and_free(scratch.path(), taker, &mut scripts, &mut sum).await;
        }
    }
    println!("{sum:?}: 0 lost, 0 wrong, no answer later than {ANSWER:?}");
}

#[derive(Debug, Default)]
struct Sum {
    n_times_full: usize,
    n_acks: usize,
    n_refused: usize,
    n_in_doubt: usize,
    n_reads_while_full: usize,
    slowest_recovery: Duration,
}

async fn fill_and_free(scratch: &Path, taker: Taker, scripts: &mut Scripts, sum: &mut Sum) {
    let image = Image::make(scratch.join("image"), MIB).unwrap();
    let disk = image.mount(scratch.join("disk")).unwrap();
    let (directory, in_the_way) = (disk.at.join("store"), disk.at.join("filler"));
    if taker == Taker::Writers {
        // Something to remove afterwards.
        fs::write(&in_the_way, vec![1; (MIB as usize) << 19]).unwrap();
    }
    let store = open(&directory);
    let writers = Writers::start(store.clone());
    let all_write = |it: &writers::Seen| it.n_acks().iter().all(|it| 20 < *it);
    writers.wait_for("everybody to write", all_write, FILLING).await;
    let filler = (taker == Taker::Stranger).then(|| Filler::start(in_the_way.clone()));
    let all_are_refused = |it: &writers::Seen| it.n_refused().iter().all(|it| 0 < *it);
    writers.wait_for("everybody to be refused", all_are_refused, FILLING).await;
    let until = Instant::now() + Duration::from_secs(1);
    while Instant::now() < until {
        sum.n_reads_while_full += writers.read(&*store, scripts).await;
    }
    let reason = store.read_only();
    // In doubt may be what was under way, once, and nothing after it.
    let in_doubt = writers.seen.n_in_doubt();
    assert!(in_doubt.iter().all(|it| *it <= 1), "{in_doubt:?}");
    drop(filler);
    fs::remove_file(in_the_way).unwrap();
    let (freed, before) = (Instant::now(), writers.seen.n_acks());
    let all_go_on = |it: &writers::Seen| it.n_acks().iter().zip(before).all(|(now, before)| before < *now);
    let what = format!("everybody to write again; before there was room: {reason:?}");
    writers.wait_for(&what, all_go_on, RECOVERY).await;
    sum.slowest_recovery = sum.slowest_recovery.max(freed.elapsed());
    sleep(Duration::from_millis(200)).await;
    sum.n_refused += writers.seen.n_refused().iter().sum::<usize>();
    sum.n_in_doubt += in_doubt.iter().sum::<usize>();
    let told = writers.stop().await;
    told.check(&*store, scripts).await;
    store.close().await.unwrap();
    drop(store);
    told.check(&*open(&directory), scripts).await;
    sum.n_times_full += 1;
    sum.n_acks += told.n_acks;
}

/// Takes all room on a disk to the last byte, and whatever is freed, until it is dropped.
struct Filler {
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Filler {
    fn start(path: PathBuf) -> Self {
        let is_over = Arc::<AtomicBool>::default();
        let must_end = is_over.clone();
        let thread = Some(thread::spawn(move || {
            let mut file = fs::File::create(path).unwrap();
            let bytes = vec![1; 1 << 20];
            let mut size = bytes.len();
            while !must_end.load(SeqCst) {
                match file.write(&bytes[..size]) {
                    Ok(_) => {}
                    Err(error) if error.kind() == ErrorKind::StorageFull && 1 < size => size /= 2,
                    Err(error) if error.kind() == ErrorKind::StorageFull => {
                        size = 4_096;
                        thread::sleep(Duration::from_millis(2));
                    }
                    Err(error) => panic!("{error}"),
                }
            }
        }));
        Self { is_over, thread }
    }
}

impl Drop for Filler {
    fn drop(&mut self) {
        self.is_over.store(true, SeqCst);
        if let Some(thread) = self.thread.take() {
            let filled = thread.join();
            assert!(filled.is_ok() || thread::panicking());
        }
    }
}
