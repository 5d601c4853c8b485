//! What the tools say of a damaged store, and what is left after one of them has saved what it can.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use milepost::store::embedded::tools::{self, Verified};
use serde_json::{Value, json};

use super::{
    super::tools::{tool, tree},
    campaign::Random,
    damage::Whole,
    hurt::{Hurt, State},
    records::{self, Place},
    retold::book,
    run::survives,
};

/// Lets `verify` look, before anybody opens the store: it names records that are damaged, all of
/// them, and nothing else, and it changes nothing. Answers whether it found anything.
pub fn find(dir: &Path, hurt: &Hurt) -> Result<bool, String> {
    let before = tree(dir);
    let verified = tools::verify(dir, &tool());
    if tree(dir) != before {
        return Err("verify changed something".into());
    }
    let verified = match verified {
        Ok(verified) => verified,
        Err(error) if hurt.is_format && hurt.is_named_by(&error.to_string()) => return Ok(true),
        Err(error) => return Err(format!("verify: {error}")),
    };
    match (verified.is_damaged(), hurt.state) {
        (true, State::Whole) => return Err(format!("verify finds what is not there: {verified}")),
        (false, State::Damaged) => return Err(format!("verify finds nothing: {verified}")),
        _ => {}
    }
    if let Some(damage) = verified.damages.iter().find(|it| !hurt.has(it.first)) {
        return Err(format!("verify names the wrong record: {damage}"));
    }
    if !fits(hurt, &gone(&verified)) || verified.n_wrongs != 0 {
        return Err(format!("damaged are {:?}; verify says: {verified}", hurt.records));
    }
    Ok(verified.is_damaged())
}

fn gone(verified: &Verified) -> BTreeSet<u64> {
    verified.damages.iter().flat_map(|it| it.first..it.first + it.n_gone).collect()
}

/// Whether what is gone is what was hit; what might have been another record may be taken for one.
fn fits(hurt: &Hurt, gone: &BTreeSet<u64>) -> bool {
    let next = BTreeSet::from([hurt.last]);
    *gone == hurt.records || (hurt.state == State::Doubtful && *gone == next)
}

/// Lets `repair` save what it can: all but what was hit is there, and the store goes on.
pub async fn save(dir: &Path, whole: &Whole, hurt: &Hurt, random: &mut Random) -> Result<(), String> {
    let repaired = match tools::repair(dir, &tool()) {
        Ok(repaired) => repaired,
        Err(error) if hurt.is_format && hurt.is_named_by(&error.to_string()) => return Ok(()),
        Err(_) if hurt.records.len() == whole.places.len() => return Ok(()),
        Err(error) => return Err(format!("repair: {error}")),
    };
    let gone: BTreeSet<_> = repaired.gone.iter().flat_map(|it| it.0..=it.1).collect();
    if !repaired.is_good() || !fits(hurt, &gone) {
        return Err(format!("damaged were {:?}; repair says: {repaired}", hurt.records));
    }
    is_clean(dir)?;
    check_entries(&whole.places, &gone, &records::said(dir))?;
    let saved = book(&whole.places, |it| !gone.contains(&it), tool().now);
    survives(dir, &saved, random).await.map_err(|it| format!("after a repair: {it}"))?;
    is_clean(dir)
}

fn is_clean(dir: &Path) -> Result<(), String> {
    let verified = tools::verify(dir, &tool()).map_err(|it| format!("after a repair: {it}"))?;
    if verified.is_damaged() { Err(format!("after a repair: {verified}")) } else { Ok(()) }
}

/// All entries are as they were but those that are gone: these say so, or that somebody who was
/// blanked is erased.
fn check_entries(before: &[Place], gone: &BTreeSet<u64>, after: &BTreeMap<u64, Value>) -> Result<(), String> {
    let is_erased = |learner| before.iter().any(|it| it.learner == learner && it.said.get("void").is_some());
    for place in before {
        let found = after.get(&place.seq).unwrap_or(&Value::Null);
        let learner = serde_json::from_value(found["erase"]["learner"].clone());
        let is_right = match gone.contains(&place.seq) {
            false => *found == place.said,
            true => *found == json!({ "lost": {} }) || learner.is_ok_and(is_erased),
        };
        if !is_right {
            return Err(format!("record {} says {found} after a repair", place.seq));
        }
    }
    Ok(())
}
