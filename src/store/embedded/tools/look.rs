//! Reads a whole ledger once: what is damaged, what contradicts itself, what it all adds up to.

use std::{collections::HashSet, path::Path};

use uuid::Uuid;

use super::{
    super::{
        files::Files,
        ledger::entry::Entry,
        ledger::{Damage, Found, Seq, Site, survey},
        options::Progress,
    },
    check::{Checker, Missing},
    content::Content,
};
use crate::{domain::id::LearnerId, store::StoreError};

/// What is listed; the rest is counted.
const MAX_LISTED: usize = 1_000;

/// A record that is whole and says what cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// Which record.
    pub seq: Seq,
    /// The name of the file.
    pub file: String,
    /// At which byte of the file.
    pub at: u64,
    /// What is wrong with it.
    pub how: String,
}

/// What a ledger adds up to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// Whole records.
    pub n_records: u64,
    /// Events, also those of erased learners.
    pub n_events: u64,
    /// Learners who are there.
    pub n_learners: u64,
    /// Learners who were erased.
    pub n_erased: u64,
    /// Bytes of the ledger's files.
    pub n_bytes: u64,
    /// The number of the last record, be it there or gone.
    pub last_seq: Seq,
    /// The digest of all whole records, in hexadecimal.
    pub digest: String,
}

/// What was seen.
#[derive(Debug, Default)]
pub(super) struct Look {
    pub(super) store: Option<Uuid>,
    pub(super) damages: Vec<Damage>,
    pub(super) n_damages: u64,
    pub(super) n_gone: u64,
    pub(super) wrongs: Vec<Wrong>,
    pub(super) n_wrongs: u64,
    pub(super) missing: Vec<Missing>,
    pub(super) n_missing: u64,
    pub(super) totals: Totals,
    pub(super) acknowledged: Seq,
    pub(super) torn_at: Option<u64>,
    pub(super) erased: HashSet<LearnerId>,
    /// Who was blanked without an erasure that is written, with the last record about them.
    pub(super) unerased: Vec<(LearnerId, Seq)>,
}

impl Look {
    /// Reads a ledger; it may be damaged in any way.
    pub(super) fn at(site: &Site<'_>) -> Result<Self, StoreError> {
        let (mut look, mut content, mut checker) = (Look::default(), Content::default(), Checker::new());
        let surveyed = survey(site, |found| {
            match found {
                Found::Record(record, file, at) => {
                    content.add(record.seq, record.payload);
                    let entry = Entry::from_payload(record.seq, record.payload);
                    let entry = entry.map_err(reason);
                    if let Err(how) = entry.and_then(|it| checker.add(record.seq, &it)) {
                        look.is_wrong(Wrong { seq: record.seq, file: file.to_owned(), at, how });
                    }
                }
                Found::Damage(damage) => {
                    if damage.n_gone != 0 {
                        checker.gone(damage.first + damage.n_gone - 1);
                    }
                    look.is_damaged(damage);
                }
            }
            Ok(())
        })?;
        let n_learners = checker.n_learners();
        (look.erased, look.unerased) = (checker.erased(), checker.unerased());
        if look.n_gone == 0 {
            for (learner, seq) in &look.unerased.clone() {
                let how = format!("{learner} is blanked and was never erased");
                look.is_wrong(Wrong { seq: *seq, file: String::new(), at: 0, how });
            }
        }
        look.totals = Totals {
            n_records: content.n_records(),
            n_events: checker.n_events,
            n_learners,
            n_erased: look.erased.len() as u64,
            n_bytes: surveyed.n_bytes,
            last_seq: surveyed.next - 1,
            digest: content.digest(),
        };
        (look.missing, look.n_missing) = (checker.missing, checker.n_missing);
        (look.store, look.torn_at) = (surveyed.store, surveyed.torn_at);
        look.acknowledged = surveyed.acknowledged;
        Ok(look)
    }

    /// Reads the ledger in a directory of which nothing else is known.
    pub(super) fn into(files: &Files, directory: &Path, progress: &Progress) -> Result<Self, StoreError> {
        Self::at(&Site { files, directory, witness: None, known: 0, progress })
    }

    /// What is wrong first.
    pub(super) fn first_trouble(&self) -> Option<String> {
        let damage = self.damages.first().map(|it| (it.first, it.to_string()));
        let wrong = self.wrongs.first().map(|it| (it.seq, it.to_string()));
        damage.into_iter().chain(wrong).min().map(|it| it.1)
    }

    fn is_damaged(&mut self, damage: Damage) {
        self.n_damages += 1;
        self.n_gone += damage.n_gone;
        if self.damages.len() < MAX_LISTED {
            self.damages.push(damage);
        }
    }

    fn is_wrong(&mut self, wrong: Wrong) {
        self.n_wrongs += 1;
        if self.wrongs.len() < MAX_LISTED {
            self.wrongs.push(wrong);
        }
    }
}

fn reason(error: StoreError) -> String {
    match error {
        StoreError::LedgerDamaged { how, .. } => how,
        other => other.to_string(),
    }
}
