//! Holds a guide document to its own promises.
//!
//! First the document must have the right form ([`read`]); serde stops at the first thing that has
//! not. Then whatever a form cannot say is examined, and everything found is reported at once.

mod catalog;
mod market;
mod milestones;
mod names;
mod read;
mod report;
mod rules;
mod texts;

use std::fmt;

use self::{
    names::Names,
    report::{Place, Report},
};
use super::Guide;

/// What is wrong with a guide document, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuideError {
    /// The place in the document, such as `milestones[1].criteria[2].doneWhen.evidence.kinds`.
    pub place: String,
    /// What is wrong there, and what would be right.
    pub message: String,
}

impl fmt::Display for GuideError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl std::error::Error for GuideError {}

/// Reads a guide document, or says everything that is wrong with it.
pub fn check(text: &str) -> Result<Guide, Vec<GuideError>> {
    let (document, guide) = read::read(text).map_err(|it| vec![it])?;
    let mut report = Report::default();
    texts::check(&document, &Place::root(), &mut report);
    examine(&guide, &mut report);
    let errors = report.into_errors();
    if errors.is_empty() { Ok(guide) } else { Err(errors) }
}

/// The JSON Schema of a guide document, for editors. [`check`] asks for more than a schema can say.
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(Guide).to_value()
}

fn examine(guide: &Guide, report: &mut Report) {
    let root = Place::root();
    let names = Names::of(guide);
    report.within(&root.key("revision"), guide.revision, 1..=1_000_000, "");
    catalog::check(guide, &names, report);
    milestones::check(guide, &names, report);
    market::check(guide, &names, report);
    report.unique("question", root.key("faq").slugs(&guide.faq, |it| &it.slug));
    warnings(guide, &names, report);
    forecast(guide, report);
    report.unique("fact", root.key("facts").slugs(&guide.facts, |it| &it.slug));
}

fn warnings(guide: &Guide, names: &Names<'_>, report: &mut Report) {
    let (gap, review_soon) = (&guide.warnings.gap, &guide.warnings.review_soon);
    let place = Place::root().key("warnings");
    report.known(&place.key("gap").key("milestone"), &gap.milestone, &names.milestones);
    report.within(&place.key("gap").key("withinDays"), gap.within_days, 1..=3650, " days");
    report.within(&place.key("reviewSoon").key("withinDays"), review_soon.within_days, 1..=3650, " days");
}

fn forecast(guide: &Guide, report: &mut Report) {
    let (from, to) = (guide.forecast.months_from, guide.forecast.months_to);
    let place = Place::root().key("forecast");
    report.within(&place.key("monthsFrom"), from, 1..=600, " months");
    report.within(&place.key("monthsTo"), to, 1..=600, " months");
    report.ordered(&place, ("monthsFrom", from), ("monthsTo", to));
}
