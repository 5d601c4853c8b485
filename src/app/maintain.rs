//! Keeping the store: backups and compaction.

use std::time::Duration;

use data_encoding::HEXLOWER;
use tokio::time::sleep;

use super::{
    App, Failure,
    write::{key_reused, read_only},
};
use crate::{
    domain::{
        learner::digest,
        refusal::{Refusal, RefusalCode},
        slug::Slug,
        text,
        time::Timestamp,
    },
    store::{BackupMade, BackupWish, Maintenance, MaintenanceError, Shrunk},
};

/// After so long it is tried again to remove what erased learners left.
const RETRY: Duration = Duration::from_secs(60);

impl App {
    /// Copies all that was acknowledged so far to a backup of this name.
    pub async fn create_backup(&self, name: &str, key: Option<String>) -> Result<BackupMade, Failure> {
        let name = Slug::parse(name.trim()).ok_or_else(|| {
            let how = "use 1 to 64 lower-case letters, digits, `-` and `.`, beginning with a letter";
            Refusal::of("name", RefusalCode::InvalidInput, how)
        })?;
        let key = digest_of("create backup", key)?;
        let wish = BackupWish { name, key, now: self.env.now() };
        self.maintenance()?.back_up(wish).await.map_err(failure)
    }

    /// Removes what erased learners left on the disk, and whatever else nobody needs.
    pub async fn compact_store(&self, key: Option<String>) -> Result<Shrunk, Failure> {
        let key = digest_of("compact store", key)?;
        self.maintenance()?.shrink(key).await.map_err(failure)
    }

    /// Sees to it, for ever, that nothing of whoever was erased is left on the disk after so long. It begins after half
    /// of that, so that there is time to do it, and to try again.
    pub async fn forget_in_time(&self, within: Duration) {
        let Some(maintenance) = self.store.maintenance() else { return };
        let mut owed = maintenance.owed();
        loop {
            let since = owed.wait_for(Option::is_some).await.map(|it| *it);
            let Ok(Some(since)) = since else { return };
            sleep(self.left(since, within / 2)).await;
            match maintenance.shrink(None).await {
                Ok(Shrunk { n_blanked, .. }) => {
                    tracing::info!(n_blanked, "what erased learners left was removed")
                }
                Err(error) => {
                    tracing::warn!(%error, "what erased learners left could not be removed yet");
                    sleep(RETRY).await;
                }
            }
        }
    }

    /// What is left of a time that began then.
    fn left(&self, since: Timestamp, time: Duration) -> Duration {
        let passed = self.env.now().as_micros().saturating_sub(since.as_micros());
        time.saturating_sub(Duration::from_micros(passed.try_into().unwrap_or(0)))
    }

    fn maintenance(&self) -> Result<&dyn Maintenance, Refusal> {
        let how = "this server keeps its data in memory; there is nothing on a disk";
        self.store.maintenance().ok_or_else(|| Refusal::new(RefusalCode::NotApplicable, how))
    }
}

/// What is kept of a key.
fn digest_of(call: &str, key: Option<String>) -> Result<Option<String>, Refusal> {
    let key = key.map(|it| text::line("idempotencyKey", &it)).transpose()?;
    Ok(key.map(|it| HEXLOWER.encode(&digest(&[call, &it]))))
}

fn failure(error: MaintenanceError) -> Failure {
    match error {
        MaintenanceError::Taken(how) => Refusal::of("name", RefusalCode::AlreadyTaken, how).into(),
        MaintenanceError::KeyReused => {
            key_reused("the key was used for another backup; use a new key for a new one").into()
        }
        MaintenanceError::NoRoom => {
            let how = "there is not enough room on the disk; nothing was done";
            Refusal::new(RefusalCode::NotApplicable, how).into()
        }
        MaintenanceError::ReadOnly(_) => read_only().into(),
        MaintenanceError::Fault(error) => error.into(),
    }
}
