//! GraphQL over HTTP: what a client reads, and which status says what became of its request.

use axum::http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{ACCEPT, CONTENT_TYPE},
};

use crate::graphql::{Outcome, Reason};

/// The form of a single answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// `application/graphql-response+json`: the status says what became of the request.
    Graphql,
    /// `application/json`: whatever is well-formed is answered with 200.
    Json,
}

/// The form of a sequence of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Streaming {
    /// `text/event-stream`.
    Events,
    /// `multipart/mixed`, as Apollo Client reads subscriptions.
    Multipart,
}

/// What a client reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Accepted {
    /// A single answer, if it reads any.
    pub(super) single: Option<Format>,
    /// A sequence, if it asks for any by name.
    pub(super) stream: Option<Streaming>,
}

const GRAPHQL: &str = "application/graphql-response+json";
const JSON: &str = "application/json";

impl Format {
    pub(super) fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Graphql => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        })
    }
}

impl Accepted {
    const JSON: Self = Self { single: Some(Format::Json), stream: None };

    /// What the `Accept` of a request says; `None`: nothing that there is here.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        match headers.get(ACCEPT).map(HeaderValue::as_bytes) {
            None | Some(b"" | b"*/*" | b"application/json") if headers.get_all(ACCEPT).iter().count() < 2 => {
                return Some(Self::JSON);
            }
            _ => {}
        }
        let ranges: Vec<_> = items(headers, &ACCEPT).filter_map(Range::parse).collect();
        let accepted = Self { single: single(&ranges), stream: stream(&ranges) };
        (accepted.single.is_some() || accepted.stream.is_some()).then_some(accepted)
    }

    /// The format of what goes wrong. Who reads nothing but streams goes by the status.
    pub(super) fn for_errors(self) -> Format {
        self.single.unwrap_or(Format::Graphql)
    }
}

fn single(ranges: &[Range<'_>]) -> Option<Format> {
    match (best(ranges, GRAPHQL), best(ranges, JSON)) {
        // Whoever names the newer one wants it, unless JSON is dearer; a wildcard comes from older clients.
        (Some((exact, weight)), json) if exact == EXACT && json.is_none_or(|it| it.1 <= weight) => {
            Some(Format::Graphql)
        }
        (_, Some(_)) => Some(Format::Json),
        (Some(_), None) => Some(Format::Graphql),
        (None, None) => None,
    }
}

fn stream(ranges: &[Range<'_>]) -> Option<Streaming> {
    let named = |it: &str| best(ranges, it).filter(|it| it.0 == EXACT).map(|it| it.1);
    match (named("text/event-stream"), named("multipart/mixed")) {
        (Some(events), multipart) if multipart.is_none_or(|it| it <= events) => Some(Streaming::Events),
        (_, Some(_)) => Some(Streaming::Multipart),
        _ => None,
    }
}

/// How exactly a range names a type.
const EXACT: u8 = 2;

/// How exactly a type is named, and its weight, by the range that names it most exactly.
fn best(ranges: &[Range<'_>], media_type: &str) -> Option<(u8, u16)> {
    let named = ranges.iter().filter_map(|it| Some((it.names(media_type)?, it.weight)));
    named.max().filter(|it| 0 < it.1)
}

/// One item of an `Accept`.
struct Range<'a> {
    media_type: &'a str,
    /// In thousandths.
    weight: u16,
}

impl<'a> Range<'a> {
    /// `None`: malformed, or something that only sounds like ours.
    fn parse(item: &'a str) -> Option<Self> {
        let mut parts = item.split(';').map(str::trim);
        let (media_type, mut weight) = (parts.next()?, 1000);
        for (name, value) in parts.filter_map(|it| it.split_once('=')) {
            match name.trim().to_ascii_lowercase().as_str() {
                "q" => weight = thousandths(value.trim())?,
                // Incremental delivery, which is another protocol in the same clothes.
                "deferspec" | "incrementalspec" => return None,
                "charset" if !is_utf_8(value) => return None,
                _ => {}
            }
        }
        Some(Self { media_type, weight })
    }

    fn names(&self, media_type: &str) -> Option<u8> {
        let wildcard = media_type.split_once('/').map(|it| it.0).zip(self.media_type.split_once('/'));
        match wildcard {
            _ if self.media_type.eq_ignore_ascii_case(media_type) => Some(EXACT),
            Some((main, (it, "*"))) if it.eq_ignore_ascii_case(main) => Some(1),
            Some((_, ("*", "*"))) => Some(0),
            _ => None,
        }
    }
}

fn thousandths(weight: &str) -> Option<u16> {
    let weight: f32 = weight.parse().ok().filter(|it| (0.0..=1.0).contains(it))?;
    (0..=1000).rev().find(|it| f32::from(*it) <= weight * 1000.0)
}

/// The items of all headers of a name that holds a list.
pub(super) fn items<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    headers.get_all(name).iter().filter_map(|it| it.to_str().ok()).flat_map(|it| it.split(',')).map(str::trim)
}

/// Whether the body of a request is said to be JSON in UTF-8.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(content_type), None) = (types.next(), types.next()) else { return false };
    let Ok(content_type) = content_type.to_str() else { return false };
    let (media_type, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
    let parameters = parameters.split(';').filter_map(|it| it.split_once('='));
    let mut charsets = parameters.filter(|it| it.0.trim().eq_ignore_ascii_case("charset"));
    media_type.trim().eq_ignore_ascii_case(JSON) && charsets.all(|it| is_utf_8(it.1))
}

fn is_utf_8(charset: &str) -> bool {
    let charset = charset.trim().trim_matches('"');
    charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("utf8")
}

/// The status of an answer.
pub(super) fn status(outcome: Outcome, format: Format, draft: bool) -> StatusCode {
    let as_json = format == Format::Json && !draft;
    match outcome {
        Outcome::Partial if draft => StatusCode::from_u16(294).expect("three digits"),
        Outcome::Complete | Outcome::Partial => StatusCode::OK,
        Outcome::Refused(reason) => match reason {
            Reason::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Reason::Late => StatusCode::GATEWAY_TIMEOUT,
            Reason::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Reason::Malformed | Reason::NotListed => StatusCode::BAD_REQUEST,
            _ if as_json => StatusCode::OK,
            Reason::Invalid | Reason::Operation | Reason::Variables | Reason::Source | Reason::TooLarge
                if draft =>
            {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            _ => StatusCode::BAD_REQUEST,
        },
    }
}

/// What the log calls the reason of a refusal.
pub(super) fn name(reason: Reason) -> &'static str {
    match reason {
        Reason::Malformed => "malformed",
        Reason::Syntax => "syntax",
        Reason::Invalid => "invalid",
        Reason::Operation => "operation",
        Reason::Variables => "variables",
        Reason::UnknownHash => "unknown hash",
        Reason::NotListed => "not listed",
        Reason::Source => "source",
        Reason::Busy => "busy",
        Reason::Late => "late",
        Reason::TooLarge => "too large",
        Reason::Internal => "internal",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_has_its_status() {
        let refused = Outcome::Refused;
        // As JSON, as a GraphQL response, and either way by the draft.
        for (outcome, statuses) in [
            (Outcome::Complete, [200, 200, 200]),
            (Outcome::Partial, [200, 200, 294]),
            (refused(Reason::Malformed), [400, 400, 400]),
            (refused(Reason::Syntax), [200, 400, 400]),
            (refused(Reason::Invalid), [200, 400, 422]),
            (refused(Reason::Operation), [200, 400, 422]),
            (refused(Reason::Variables), [200, 400, 422]),
            (refused(Reason::UnknownHash), [200, 400, 400]),
            (refused(Reason::NotListed), [400, 400, 400]),
            (refused(Reason::Source), [200, 400, 422]),
            (refused(Reason::Busy), [503, 503, 503]),
            (refused(Reason::Late), [504, 504, 504]),
            (refused(Reason::TooLarge), [200, 400, 422]),
            (refused(Reason::Internal), [500, 500, 500]),
        ] {
            let usual = [Format::Json, Format::Graphql].map(|it| status(outcome, it, false).as_u16());
            let draft = [Format::Json, Format::Graphql].map(|it| status(outcome, it, true).as_u16());
            assert_eq!((usual, draft), ([statuses[0], statuses[1]], [statuses[2]; 2]), "{outcome:?}");
        }
    }
}
