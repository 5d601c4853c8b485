//! Time and randomness: the one place where they enter, so that a test can fix both.

use std::cell::RefCell;

use uuid::{Builder, Uuid};

use crate::domain::time::Timestamp;

/// Where time and identifiers come from.
pub trait Env: Send + Sync + 'static {
    /// The present instant.
    fn now(&self) -> Timestamp;

    /// A UUIDv7 that nothing has yet.
    fn fresh_id(&self) -> Uuid;

    /// Bytes that nobody can guess.
    #[expect(clippy::disallowed_methods, reason = "this is where randomness enters")]
    fn fresh_secret(&self) -> [u8; 32] {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).expect("the operating system has randomness");
        secret
    }
}

/// The clock and the randomness of the operating system.
pub struct SystemEnv;

/// How much randomness a thread takes from the system at a time: for each request there is an id, and each
/// time the system is asked is a call of it.
const STOCK: usize = 100;

thread_local! {
    /// Randomness that nothing was made of yet.
    static RANDOM: RefCell<Vec<[u8; 10]>> = const { RefCell::new(vec![]) };
}

impl Env for SystemEnv {
    #[expect(clippy::disallowed_methods, reason = "this is where time enters")]
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(jiff::Timestamp::now().as_microsecond())
    }

    #[expect(clippy::disallowed_methods, reason = "this is where randomness enters")]
    fn fresh_id(&self) -> Uuid {
        let random = RANDOM.with_borrow_mut(|stock| {
            if stock.is_empty() {
                let mut fresh = [[0; 10]; STOCK];
                getrandom::fill(fresh.as_flattened_mut()).expect("the operating system has randomness");
                stock.extend(fresh);
            }
            stock.pop().expect("it was just filled")
        });
        let millis = u64::try_from(self.now().as_micros() / 1000).unwrap_or(0);
        Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }
}
