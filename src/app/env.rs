//! Time and randomness: the one place where they enter, so that a test can fix both.

use uuid::{Builder, Uuid};

use crate::domain::time::Timestamp;

/// Where time and identifiers come from.
pub trait Env: Send + Sync + 'static {
    /// The present instant.
    fn now(&self) -> Timestamp;

    /// A UUIDv7 that nothing has yet.
    fn fresh_id(&self) -> Uuid;
}

/// The clock and the randomness of the operating system.
pub struct SystemEnv;

impl Env for SystemEnv {
    #[expect(clippy::disallowed_methods, reason = "this is where time enters")]
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(jiff::Timestamp::now().as_microsecond())
    }

    #[expect(clippy::disallowed_methods, reason = "this is where randomness enters")]
    fn fresh_id(&self) -> Uuid {
        let mut random = [0; 10];
        getrandom::fill(&mut random).expect("the operating system has randomness");
        let millis = u64::try_from(self.now().as_micros() / 1000).unwrap_or(0);
        Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }
}
