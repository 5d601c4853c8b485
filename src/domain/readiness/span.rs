//! Stretches of time in which something holds, and how several of them combine.
//!
//! Facts in a state are believed whatever the clock says: only an end can make a stretch not hold,
//! a beginning in the future cannot. So time alone takes away and never gives.

use smallvec::{SmallVec, smallvec};

use crate::domain::time::Timestamp;

/// A stretch of time that is not empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    /// The first instant in it.
    pub(super) from: Timestamp,
    /// The first instant after it; `None`: it never ends.
    pub(super) until: Option<Timestamp>,
}

impl Span {
    /// From this instant on, for that many days; the instant exactly so many days later is in it.
    pub(super) fn lasting(from: Timestamp, days: Option<u32>) -> Self {
        Self { from, until: days.and_then(|it| end_of(from, it)) }
    }

    fn holds(self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// The first instant that is more than so many days later; `None` beyond the end of the calendar.
pub(super) fn end_of(from: Timestamp, days: u32) -> Option<Timestamp> {
    let end = Timestamp::from_micros(from.plus_days(days.into()).as_micros().saturating_add(1));
    (end < Timestamp::from_micros(i64::MAX)).then_some(end)
}

/// Stretches of time in order that neither overlap nor touch; nearly always one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Spans(SmallVec<[Span; 1]>);

impl Spans {
    /// From this instant on, for good.
    pub(super) fn since(from: Timestamp) -> Self {
        Self(smallvec![Span { from, until: None }])
    }

    /// For good from this instant on, or never.
    pub(super) fn since_maybe(from: Option<Timestamp>) -> Self {
        from.map(Self::since).unwrap_or_default()
    }

    /// Whenever at least one of these stretches lasts.
    pub(super) fn union(spans: impl IntoIterator<Item = Span>) -> Self {
        let parts: SmallVec<[_; 2]> = spans.into_iter().map(|it| Self(smallvec![it])).collect();
        Self::at_least(1, &parts)
    }

    /// Whenever all of the parts hold; never when there are none.
    pub(super) fn all(parts: &[Spans]) -> Self {
        Self::at_least(parts.len(), parts)
    }

    /// Whenever at least so many of the parts hold; nothing holds because nothing was asked.
    pub(super) fn at_least(n: usize, parts: &[Spans]) -> Self {
        let n = n.max(1);
        if let ([only], 1) = (parts, n) {
            return only.clone();
        }
        if let Some(beginnings) = endless(parts) {
            return Self::since_maybe(beginnings.get(n - 1).copied());
        }
        let mut spans = smallvec![];
        let (mut n_holding, mut from) = (0_isize, None);
        let n = isize::try_from(n).unwrap_or(isize::MAX);
        for (at, change) in changes(parts) {
            n_holding += change;
            match from {
                None if n <= n_holding => from = Some(at),
                Some(began) if n_holding < n => {
                    spans.push(Span { from: began, until: Some(at) });
                    from = None;
                }
                _ => {}
            }
        }
        spans.extend(from.map(|from| Span { from, until: None }));
        Self(spans)
    }

    /// The same, had nothing ever lapsed.
    pub(super) fn without_ends(&self) -> Self {
        Self::since_maybe(self.0.first().map(|it| it.from))
    }

    /// Whether it holds.
    pub(super) fn holds(&self, now: Timestamp) -> bool {
        self.0.last().is_some_and(|it| it.holds(now))
    }

    /// Since when it holds, if it does.
    pub(super) fn held_since(&self, now: Timestamp) -> Option<Timestamp> {
        self.0.iter().find(|it| it.holds(now)).map(|it| it.from)
    }

    /// The end of the last stretch; `None`: there is no stretch, or it never ends.
    pub(super) fn end(&self) -> Option<Timestamp> {
        self.0.last().and_then(|it| it.until)
    }

    /// The next end of a stretch.
    pub(super) fn next_end(&self, now: Timestamp) -> Option<Timestamp> {
        self.0.iter().filter_map(|it| it.until).find(|until| now < *until)
    }
}

/// The beginnings of all parts in order, where none of them ends.
fn endless(parts: &[Spans]) -> Option<SmallVec<[Timestamp; 8]>> {
    let mut beginnings = smallvec![];
    for span in parts.iter().flat_map(|it| &it.0) {
        if span.until.is_some() {
            return None;
        }
        beginnings.push(span.from);
    }
    beginnings.sort_unstable();
    Some(beginnings)
}

/// By how much the number of parts that hold changes, and when; in order, one entry an instant.
fn changes(parts: &[Spans]) -> Vec<(Timestamp, isize)> {
    let mut edges = vec![];
    for span in parts.iter().flat_map(|it| &it.0) {
        edges.push((span.from, 1));
        edges.extend(span.until.map(|until| (until, -1)));
    }
    edges.sort();
    let mut changes: Vec<(Timestamp, isize)> = vec![];
    for (at, change) in edges {
        match changes.last_mut() {
            Some(last) if last.0 == at => last.1 += change,
            _ => changes.push((at, change)),
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros)
    }

    fn spans(pairs: &[(i64, i64)]) -> Spans {
        Spans::union(pairs.iter().map(|it| Span { from: at(it.0), until: Some(at(it.1)) }))
    }

    #[test]
    fn stretches_that_touch_become_one() {
        assert_eq!(spans(&[(5, 9), (0, 5), (20, 30)]), spans(&[(0, 9), (20, 30)]));
    }

    #[test]
    fn at_least_counts_what_holds_at_once() {
        let parts = [spans(&[(0, 10)]), spans(&[(5, 20)]), spans(&[(8, 12)])];
        assert_eq!(Spans::at_least(1, &parts), spans(&[(0, 20)]));
        assert_eq!(Spans::at_least(2, &parts), spans(&[(5, 12)]));
        assert_eq!(Spans::all(&parts), spans(&[(8, 10)]));
        assert_eq!(Spans::at_least(4, &parts), Spans::default());
    }

    #[test]
    fn asking_for_nothing_is_never_answered_with_yes() {
        assert_eq!(Spans::all(&[]), Spans::default());
    }

    #[test]
    fn since_reaches_back_over_what_has_lapsed_in_between() {
        let spans = spans(&[(0, 10), (4, 40)]);
        assert_eq!(spans.held_since(at(30)), Some(at(0)));
        assert_eq!((spans.holds(at(39)), spans.holds(at(40))), (true, false));
    }

    #[test]
    fn the_last_day_counts_to_its_last_microsecond() {
        let spans = Spans::union([Span::lasting(at(0), Some(30))]);
        let last = at(0).plus_days(30);
        assert!(spans.holds(last));
        assert_eq!(spans.end(), Some(at(last.as_micros() + 1)));
    }

    #[test]
    fn what_ends_after_the_calendar_never_ends() {
        let spans = Spans::union([Span::lasting(at(i64::MAX), Some(1))]);
        assert!(spans.holds(at(i64::MAX)));
    }
}
