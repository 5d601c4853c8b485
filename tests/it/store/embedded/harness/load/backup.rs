//! Backups that are made while many write: all that was acknowledged before is in them, nothing is
//! that was not asked for, and what is restored is what the store was at that record.

use std::path::Path;

use milepost::store::{BackupMade, BackupWish, Maintenance, Store, embedded::tools};
use serde_json::Value;
use tokio::time::sleep;

use super::{
    super::{
        super::{
            open,
            states::{
                check::check,
                records::{self, Place},
                retold,
            },
            tools::{digest, tool},
        },
        Campaign, Chance, scratch,
        script::Scripts,
        told::Told,
    },
    WRITING,
    writers::Writers,
};
use crate::given::{second, slug};

/// A backup, and what was known before it began and after it was made.
struct Taken {
    made: BackupMade,
    told: Told,
    sent: Told,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_backed_up_under_load_is_what_was_there() {
    let Campaign { rounds, mut chance } = Campaign::new("backups under load", 3, 100);
    let (mut scripts, mut n_records, mut n_before, mut n_meanwhile) = (Scripts::default(), 0, 0, 0);
    for _ in 0..rounds {
        let dir = scratch();
        let path = |it: &str| dir.path().join(it);
        let taken = take(&path("store"), &mut chance).await;
        let places = records::all(&path("store"));
        let places = &places[..taken.made.last_sequence as usize];
        check_reach(places, &taken);
        let restored = path("restored");
        let manifest = tools::restore(&path("store/backups/it"), &restored, &tool()).unwrap();
        let expected = records::digest(places);
        assert_eq!([&manifest.digest, &digest(&restored)], [&taken.made.digest, &expected]);
        check_restored(&restored, places, &mut scripts).await;
        let n_told = taken.told.n_acks;
        (n_records, n_before) = (n_records + places.len(), n_before + n_told);
        n_meanwhile += taken.sent.n_acks - n_told;
    }
    println!(
        "{rounds} backups of {n_records} records, {n_before} of them acknowledged before, while {n_meanwhile} \
         were sent: 0 lost, 0 wrong"
    );
}

/// Backs a store up while many write to it.
async fn take(dir: &Path, chance: &mut Chance) -> Taken {
    let store = open(dir);
    let writers = Writers::start(&store);
    sleep(chance.time_below(WRITING)).await;
    let told = writers.told();
    let wish = BackupWish { name: slug("it"), key: None, now: second(0) };
    let made = store.back_up(wish).await.unwrap();
    let sent = writers.sent();
    writers.stop().await;
    if chance.once_in(2) {
        store.close().await.unwrap();
    }
    Taken { made, told, sent }
}

/// Records go at least as far as what was acknowledged before, and no further than what was sent.
fn check_reach(places: &[Place], taken: &Taken) {
    let Taken { told, sent, .. } = taken;
    let mut there = Told::default();
    for place in places {
        let number = place.learner.0.as_u128();
        let field = |it: &Value| it.as_u64().unwrap() as u32;
        match (place.said["commit"]["events"].as_array(), place.said.get("void")) {
            (Some(events), _) => there.written(number, field(&events.last().unwrap()["version"])),
            // A backup has nothing of whoever was erased before it.
            (None, Some(void)) => {
                there.written(number, field(&void["version"]) + field(&void["n_events"]) - 1)
            }
            (None, None) => there.erased(number),
        }
    }
    let reaches = |far: &Told, near: &Told| {
        near.versions.iter().all(|it| far.versions.get(it.0).is_some_and(|far| it.1 <= far))
            && near.erased.is_subset(&far.erased)
    };
    assert!(reaches(&there, told), "something that was acknowledged is missing");
    assert!(reaches(sent, &there), "something is there that was never sent");
}

/// What was restored answers as these records tell, and as the scripts do.
async fn check_restored(dir: &Path, places: &[Place], scripts: &mut Scripts) {
    let store = open(dir);
    let book = retold::book(places, |_| true, second(0));
    check(&*store, &book).await.unwrap();
    for learner in book.accounts.keys() {
        scripts.check(&*store, learner.0.as_u128()).await;
    }
    store.close().await.unwrap();
}
