//! Notes: small documents beside the learners, such as what is known of a webhook.

use super::StoreError;

/// How many bytes a note may have.
pub const MAX_NOTE: usize = 1 << 20;
/// How many characters its name.
const MAX_NAME: usize = 100;

/// Refuses a name that a note cannot have. It is `a` to `z`, digits, `.` and `-`, begins with one of the former two,
/// and does not end as a file that is not finished.
pub(super) fn check_name(name: &str) -> Result<(), StoreError> {
    let is_plain = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit();
    let fits = name.len() <= MAX_NAME
        && name.bytes().next().is_some_and(is_plain)
        && name.bytes().all(|it| is_plain(it) || it == b'.' || it == b'-')
        && !name.ends_with(".tmp");
    if fits { Ok(()) } else { Err(StoreError::Refused("a note cannot have this name".into())) }
}

/// Refuses a note that is too long.
pub(super) fn check_length(note: Option<&[u8]>) -> Result<(), StoreError> {
    match note {
        Some(note) if MAX_NOTE < note.len() => Err(StoreError::TooLong(note.len())),
        _ => Ok(()),
    }
}
