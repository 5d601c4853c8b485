//! Saves what is whole of a damaged ledger into a new one. What is gone leaves an entry that says so
//! in its place, so that numbers stay dense; versions and positions of what is saved never change.
//!
//! The steps, each of which a crash may come after: the new ledger is built as `ledger.repaired` and
//! read again; the damaged one becomes `ledger.damaged-1`; the rows go, which say where things stood
//! in it; the new one gets its name. Once the damaged one has lost its name, `open` refuses until a
//! repair has gone through the other steps.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use uuid::Uuid;

use super::{
    super::{
        home::Home,
        ledger::{
            Builder, Found, Seq, Site,
            entry::{Entry, Erased},
            survey,
        },
    },
    ToolOptions, Verified,
    look::{Look, Totals},
    range,
    verify::verify_home,
};
use crate::{domain::id::LearnerId, store::StoreError};

/// More records than this are not gone: then what says so is broken itself.
const MAX_GONE: u64 = 10_000_000;

/// What was done.
#[derive(Debug)]
pub struct Repaired {
    /// What was found before.
    pub before: Verified,
    /// Where the damaged ledger is kept; `None`: nothing had to be done to the ledger, or a repair
    /// that was interrupted was finished.
    pub kept: Option<PathBuf>,
    /// What the ledger adds up to now; `None`: as before.
    pub after: Option<Totals>,
    /// Which records are gone: from one to another.
    pub gone: Vec<(Seq, Seq)>,
    /// Whose erasure was among what is gone, and was written again.
    pub erased_again: Vec<LearnerId>,
    /// Whether an earlier repair was only finished.
    pub was_interrupted: bool,
}

/// Repairs the ledger of a store that nobody serves, if it is damaged; else it changes nothing. The
/// damaged ledger is kept.
pub fn repair(directory: &Path, options: &ToolOptions) -> Result<Repaired, StoreError> {
    let home = Home::take(directory, options.files())?;
    let was_interrupted = !home.ledger().exists() && home.repaired().exists();
    if was_interrupted {
        finish(&home)?;
    }
    let (before, look) = verify_home(&home, options)?;
    let mut repaired =
        Repaired { before, kept: None, after: None, gone: vec![], erased_again: vec![], was_interrupted };
    if look.n_damages != 0 {
        rebuild(&home, options, &look, &mut repaired)?;
    }
    if repaired.before.lacks_format {
        home.write_format()?;
    }
    Ok(repaired)
}

fn rebuild(
    home: &Home,
    options: &ToolOptions,
    look: &Look,
    repaired: &mut Repaired,
) -> Result<(), StoreError> {
    if look.totals.n_records == 0 {
        let how = "no record of the ledger is whole: nothing can be saved; put back a backup";
        return Err(StoreError::Refused(how.into()));
    }
    if MAX_GONE < look.n_gone {
        return Err(StoreError::Refused(format!(
            "CLEAN or ACKNOWLEDGED says that the ledger went on to record {}; that is {} more than there are, \
             which cannot be: put back a backup, or remove the file of the two that is wrong",
            look.totals.last_seq, look.n_gone
        )));
    }
    let context = || StoreError::io("removing what an earlier repair left");
    home.files.remove_tree(&home.repaired()).map_err(context())?;
    build(home, options, look, repaired)?;
    let built = Look::into(&home.files, &home.repaired(), &options.progress)?;
    if built.n_damages != 0 || built.totals.last_seq != look.totals.last_seq {
        let trouble = built.first_trouble().unwrap_or_default();
        return Err(StoreError::Damaged(format!("what was saved cannot be read again: {trouble}")));
    }
    let kept = home.damaged();
    home.files.rename(&home.ledger(), &kept).map_err(StoreError::io("putting the damaged ledger aside"))?;
    finish(home)?;
    (repaired.kept, repaired.after) = (Some(kept), Some(built.totals));
    Ok(())
}

/// What is left to do once the damaged ledger has lost its name.
fn finish(home: &Home) -> Result<(), StoreError> {
    home.forget_rows()?;
    home.settle_in(&home.repaired())
}

fn build(home: &Home, options: &ToolOptions, look: &Look, repaired: &mut Repaired) -> Result<(), StoreError> {
    let store = look.store.unwrap_or_else(|| new_id(&look.totals));
    let mut builder = Builder::new(&home.files, &home.repaired(), store, options.segment_bytes)?;
    let mut erasures = erasures(home, options, look)?;
    let witness = home.witness();
    survey(&site(home, &home.ledger(), &witness, look, options), |found| match found {
        Found::Record(record, ..) => builder.push(record.payload),
        Found::Damage(damage) => {
            let last = damage.first + damage.n_gone;
            if damage.n_gone != 0 {
                repaired.gone.push((damage.first, last - 1));
            }
            (damage.first..last).try_for_each(|seq| builder.push(&in_place(erasures.remove(&seq), options)))
        }
    })?;
    builder.finish()?;
    repaired.erased_again = look.unerased.iter().map(|it| it.0).collect();
    Ok(())
}

fn site<'a>(
    home: &'a Home,
    ledger: &'a Path,
    witness: &'a Path,
    look: &Look,
    options: &'a ToolOptions,
) -> Site<'a> {
    let known = look.acknowledged;
    Site { files: &home.files, directory: ledger, witness: Some(witness), known, progress: &options.progress }
}

/// What stands in the place of a record that is gone.
fn in_place(erased: Option<LearnerId>, options: &ToolOptions) -> Vec<u8> {
    match erased {
        Some(learner) => Entry::Erase(Erased { learner, recorded_at: options.now }).to_payload(),
        None => Entry::Lost {}.to_payload(),
    }
}

/// Whoever was blanked had been erased. Where that is not written any more, it was in one of the
/// records behind their last one that are gone; in which does not matter.
fn erasures(home: &Home, options: &ToolOptions, look: &Look) -> Result<BTreeMap<Seq, LearnerId>, StoreError> {
    let (mut gone, witness) = (vec![], home.witness());
    if look.unerased.is_empty() {
        return Ok(BTreeMap::new());
    }
    survey(&site(home, &home.ledger(), &witness, look, options), |found| {
        if let Found::Damage(damage) = found {
            gone.extend(damage.first..damage.first + damage.n_gone);
        }
        Ok(())
    })?;
    // Whoever came last takes the last one, so that something is left for the others.
    let mut erasures = BTreeMap::new();
    for (learner, seq) in look.unerased.iter().rev() {
        if let Some(place) = gone.pop_if(|it| *seq < *it) {
            erasures.insert(place, *learner);
        }
    }
    Ok(erasures)
}

/// The id of a store of which no file says any more which one it is.
fn new_id(totals: &Totals) -> Uuid {
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(totals.digest.bytes()).for_each(|(byte, it)| *byte = it);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

impl Repaired {
    /// Whether the ledger is whole now. What is lost is lost all the same.
    pub fn is_good(&self) -> bool {
        self.before.n_wrongs == 0
    }
}

impl fmt::Display for Repaired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.was_interrupted {
            writeln!(f, "a repair that had been interrupted was finished")?;
        }
        if self.before.lacks_format {
            writeln!(f, "FORMAT was missing and is there again")?;
        }
        let (Some(kept), Some(after)) = (&self.kept, &self.after) else {
            return match self.before.n_wrongs {
                0 => write!(f, "the ledger is whole; there is nothing to repair"),
                _ => write!(f, "{}\nall records are whole; a repair can do nothing about that", self.before),
            };
        };
        writeln!(f, "{}\n", self.before)?;
        for (first, last) in &self.gone {
            writeln!(f, "gone for good: record {}", range(*first, *last))?;
        }
        for learner in &self.erased_again {
            writeln!(f, "the erasure of learner {learner} was among that; it was written again")?;
        }
        if !self.gone.is_empty() {
            writeln!(f, "what came last about a learner may be among that without a trace; an erasure, too")?;
        }
        writeln!(f, "the ledger now:\n{after}")?;
        write!(f, "the damaged ledger is kept in {}; the next start makes the rows anew", kept.display())
    }
}
