//! What stands for the content of a ledger, however its files are cut.

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use super::super::ledger::Seq;

/// SHA-256 over all records in order, each as `sequence u64 | length u32 | payload`, numbers
/// little-endian.
#[derive(Clone, Default)]
pub(in super::super) struct Content {
    hasher: Sha256,
    n_records: u64,
}

impl Content {
    /// Adds a record.
    pub(in super::super) fn add(&mut self, seq: Seq, payload: &[u8]) {
        self.n_records += 1;
        self.hasher.update(seq.to_le_bytes());
        self.hasher.update((payload.len() as u32).to_le_bytes());
        self.hasher.update(payload);
    }

    /// How many records were added.
    pub(in super::super) fn n_records(&self) -> u64 {
        self.n_records
    }

    /// The digest in lower-case hexadecimal.
    pub(in super::super) fn digest(self) -> String {
        HEXLOWER.encode(&self.hasher.finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_never_changes() {
        let mut content = Content::default();
        content.add(7, b"payload");
        let bytes = b"\x07\0\0\0\0\0\0\0\x07\0\0\0payload";
        assert_eq!(content.digest(), HEXLOWER.encode(&Sha256::digest(bytes)));
    }
}
