//! Damage of all kinds to any file of a store. What is not the ledger costs nothing. Damage to the
//! ledger costs nothing either, or the store does not open and names a record that is damaged or
//! comes before it, or whoever reads that record is told so, and everything else is served. What is
//! answered is never wrong. The tools find the damage before, and save the rest after it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use milepost::{
    domain::learner::fold,
    store::{Maintenance, Store},
};
use tempfile::TempDir;

use super::{
    super::copy,
    book::Book,
    campaign::{Random, Tally, directory, seed, size},
    check::{check, check_learner, check_rows},
    clients::Clients,
    hurt::{Hurt, State},
    records::{self, Place},
    run::{leave, open, sled},
    saved::{find, save},
};

/// A new store after so many cases.
const N_CASES_OF_A_STORE: usize = 30;
const N_CALLS: usize = 60;

#[derive(Debug)]
enum Damage {
    Bit,
    Zeros,
    Cut,
    Removed,
}

/// A store that nobody has open.
pub struct Whole {
    pub dir: TempDir,
    pub book: Book,
    pub places: Vec<Place>,
}

impl Whole {
    pub async fn build(random: &mut Random, is_clean: bool, is_blanked: bool) -> Self {
        let dir = directory();
        let store = open(dir.path(), None).unwrap();
        let mut clients = Clients::of(Book::default());
        for _ in 0..N_CALLS {
            assert!(clients.one(&*store, random).await.unwrap());
        }
        if is_blanked {
            store.shrink(None).await.unwrap();
        } else {
            store.compact().await.unwrap();
        }
        let book = check(&*store, &clients.book).await.unwrap();
        leave(store, is_clean).await.unwrap();
        let places = records::all(dir.path());
        Self { dir, book, places }
    }
}

#[tokio::test]
async fn no_damage_is_silent() {
    let mut tally = Tally::default();
    let n_cases = size(300, 10_000);
    let (mut n_refused, mut n_saved) = (0, 0);
    for number in 0..n_cases / N_CASES_OF_A_STORE {
        let random = &mut Random::new(seed(), number);
        let whole = Whole::build(random, number.is_multiple_of(2), number.is_multiple_of(3)).await;
        for case in 0..N_CASES_OF_A_STORE {
            let dir = directory();
            copy(whole.dir.path(), dir.path());
            let file = pick_file(dir.path(), random);
            let (damage, changed) = inflict(&file, random);
            let hurt = Hurt::of(&whole, dir.path(), &file, &changed);
            let result = examine(dir.path(), &whole, &hurt, random).await;
            n_refused += usize::from(result == Ok(Fate::Refused));
            n_saved += usize::from(hurt.state == State::Damaged && !hurt.is_format);
            let name = file.strip_prefix(dir.path()).unwrap().display().to_string();
            tally.add(
                || format!("store {number}, case {case}, {damage:?} of {name} at {changed:?}"),
                result.map(drop),
            );
        }
    }
    println!("{n_refused} of {n_cases} damaged stores did not open, and said why");
    println!("{n_saved} ledgers were damaged, and what was whole was saved");
    tally.end("damaged stores");
}

#[tokio::test]
async fn no_bit_at_the_start_of_a_small_file_costs_anything() {
    let mut tally = Tally::default();
    let whole = Whole::build(&mut Random::new(seed(), 0), true, false).await;
    let random = &mut Random::new(seed(), 1);
    for name in ["CLEAN", "ACKNOWLEDGED", "ROWS"] {
        for bit in 0..12 * 8 {
            let dir = directory();
            copy(whole.dir.path(), dir.path());
            let mut bytes = fs::read(dir.path().join(name)).unwrap();
            bytes[bit / 8] ^= 1 << (bit % 8);
            fs::write(dir.path().join(name), bytes).unwrap();
            let result = examine(dir.path(), &whole, &Hurt::default(), random).await;
            tally.add(|| format!("bit {bit} of {name}"), result.map(drop));
        }
    }
    tally.end("flipped bits of small files");
}

/// Half of the time the ledger, often sled, else one of the small files.
fn pick_file(dir: &Path, random: &mut Random) -> PathBuf {
    let of_sled = |dir: &Path| {
        let mut files: Vec<_> = fs::read_dir(sled(dir)).unwrap().map(|it| it.unwrap().path()).collect();
        files.retain(|it| it.is_file());
        files.sort();
        files
    };
    match random.below(8) {
        0..4 => random.pick(&records::files(dir)).clone(),
        4..6 => random.pick(&of_sled(dir)).clone(),
        _ => {
            let small = ["FORMAT", "CLEAN", "ACKNOWLEDGED", "ROWS"].map(|it| dir.join(it));
            random.pick(&small.into_iter().filter(|it| it.exists()).collect::<Vec<_>>()).clone()
        }
    }
}

/// Damages a file, and says which of its bytes are not what they were.
fn inflict(file: &Path, random: &mut Random) -> (Damage, std::ops::Range<usize>) {
    let mut bytes = fs::read(file).unwrap();
    let length = bytes.len();
    let used = bytes.iter().rposition(|it| *it != 0).map_or(0, |it| it + 1);
    // Mostly where there is something.
    let at = if random.one_in(8) { random.below(length) } else { random.below(used) };
    let (damage, changed) = match random.below(8) {
        0..3 if length != 0 => {
            bytes[at] ^= 1 << random.below(8);
            (Damage::Bit, at..at + 1)
        }
        3..5 if length != 0 => {
            let (start, end) = (at / 4_096 * 4_096, length.min(at / 4_096 * 4_096 + 4_096));
            bytes[start..end].fill(0);
            (Damage::Zeros, start..end.min(used.max(start)))
        }
        5..7 => {
            bytes.truncate(at);
            (Damage::Cut, at..length)
        }
        _ => {
            fs::remove_file(file).unwrap();
            return (Damage::Removed, 0..length);
        }
    };
    fs::write(file, bytes).unwrap();
    (damage, changed)
}

#[derive(Debug, PartialEq)]
enum Fate {
    Refused,
    Served,
}

async fn examine(dir: &Path, whole: &Whole, hurt: &Hurt, random: &mut Random) -> Result<Fate, String> {
    let is_damaged = find(dir, hurt)?;
    let fate = ask(dir, &whole.book, hurt).await?;
    if fate == Fate::Refused && !is_damaged {
        return Err("it does not open, and nothing was found".into());
    }
    if is_damaged {
        save(dir, whole, hurt, random).await?;
    }
    Ok(fate)
}

async fn ask(dir: &Path, book: &Book, hurt: &Hurt) -> Result<Fate, String> {
    let store = match open(dir, None) {
        Ok(store) => store,
        Err(error) if hurt.is_named_by(&error) => return Ok(Fate::Refused),
        Err(error) => return Err(error),
    };
    if hurt.learners.is_empty() {
        check(&*store, book).await?;
        return Ok(Fate::Served);
    }
    for (learner, account) in &book.accounts {
        match check_learner(&*store, *learner, account).await {
            Ok(_) => {}
            Err(error) if hurt.learners.contains(learner) && hurt.is_named_by(&error) => {
                let events = &account.possible()[0].seen.events;
                let state = store.load(*learner).await.map_err(|it| it.to_string())?;
                let expected = (!events.is_empty()).then(|| fold(*learner, events));
                if state.as_deref() != expected.as_ref() {
                    return Err(format!("the state of {learner} is wrong"));
                }
            }
            Err(error) => return Err(error),
        }
    }
    check_rows(&*store, book).await?;
    Ok(Fate::Served)
}
