//! Collects what is wrong with a document, and where.

use std::{collections::HashMap, fmt, ops::RangeInclusive};

use serde::Serialize;

use super::{GuideError, names::Known};
use crate::domain::slug::Slug;

/// A place in a document, as people write it: `milestones[1].criteria[2].slug`.
#[derive(Debug, Clone)]
pub(super) struct Place(String);

impl Place {
    pub(super) fn root() -> Self {
        Self(String::new())
    }

    pub(super) fn key(&self, key: &str) -> Self {
        if self.0.is_empty() { Self(key.to_owned()) } else { Self(format!("{}.{key}", self.0)) }
    }

    pub(super) fn at(&self, index: usize) -> Self {
        Self(format!("{}[{index}]", self.0))
    }

    /// The items of the list that stands here, each with its place.
    pub(super) fn each<'a, T>(&self, items: &'a [T]) -> impl Iterator<Item = (Self, &'a T)> {
        items.iter().enumerate().map(|(index, it)| (self.at(index), it))
    }

    /// The slugs of the items of the list that stands here, each with its place.
    pub(super) fn slugs<'a, T>(
        &self,
        items: &'a [T],
        slug: impl Fn(&'a T) -> &'a Slug,
    ) -> impl Iterator<Item = (Self, &'a Slug)> {
        self.each(items).map(move |(place, it)| (place.key("slug"), slug(it)))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "the document" } else { &self.0 })
    }
}

/// Everything found so far.
#[derive(Default)]
pub(super) struct Report(Vec<GuideError>);

impl Report {
    pub(super) fn into_errors(self) -> Vec<GuideError> {
        self.0
    }

    pub(super) fn refuse(&mut self, place: &Place, message: impl Into<String>) {
        self.0.push(GuideError { place: place.to_string(), message: message.into() });
    }

    /// The number lies in the range.
    pub(super) fn within(&mut self, place: &Place, number: u32, range: RangeInclusive<u32>, unit: &str) {
        if !range.contains(&number) {
            let (low, high) = range.into_inner();
            self.refuse(place, format!("must be from {low} to {high}{unit}, but is {number}"));
        }
    }

    /// The first of two fields is not greater than the second.
    pub(super) fn ordered<T: PartialOrd + fmt::Display>(
        &mut self,
        place: &Place,
        low: (&str, T),
        high: (&str, T),
    ) {
        if high.1 < low.1 {
            self.refuse(
                &place.key(low.0),
                format!("must not be greater than `{}`, but is {}, and that is {}", high.0, low.1, high.1),
            );
        }
    }

    /// The list has something in it.
    pub(super) fn filled<T>(&mut self, place: &Place, items: &[T], what: &str) {
        if items.is_empty() {
            self.refuse(place, format!("must name at least one {what}"));
        }
    }

    /// The list names nothing twice.
    pub(super) fn distinct<T: PartialEq + Serialize>(&mut self, place: &Place, items: &[T]) {
        for (index, item) in items.iter().enumerate().filter(|(index, it)| items[..*index].contains(it)) {
            let name = serde_json::to_string(item).unwrap_or_default();
            self.refuse(&place.at(index), format!("{name} is in this list already; name it once"));
        }
    }

    /// Every slug is the slug of one thing.
    pub(super) fn unique<'a>(&mut self, what: &str, slugs: impl Iterator<Item = (Place, &'a Slug)>) {
        let mut seen: HashMap<&Slug, Place> = HashMap::new();
        for (place, slug) in slugs {
            match seen.get(slug) {
                None => _ = seen.insert(slug, place),
                Some(first) => {
                    self.refuse(
                        &place,
                        format!("`{slug}` stands at {first} already; every {what} needs a slug of its own"),
                    );
                }
            }
        }
    }

    /// The slug is the name of something.
    pub(super) fn known(&mut self, place: &Place, slug: &Slug, names: &Known<'_>) {
        if !names.has(slug) {
            self.refuse(place, names.unknown(slug));
        }
    }

    /// Every slug of the list is the name of something, and none stands there twice.
    pub(super) fn all_known(&mut self, place: &Place, slugs: &[Slug], names: &Known<'_>) {
        for (place, slug) in place.each(slugs) {
            self.known(&place, slug, names);
        }
        self.distinct(place, slugs);
    }
}
