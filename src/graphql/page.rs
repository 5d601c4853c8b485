//! The one reading of connection arguments: `first`, `after`, `last`, `before`.

use data_encoding::BASE64URL_NOPAD;

use super::{
    at_once::object,
    error::{Answer, caller_error, code},
};

/// How many items a page has when nobody says.
pub(super) const DEFAULT_PAGE: usize = 20;
/// How many items a page has at the most.
pub(super) const MAX_PAGE: usize = 100;

object! {
    /// Where a page of a list begins and ends, and whether there is more.
    #[derive(Debug, Clone)]
    pub(super) struct PageInfo {
        /// Whether there are items after this page.
        pub(super) has_next_page: bool,
        /// Whether there are items before this page.
        pub(super) has_previous_page: bool,
        /// The cursor of the first item; null on an empty page.
        pub(super) start_cursor: Option<String>,
        /// The cursor of the last item; null on an empty page.
        pub(super) end_cursor: Option<String>,
    }
}

/// The arguments of a connection as a client wrote them.
#[derive(Debug, Default)]
pub(super) struct PageArguments {
    pub(super) first: Option<i32>,
    pub(super) after: Option<String>,
    pub(super) last: Option<i32>,
    pub(super) before: Option<String>,
}

/// Which part of a list is meant.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Slice<C> {
    pub(super) after: Option<C>,
    pub(super) before: Option<C>,
    pub(super) limit: usize,
    pub(super) from_end: bool,
}

impl PageArguments {
    /// What they mean, where `decode` reads the bytes of a cursor.
    pub(super) fn slice<C>(self, version: u8, decode: impl Fn(&[u8]) -> Option<C>) -> Answer<Slice<C>> {
        let cursor = |it: Option<String>| it.map(|it| read_cursor(version, &it, &decode)).transpose();
        let (size, from_end) = match (self.first, self.last) {
            (Some(_), Some(_)) => {
                let message = "give `first` or `last`, not both";
                return Err(caller_error(code::BAD_USER_INPUT, message));
            }
            (None, Some(last)) => (Some(last), true),
            (first, None) => (first, false),
        };
        let limit = match size {
            None => DEFAULT_PAGE,
            Some(size) => page_size(size, if from_end { "last" } else { "first" })?,
        };
        Ok(Slice { after: cursor(self.after)?, before: cursor(self.before)?, limit, from_end })
    }
}

/// A number of items that a client asks for.
pub(super) fn page_size(size: i32, argument: &str) -> Answer<usize> {
    let size = usize::try_from(size).ok().filter(|it| *it <= MAX_PAGE);
    let message = || format!("`{argument}` must be between 0 and {MAX_PAGE}");
    size.ok_or_else(|| caller_error(code::BAD_USER_INPUT, message()))
}

/// A cursor: the version of its form, then what it holds.
pub(super) fn write_cursor(version: u8, bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(&[&[version], bytes].concat())
}

/// What a cursor of this version holds.
pub(super) fn read_cursor<C>(version: u8, cursor: &str, decode: impl Fn(&[u8]) -> Option<C>) -> Answer<C> {
    const LONGEST: usize = 32_768;
    let bytes = (cursor.len() <= LONGEST).then(|| BASE64URL_NOPAD.decode(cursor.as_bytes()).ok()).flatten();
    let found = bytes.as_deref().and_then(|it| it.split_first()).filter(|it| *it.0 == version);
    let found = found.and_then(|(_, rest)| decode(rest));
    found.ok_or_else(|| caller_error(code::INVALID_CURSOR, "the cursor is none of this list"))
}
