//! Places in lists of learners, as bytes that sort as the list does.

use uuid::Uuid;

use crate::domain::{
    id::LearnerId,
    summary::{OrderBy, Summary},
    time::Timestamp,
};

/// A place in an ascending list: what it is ordered by, then the learner's id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SortKey(Vec<u8>);

/// How many bytes of a name order a list; names that are equal so far come in the order of ids.
const NAME_BYTES: usize = 64;

impl SortKey {
    /// Where a learner stands in a list of this order.
    pub fn of(order: OrderBy, learner: LearnerId, summary: &Summary) -> Self {
        let mut bytes = match order {
            OrderBy::Name => name_key(&summary.name),
            OrderBy::CreatedAt => instant_key(summary.created_at),
            OrderBy::Progress => progress_key(summary),
            OrderBy::LastActivity => instant_key(summary.updated_at),
            OrderBy::Due => due_key(summary),
        };
        bytes.extend_from_slice(learner.0.as_bytes());
        Self(bytes)
    }

    /// Whether a learner stands in the same place before and after a change.
    pub fn is_same(order: OrderBy, before: &Summary, after: &Summary) -> bool {
        match order {
            OrderBy::Name => before.name == after.name || name_key(&before.name) == name_key(&after.name),
            OrderBy::CreatedAt => before.created_at == after.created_at,
            OrderBy::Progress => progress_key(before) == progress_key(after),
            OrderBy::LastActivity => before.updated_at == after.updated_at,
            OrderBy::Due => before.due_at == after.due_at,
        }
    }

    /// The place in the list by [`OrderBy::Due`] before which everybody stands to whom something is due by then.
    pub fn due_by(instant: Timestamp) -> Self {
        let mut bytes = instant_key(Timestamp::from_micros(instant.as_micros().saturating_add(1)));
        bytes.extend_from_slice(Uuid::nil().as_bytes());
        Self(bytes)
    }

    /// A place that was written down as bytes; `None` when it cannot be one.
    pub fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        (16..=NAME_BYTES + 1 + 16).contains(&bytes.len()).then_some(Self(bytes))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Who stands there.
    pub fn learner(&self) -> LearnerId {
        let (_, id) = self.0.split_at(self.0.len() - 16);
        LearnerId(Uuid::from_slice(id).expect("sixteen bytes"))
    }
}

fn name_key(name: &str) -> Vec<u8> {
    let mut key = name.to_lowercase();
    let end = (0..=NAME_BYTES.min(key.len())).rev().find(|it| key.is_char_boundary(*it));
    key.truncate(end.unwrap_or(0));
    let mut bytes = key.into_bytes();
    bytes.push(0);
    bytes
}

fn instant_key(instant: Timestamp) -> Vec<u8> {
    // Flipping the sign bit makes the byte order that of the numbers.
    (instant.as_micros() ^ i64::MIN).to_be_bytes().to_vec()
}

fn due_key(summary: &Summary) -> Vec<u8> {
    instant_key(summary.due_at.unwrap_or(Timestamp::from_micros(i64::MAX)))
}

fn progress_key(summary: &Summary) -> Vec<u8> {
    let per_mille = u32::from(summary.n_done) * 1000 / u32::from(summary.n_total.max(1));
    u16::try_from(per_mille).unwrap_or(1000).to_be_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(order: OrderBy, id: u128, change: impl FnOnce(&mut Summary)) -> SortKey {
        let epoch = Timestamp::from_micros(0);
        let mut summary = Summary {
            name: String::new(),
            stack: None,
            created_at: epoch,
            updated_at: epoch,
            n_done: 0,
            n_total: 18,
            met: vec![],
            due_at: None,
        };
        change(&mut summary);
        SortKey::of(order, LearnerId(Uuid::from_u128(id)), &summary)
    }

    #[test]
    fn a_shorter_name_comes_first_and_case_does_not_matter() {
        let name = |id, name: &str| key(OrderBy::Name, id, |it| it.name = name.into());
        assert!(name(9, "ada") < name(1, "Ada B"));
        assert!(name(1, "ada") < name(2, "ADA"));
        assert!(name(9, "Zoë") < name(1, "Ω"));
    }

    #[test]
    fn a_place_is_the_same_when_its_key_is() {
        let at = Timestamp::from_micros(0);
        let learner = LearnerId(Uuid::from_u128(1));
        let summary = |name: &str, n_done: u16, seconds, due_at| Summary {
            name: name.into(),
            stack: None,
            created_at: at,
            updated_at: Timestamp::from_micros(seconds),
            n_done,
            n_total: 18,
            met: vec![],
            due_at,
        };
        let all = [
            summary("Ada", 1, 0, None),
            summary("ADA", 1, 0, None),
            summary("Ada", 2, 0, None),
            summary("Ada", 1, 9, None),
            summary("Ada", 1, 9, Some(at)),
            summary("Ada", 1, 9, Some(at.plus_days(1))),
            summary(&"a".repeat(80), 0, 0, None),
            summary(&"a".repeat(81), 0, 0, None),
        ];
        for (before, after) in all.iter().flat_map(|it| all.iter().map(move |other| (it, other))) {
            for order in OrderBy::ALL {
                let same = SortKey::of(order, learner, before) == SortKey::of(order, learner, after);
                assert_eq!(SortKey::is_same(order, before, after), same, "{order:?} {before:?} {after:?}");
            }
        }
    }

    #[test]
    fn long_names_are_cut_at_a_letter() {
        let long = key(OrderBy::Name, 1, |it| it.name = "é".repeat(200));
        assert_eq!(SortKey::from_bytes(long.as_bytes().to_vec()), Some(long));
    }

    #[test]
    fn instants_before_the_epoch_come_before_those_after() {
        let at = |micros| key(OrderBy::CreatedAt, 1, |it| it.created_at = Timestamp::from_micros(micros));
        assert!(at(-1) < at(0) && at(0) < at(1));
    }

    #[test]
    fn whoever_is_due_stands_before_the_bound_and_the_rest_behind() {
        let at = Timestamp::from_micros(7);
        let due = |id, due_at: Option<i64>| {
            key(OrderBy::Due, id, |it| it.due_at = due_at.map(Timestamp::from_micros))
        };
        assert!(due(9, Some(6)) < due(1, Some(7)));
        assert!(due(u128::MAX, Some(7)) < SortKey::due_by(at) && SortKey::due_by(at) < due(1, Some(8)));
        assert!(due(u128::MAX, Some(8)) < due(1, None));
    }

    #[test]
    fn progress_is_a_share() {
        let done = |done, total| {
            key(OrderBy::Progress, 1, |it| {
                it.n_done = done;
                it.n_total = total;
            })
        };
        assert!(done(8, 17) < done(9, 18));
        assert!(done(0, 0) < done(1, 18));
        assert_eq!(done(9, 18).learner(), LearnerId(Uuid::from_u128(1)));
    }
}
