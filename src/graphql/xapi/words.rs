//! The words that statements are made of, and what they mean here.

use url::Url;

/// Each verb's IRI begins with it.
pub(super) const VERBS: &str = "http://adlnet.gov/expapi/verbs/";
/// The type of an activity that is a course.
pub(super) const COURSE_TYPE: &str = "http://adlnet.gov/expapi/activities/course";
/// An activity that is a course: this, and then its slug.
const COURSE: &str = "urn:milepost:course:";
/// How far a course is, as cmi5 has it: an integer from 0 to 100.
pub(super) const PROGRESS: &str = "https://w3id.org/xapi/cmi5/result/extensions/progress";
/// Where the certificate of a completed course can be seen.
pub(super) const CERTIFICATE: &str = "urn:milepost:extension:certificate-url";
/// Which version of the learner's events a statement tells of.
pub(super) const VERSION: &str = "urn:milepost:extension:version";
/// The home of accounts whose names are external ids; so are those of any other home but the next.
pub(super) const EXTERNAL_IDS: &str = "http://milepost.localhost/external-ids";
/// The home of accounts whose names are the ids of learners here.
pub(super) const IDS: &str = "http://milepost.localhost/ids";

/// What happened to a course.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Experienced,
    Progressed,
    Completed,
    Passed,
}

impl Verb {
    const ALL: [Self; 4] = [Self::Experienced, Self::Progressed, Self::Completed, Self::Passed];

    pub(super) fn parse(iri: &str) -> Option<Self> {
        let name = iri.strip_prefix(VERBS)?;
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Experienced => "experienced",
            Self::Progressed => "progressed",
            Self::Completed => "completed",
            Self::Passed => "passed",
        }
    }

    /// Whether the course is done then.
    pub(super) fn completes(self) -> bool {
        matches!(self, Self::Completed | Self::Passed)
    }
}

/// The IRI of a course.
pub(super) fn course_iri(slug: &str) -> String {
    format!("{COURSE}{slug}")
}

/// The slug in the IRI of a course: ours, or an address of the web that ends in `/courses/` and the slug.
pub(super) fn course_of(iri: &str) -> Option<String> {
    if let Some(slug) = iri.strip_prefix(COURSE) {
        return Some(slug.to_owned());
    }
    let url = Url::parse(iri).ok().filter(|it| matches!(it.scheme(), "http" | "https"))?;
    let (before, slug) = url.path().rsplit_once('/')?;
    let is_bare = url.query().is_none() && url.fragment().is_none();
    (is_bare && before.ends_with("/courses") && !slug.is_empty()).then(|| slug.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn courses_are_found_in_their_iris() {
        for iri in
            ["urn:milepost:course:git", "https://a.example/courses/git", "http://[::1]:8/x/y/courses/git"]
        {
            assert_eq!(course_of(iri).as_deref(), Some("git"), "{iri}");
        }
        assert_eq!(course_of(&course_iri("sql.plans")).as_deref(), Some("sql.plans"));
        for iri in [
            "",
            "git",
            "ftp://a.example/courses/git",
            "https://a.example/git",
            "https://a.example/courses/",
            "https://a.example/mycourses/git",
            "https://a.example/courses/git?x=1",
            "https://a.example/courses/git#x",
            "urn:other:course:git",
        ] {
            assert_eq!(course_of(iri), None, "{iri}");
        }
    }
}
