//! The names that a document may refer to, and which of them a misspelled one may have meant.

use super::super::Guide;
use crate::domain::slug::Slug;

/// The names of a document, by what they name.
pub(super) struct Names<'a> {
    pub(super) stacks: Known<'a>,
    pub(super) milestones: Known<'a>,
    pub(super) criteria: Known<'a>,
    pub(super) levels: Known<'a>,
}

impl<'a> Names<'a> {
    pub(super) fn of(guide: &'a Guide) -> Self {
        Self {
            stacks: Known::new("stack", guide.stacks.iter().map(|it| &it.slug)),
            milestones: Known::new("milestone", guide.milestones.iter().map(|it| &it.slug)),
            criteria: Known::new("criterion", guide.criteria().map(|it| &it.slug)),
            levels: Known::new("level", guide.levels.iter().map(|it| &it.slug)),
        }
    }
}

/// The names of all things of one kind.
pub(super) struct Known<'a> {
    what: &'static str,
    slugs: Vec<&'a Slug>,
}

impl<'a> Known<'a> {
    fn new(what: &'static str, slugs: impl Iterator<Item = &'a Slug>) -> Self {
        let mut distinct: Vec<&Slug> = vec![];
        for slug in slugs {
            if !distinct.contains(&slug) {
                distinct.push(slug);
            }
        }
        Self { what, slugs: distinct }
    }

    pub(super) fn has(&self, slug: &Slug) -> bool {
        self.slugs.contains(&slug)
    }

    pub(super) fn all_in(&self, slugs: &[Slug]) -> bool {
        self.slugs.iter().all(|it| slugs.contains(it))
    }

    /// Says that there is no such thing, and what may have been meant.
    pub(super) fn unknown(&self, slug: &Slug) -> String {
        let known: Vec<_> = self.slugs.iter().map(|it| it.as_str()).collect();
        format!("there is no {} `{slug}`; {}", self.what, hint(slug.as_str(), &known))
    }
}

/// The name that may have been meant; all of them where none is near.
pub(super) fn hint(word: &str, known: &[&str]) -> String {
    const MOST: usize = 12;
    if let Some(name) = nearest(word, known) {
        return format!("did you mean `{name}`?");
    }
    let listed: Vec<_> = known.iter().take(MOST).map(|it| format!("`{it}`")).collect();
    match known.len() {
        0 => "there is nothing to choose from".to_owned(),
        it if it <= MOST => format!("known are {}", listed.join(", ")),
        it => format!("known are {} and {} more", listed.join(", "), it - MOST),
    }
}

/// Of the names that are near the word, the one that differs least.
fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let word = word.to_lowercase();
    let near = known.iter().filter_map(|name| {
        let other = name.to_lowercase();
        let (shorter, longer) = (word.len().min(other.len()), word.len().max(other.len()));
        let is_most = 2 * longer <= 3 * shorter;
        let begins_alike = is_most && (word.starts_with(&other) || other.starts_with(&word));
        let distance = distance(&word, &other);
        (begins_alike || distance <= (word.len() / 3).max(1)).then_some((distance, *name))
    });
    near.min().map(|it| it.1)
}

/// How many letters must be changed, added or taken away to get from one word to the other.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, b) in other.chars().enumerate() {
            let changed = corner + usize::from(a != b);
            corner = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(corner + 1);
        }
    }
    row[other.chars().count()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (one, other, expected) in
            [("", "", 0), ("go", "", 2), ("", "go", 2), ("nodjs", "nodejs", 1), ("kitten", "sitting", 3)]
        {
            assert_eq!(distance(one, other), expected, "{one} {other}");
        }
    }

    #[test]
    fn only_a_near_name_is_suggested() {
        let known = ["nodejs", "python", "java", "dotnet", "go", "rust"];
        assert_eq!(hint("node-js", &known), "did you mean `nodejs`?");
        assert_eq!(hint("Java", &known), "did you mean `java`?");
        assert_eq!(hint("javascript", &known[..3]), "known are `nodejs`, `python`, `java`");
        assert_eq!(hint("cobol", &known[..2]), "known are `nodejs`, `python`");
    }
}
