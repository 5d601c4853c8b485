//! Instants in microseconds UTC, the one resolution that every store keeps, and civil days.

use std::fmt;

use jiff::tz::{Offset, TimeZone};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A civil day without a time zone.
pub type Day = jiff::civil::Date;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// An instant, in microseconds since 1970-01-01T00:00:00Z.
///
/// Text (JSON) holds it as RFC 3339 in UTC, binary rows as a number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The instant that many microseconds after the epoch; beyond the years that a calendar
    /// can print it is moved to the nearest instant that can be printed.
    pub fn from_micros(micros: i64) -> Self {
        let (low, high) = (jiff::Timestamp::MIN.as_microsecond(), jiff::Timestamp::MAX.as_microsecond());
        Self(micros.clamp(low, high))
    }

    /// Microseconds since the epoch.
    pub fn as_micros(self) -> i64 {
        self.0
    }

    /// Reads RFC 3339 with an offset; `None` when the text is anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let instant: jiff::Timestamp = text.parse().ok().filter(|_| is_rfc_3339(text))?;
        Some(Self(instant.as_microsecond()))
    }

    /// Midnight UTC at the start of a day.
    pub fn start_of(day: Day) -> Self {
        let zoned = day.to_zoned(TimeZone::UTC).map(|it| it.timestamp().as_microsecond());
        Self(zoned.unwrap_or(if day.year() < 1970 { i64::MIN } else { i64::MAX }))
    }

    /// The UTC day that this instant lies in.
    pub fn day(self) -> Day {
        Offset::UTC.to_datetime(self.jiff()).date()
    }

    /// This instant, that many days of 24 hours later (earlier when negative).
    pub fn plus_days(self, days: i64) -> Self {
        Self::from_micros(self.0.saturating_add(days.saturating_mul(DAY)))
    }

    /// The same time of day and day of the month, that many months later in UTC; the last day of a shorter month.
    pub fn plus_months(self, months: i32) -> Self {
        let at = Offset::UTC.to_datetime(self.jiff());
        let later = jiff::Span::new().try_months(months).and_then(|it| at.checked_add(it));
        let later = later.and_then(|it| Offset::UTC.to_timestamp(it));
        Self(later.map_or(jiff::Timestamp::MAX.as_microsecond(), |it| it.as_microsecond()))
    }

    /// This instant, that many seconds later (earlier when negative).
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self::from_micros(self.0.saturating_add(seconds.saturating_mul(SECOND)))
    }

    fn jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::MAX)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.jiff().fmt(f)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_i64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
            Self::parse(&text).ok_or_else(|| D::Error::custom("not an RFC 3339 instant"))
        } else {
            Ok(Self::from_micros(i64::deserialize(deserializer)?))
        }
    }
}

/// Whether an instant is written as RFC 3339 has it, and not in another form that calendars know.
fn is_rfc_3339(text: &str) -> bool {
    let Some((clock, rest)) = text.split_at_checked(19) else { return false };
    let digits = |it: char| it.is_ascii_digit();
    let zone = rest.strip_prefix('.').map_or(rest, |it| it.trim_start_matches(digits));
    let has_zone = ["Z", "+00:00", "-00:00"].iter().any(|it| has_shape(zone, it));
    // Calendars know zones of more than a day.
    has_shape(clock, "0000-00-00T00:00:00") && has_zone && zone.get(1..3).is_none_or(|hours| hours < "24")
}

/// Whether a text is like another but for the digits.
fn has_shape(text: &str, shape: &str) -> bool {
    let same =
        |(it, of): (u8, u8)| if of == b'0' { it.is_ascii_digit() } else { it.eq_ignore_ascii_case(&of) };
    text.len() == shape.len() && text.bytes().zip(shape.bytes()).all(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_rfc_3339_in_utc() {
        let instant = Timestamp::parse("2026-03-01T10:00:00+02:00").expect("an instant");
        assert_eq!(instant.to_string(), "2026-03-01T08:00:00Z");
        assert_eq!(serde_json::to_string(&instant).expect("json"), r#""2026-03-01T08:00:00Z""#);
    }

    #[test]
    fn what_is_not_an_instant_is_none() {
        for text in ["", "2026-03-01", "2026-03-01T10:00:00", "yesterday", "2026-13-01T00:00:00Z"] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn arithmetic_saturates() {
        for start in [i64::MIN, 0, i64::MAX] {
            let far = Timestamp::from_micros(start).plus_days(i64::MAX).plus_days(i64::MIN);
            assert!(!far.to_string().is_empty());
        }
    }

    #[test]
    fn months_end_where_they_end() {
        let at = |text| Timestamp::parse(text).expect("an instant");
        for (months, expected) in [
            (0, "2026-01-31T23:59:59.000001Z"),
            (1, "2026-02-28T23:59:59.000001Z"),
            (2, "2026-03-31T23:59:59.000001Z"),
            (25, "2028-02-29T23:59:59.000001Z"),
        ] {
            assert_eq!(at("2026-01-31T23:59:59.000001Z").plus_months(months), at(expected), "{months}");
        }
        assert!(at("2026-01-31T00:00:00Z").plus_months(i32::MAX) > at("9999-01-01T00:00:00Z"));
    }

    #[test]
    fn rows_hold_microseconds() {
        let instant = Timestamp::from_micros(1_700_000_000_123_456);
        let bytes = postcard::to_stdvec(&instant).expect("bytes");
        assert_eq!(postcard::from_bytes::<Timestamp>(&bytes).expect("instant"), instant);
    }
}
