//! Packs beside a map, after crashes, and while others read.

use std::{
    collections::BTreeMap,
    iter,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use super::{super::Table, *};

struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

/// Keys of two lists and of the claims of a bucket.
fn key(number: usize) -> IVec {
    let start = [[0xFF, 0xFE, 1], [0xFF, 0xFE, 2], [0, 7, b'c']][number % 3];
    [&start[..], &(number as u16 * 77).to_be_bytes()].concat().into()
}

type Model = BTreeMap<IVec, IVec>;

fn check(table: &Table, model: &Model, is_sure: impl Fn(&IVec) -> bool, random: &mut Random) {
    for number in 0..600 {
        let key = key(number);
        if is_sure(&key) {
            assert_eq!(get(&table.db, &key).expect("read").as_ref(), model.get(&key), "{key:?}");
        }
    }
    for reverse in [false, true] {
        for start in [key(0), key(1), key(2)].map(|it| key::start(&it).to_vec()) {
            let in_start = |it: IVec| if it.starts_with(&start) { it.to_vec() } else { start.clone() };
            let low = in_start(key(random.below(600)));
            let high = match in_start(key(random.below(600))) {
                it if it == start => key::after(&start),
                it => it,
            };
            let found = table.range(&low, &high, reverse).map(|it| it.expect("read"));
            let mut found: Vec<_> = found.filter(|it| is_sure(&it.0)).collect();
            if reverse {
                found.reverse();
            }
            let expected = model.iter().filter(|it| *low <= **it.0 && **it.0 < *high && is_sure(it.0));
            let expected: Vec<_> = expected.map(|(key, value)| (key.clone(), value.clone())).collect();
            assert_eq!(found, expected, "from {low:?} to {high:?}");
        }
    }
}

#[test]
fn packs_are_what_a_map_would_be_also_after_a_crash() {
    for seed in 0..12 {
        let random = &mut Random(seed);
        let dir = tempfile::TempDir::new().expect("a directory");
        let table = Table::open(dir.path(), 1 << 20).expect("rows");
        let mut model = Model::new();
        for batch in 0..40_u8 {
            // At times most of them go.
            let (n_changes, n_gone) = (random.below(200), random.below(10));
            let changes: BTreeMap<_, _> = (0..n_changes)
                .map(|_| (key(random.below(600)), (n_gone <= random.below(10)).then(|| [batch][..].into())))
                .collect();
            let sorted: Vec<_> = changes.clone().into_iter().collect();
            let packs = pack(&table.db, &sorted).expect("packed");
            let n_written = random.below(packs.len() + 1);
            table.write(packs.into_iter().take(n_written)).expect("written");
            check(&table, &model, |it| !changes.contains_key(it), random);
            // As after a crash: what is missing is written again, perhaps in other parts.
            let n_together = 1 + random.below(sorted.len().max(4) / 4);
            for some in sorted.chunks(n_together).rev() {
                let again = pack(&table.db, some).expect("packed");
                table.write(again).expect("written");
            }
            for (key, value) in changes {
                match value {
                    Some(value) => drop(model.insert(key, value)),
                    None => drop(model.remove(&key)),
                }
            }
            check(&table, &model, |_| true, random);
        }
        let sizes = table.db.iter().map(|it| it.expect("a row"));
        for (key, value) in sizes {
            let n_rows = open::<Vec<Small<'_>>>(&key, &value).expect("a pack").len();
            assert!(n_rows <= MAX && (n_rows != 0 || key.len() == 3), "{n_rows} rows in a pack");
        }
    }
}

#[test]
fn what_a_division_left_behind_does_not_come_back() {
    let key = |number| key(3 * number);
    let row = |number| (key(number), Some(IVec::from("here")));
    for together in [false, true] {
        let dir = tempfile::TempDir::new().expect("a directory");
        let table = Table::open(dir.path(), 1 << 20).expect("rows");
        table.apply((0..MAX).map(row).collect()).expect("written");
        // A crash comes after the right part.
        let packs = pack(&table.db, &[row(MAX)]).expect("packed");
        table.write(packs[..1].to_vec()).expect("written");
        let right: Vec<_> = (0..=MAX).map(key).filter(|it| packs[0].0 <= *it).collect();
        assert!(10 < right.len() && packs.len() == 2);
        let gone = right.iter().map(|it| (it.clone(), None));
        let left = (IVec::from([&*key(0), b"new"].concat()), Some(IVec::from("here")));
        if together {
            table.apply(iter::once(left).chain(gone).collect()).expect("written");
        } else {
            gone.for_each(|it| table.apply(vec![it]).expect("written"));
        }
        let rows = table.range(&key(0), &key::after(key::start(&key(0))), false);
        let n_expected = MAX + 1 - right.len() + usize::from(together);
        assert_eq!(rows.collect::<Result<Vec<_>, _>>().expect("read").len(), n_expected);
        assert!(right.iter().all(|it| get(&table.db, it).expect("read").is_none()));
    }
}

#[test]
fn rows_that_stay_are_seen_while_packs_are_divided() {
    let dir = tempfile::TempDir::new().expect("a directory");
    let table = Table::open(dir.path(), 1 << 20).expect("rows");
    // So many that their packs stand in several pages of sled.
    const N_KEYS: usize = 4_000;
    let row = |number: usize| {
        let key: IVec = [&[0xFF, 0xFE, 1][..], &(number as u32).to_be_bytes()].concat().into();
        (key, Some(IVec::from("here")))
    };
    // Every fifth one stays.
    let stays = |number: &usize| number.is_multiple_of(5);
    table.apply((0..N_KEYS).filter(stays).map(row).collect()).expect("written");
    let (low, high) = (row(0).0, row(N_KEYS).0);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let read = |reverse: bool, way: usize| {
            while !is_over.load(Ordering::Relaxed) {
                for number in (0..N_KEYS).filter(stays).skip(way * 7).step_by(11) {
                    assert!(get(&table.db, &row(number).0).expect("read").is_some(), "{number}");
                }
                // As somebody who reads more about each of them.
                let rows = table.range(&low, &high, reverse).inspect(|_| thread::yield_now());
                let mut found: Vec<_> = rows.map(|it| it.expect("a row").0).collect();
                assert!(found.is_sorted_by(|a, b| if reverse { a > b } else { a < b }));
                found.sort();
                for number in (0..N_KEYS).filter(stays) {
                    assert!(found.binary_search(&row(number).0).is_ok(), "{number}, reverse: {reverse}");
                }
            }
        };
        (0..4).for_each(|it| drop(scope.spawn(move || read(it % 2 == 0, it))));
        let random = &mut Random(1);
        for _ in 0..3_000 {
            let middle = random.below(N_KEYS);
            let some: Vec<_> = (middle..N_KEYS.min(middle + 100)).filter(|it| !stays(it)).collect();
            table.apply(some.iter().map(|it| row(*it)).collect()).expect("written");
            table.apply(some.iter().map(|it| (row(*it).0, None)).collect()).expect("written");
        }
        is_over.store(true, Ordering::Relaxed);
    });
}
