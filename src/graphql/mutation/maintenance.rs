//! Keeping the store: backups and compaction, for administrators.

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::{Answer, Done, app, fault, idempotency_key};
use crate::{
    app::Failure,
    graphql::scalar::DateTime,
    store::{BackupMade, Shrunk},
};

/// The store is kept.
#[derive(Default)]
pub(super) struct MaintenanceMutation;

#[Object]
impl MaintenanceMutation {
    /// Copies all that was acknowledged so far to a directory of its own on the server, reads the copy
    /// again, and answers what is in it. Reading and writing go on meanwhile. `milepost restore` makes
    /// a store of it. For administrators. A server that keeps its data in memory refuses with
    /// `NOT_APPLICABLE`.
    async fn create_backup(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which backup.")] input: CreateBackupInput,
    ) -> Option<Answer<CreateBackupPayload>> {
        let CreateBackupInput { name, idempotency_key } = input;
        let idempotency_key = self::idempotency_key(ctx, idempotency_key);
        Some(match app(ctx).create_backup(&name, idempotency_key).await {
            Ok(made) => {
                let done = Done::maintained(true, made.replayed);
                Ok(CreateBackupPayload { backup: Some(Backup::new(name.trim(), made)), done })
            }
            Err(Failure::Refused(refusal)) => {
                Ok(CreateBackupPayload { backup: None, done: Done::refused(refusal) })
            }
            Err(Failure::Fault(error)) => Err(fault(error)),
        })
    }

    /// Removes from the server's disk what erased learners left in the ledger files, and copies the
    /// rest of the store anew, without what is dead in it. All that can be asked stays as it is, and
    /// reading goes on; writing pauses for a moment. Backups that were made before keep what they
    /// have. For administrators. A server that keeps its data in memory refuses with `NOT_APPLICABLE`.
    async fn compact_store(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How to compact it.")] input: CompactStoreInput,
    ) -> Option<Answer<CompactStorePayload>> {
        Some(match app(ctx).compact_store(idempotency_key(ctx, input.idempotency_key)).await {
            Ok(shrunk) => Ok(CompactStorePayload::new(shrunk)),
            Err(Failure::Refused(refusal)) => Ok(CompactStorePayload {
                bytes_before: None,
                bytes_after: None,
                done: Done::refused(refusal),
            }),
            Err(Failure::Fault(error)) => Err(fault(error)),
        })
    }
}

/// Which backup to make.
#[derive(InputObject, Debug)]
pub(super) struct CreateBackupInput {
    /// Its name, and that of its directory: 1 to 64 lower-case letters, digits, `-` and `.`, beginning
    /// with a letter. No backup may have it yet.
    name: String,
    /// Makes the call safe to repeat: the same key with the same name answers what the first call
    /// did, with `replayed: true`, as long as that backup is there and whole. 1 to 200 characters,
    /// unique among backups.
    idempotency_key: Option<String>,
}

/// How to compact the store.
#[derive(InputObject, Debug)]
pub(super) struct CompactStoreInput {
    /// Makes the call safe to repeat: the same key as that of the last compaction answers what that
    /// one did, with `replayed: true`. 1 to 200 characters.
    idempotency_key: Option<String>,
}

/// A copy of all that was acknowledged at an instant.
#[derive(SimpleObject)]
pub(super) struct Backup {
    /// Its name.
    name: String,
    /// The number of the last record in it, a whole number; 0: there was none yet.
    last_sequence: f64,
    /// How many bytes its files have, a whole number.
    bytes: f64,
    /// Stands for all that is in it, as `sha256:` and 64 hexadecimal digits. `milepost verify` prints
    /// the same for a store with the same records.
    digest: String,
    /// When it was made.
    made_at: DateTime,
}

impl Backup {
    fn new(name: &str, made: BackupMade) -> Self {
        Self {
            name: name.to_owned(),
            last_sequence: made.last_sequence as f64,
            bytes: made.bytes as f64,
            digest: format!("sha256:{}", made.digest),
            made_at: DateTime::from(made.made_at),
        }
    }
}

/// What came of a backup.
#[derive(SimpleObject)]
pub(super) struct CreateBackupPayload {
    /// The backup; null: none was made.
    backup: Option<Backup>,
    #[graphql(flatten)]
    done: Done,
}

/// What came of a compaction.
#[derive(SimpleObject)]
pub(super) struct CompactStorePayload {
    /// How many bytes the store had on the disk, a whole number; null: nothing was done.
    bytes_before: Option<f64>,
    /// How many bytes it has, a whole number; null: nothing was done.
    bytes_after: Option<f64>,
    #[graphql(flatten)]
    done: Done,
}

impl CompactStorePayload {
    fn new(shrunk: Shrunk) -> Self {
        let Shrunk { before, after, n_blanked, replayed } = shrunk;
        Self {
            bytes_before: Some(before as f64),
            bytes_after: Some(after as f64),
            done: Done::maintained(n_blanked != 0 || after < before, replayed),
        }
    }
}
