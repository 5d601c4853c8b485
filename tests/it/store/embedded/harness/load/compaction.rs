//! Compactions while many write and erase: nothing is left in the ledger of whoever was erased
//! before, and all else stays.

use std::{collections::BTreeSet, fs, path::Path};

use milepost::store::{Maintenance, Store};
use tokio::time::sleep;

use super::{
    super::{
        super::{
            open,
            tools::{digest, segments},
        },
        Campaign, scratch,
        script::Scripts,
    },
    WRITING,
    writers::Writers,
};

const N_COMPACTIONS: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_left_of_the_erased_under_load_and_nothing_else_is_lost() {
    let Campaign { rounds, mut chance } = Campaign::new("compactions under load", 3, 100);
    let (mut scripts, mut n_blanked, mut n_erased, mut n_acks) = (Scripts::default(), 0, 0, 0);
    for _ in 0..rounds {
        let dir = scratch();
        let store = open(dir.path());
        let writers = Writers::start(&store);
        for _ in 0..N_COMPACTIONS {
            sleep(chance.time_below(WRITING / 4)).await;
            let erased = writers.told().erased;
            n_blanked += store.shrink(None).await.unwrap().n_blanked;
            assert_eq!(told_of(dir.path()).intersection(&erased).count(), 0);
        }
        let told = writers.stop().await;
        told.check(&*store, &mut scripts).await;
        n_blanked += store.shrink(None).await.unwrap().n_blanked;
        assert_eq!(told_of(dir.path()).intersection(&told.erased).count(), 0);
        assert!(told_of(dir.path()).iter().all(|it| told.versions.contains_key(it)));
        store.close().await.unwrap();
        digest(dir.path());
        if chance.once_in(2) {
            let rows = fs::read_dir(dir.path()).unwrap().map(|it| it.unwrap().path());
            rows.filter(|it| it.file_name().unwrap().to_str().unwrap().starts_with("sled"))
                .for_each(|it| fs::remove_dir_all(it).unwrap());
        }
        let store = open(dir.path());
        told.check(&*store, &mut scripts).await;
        store.close().await.unwrap();
        (n_erased, n_acks) = (n_erased + told.erased.len(), n_acks + told.n_acks);
    }
    println!(
        "{rounds} stores were compacted {} times: {n_blanked} records of {n_erased} learners blanked, \
         {n_acks} acknowledgements: 0 lost, 0 wrong, nothing left of the erased",
        rounds * (N_COMPACTIONS + 1)
    );
    assert!(n_blanked != 0, "nobody was erased");
}

/// The numbers of the learners of whom the ledger's files have an event or an external id, wherever
/// in them.
fn told_of(dir: &Path) -> BTreeSet<u128> {
    // The id of an event begins with the number of the learner.
    let (event, external_id) = (br#""id":"00000000-0000-0000-0000-"#, br#""external_id":"id-"#);
    let mut numbers = BTreeSet::new();
    for path in segments(dir) {
        // What is written anew has another name for a moment.
        let Ok(bytes) = fs::read(path) else { continue };
        let behind = |text: &[u8], length: usize, radix: u32| -> Vec<u128> {
            let places = bytes.windows(text.len()).enumerate().filter(|it| it.1 == text);
            let found = places.map(|it| &bytes[it.0 + text.len()..]);
            let digits = found.map(|it| it.iter().take(length).take_while(|it| it.is_ascii_hexdigit()));
            let texts = digits.map(|it| String::from_utf8(it.copied().collect()).unwrap());
            texts.map(|it| u128::from_str_radix(&it, radix).unwrap()).collect()
        };
        numbers.extend(behind(event, 4, 16));
        numbers.extend(behind(external_id, usize::MAX, 10));
    }
    numbers
}
