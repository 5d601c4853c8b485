//! Milestones and their criteria.

use super::{
    super::{Applies, Criterion, Guide, Milestone, Necessity},
    names::Names,
    report::{Place, Report},
    rules,
};
use crate::domain::slug::Slug;

pub(super) fn check(guide: &Guide, names: &Names<'_>, report: &mut Report) {
    let list = Place::root().key("milestones");
    report.filled(&list, &guide.milestones, "milestone");
    report.unique("milestone", list.slugs(&guide.milestones, |it| &it.slug));
    let criteria = |(place, it): (Place, _)| {
        let milestone: &Milestone = it;
        place.key("criteria").slugs(&milestone.criteria, |it| &it.slug).collect::<Vec<_>>()
    };
    report.unique("criterion", list.each(&guide.milestones).flat_map(criteria));
    for (place, milestone) in list.each(&guide.milestones) {
        check_milestone(guide, milestone, &place, report);
        for (place, criterion) in place.key("criteria").each(&milestone.criteria) {
            slug(milestone, criterion, &place.key("slug"), report);
            applies(&criterion.applies, names, &place.key("applies"), report);
            rules::check(&criterion.done_when, &place.key("doneWhen"), report);
        }
    }
}

fn check_milestone(guide: &Guide, milestone: &Milestone, place: &Place, report: &mut Report) {
    report.within(&place.key("order"), milestone.order, 1..=1000, "");
    let musts: Vec<_> =
        milestone.criteria.iter().filter(|it| guide.necessity(it) == Necessity::Must).collect();
    if musts.is_empty() {
        return report.refuse(
            &place.key("criteria"),
            "must hold at least one criterion with `necessity` MUST, or everybody has met this milestone from the start",
        );
    }
    let stacks = guide.stacks.iter().map(|it| Some(&it.slug)).chain([None]);
    let without: Vec<_> = stacks.filter(|stack| !musts.iter().any(|it| it.applies.to(*stack))).collect();
    if !without.is_empty() {
        let name =
            |it: Option<&Slug>| it.map_or("learners without a stack".to_owned(), |it| format!("`{it}`"));
        let names: Vec<_> = without.into_iter().map(name).collect();
        let message = format!(
            "must hold at least one criterion with `necessity` MUST that applies to {}, or this milestone is met there from the start",
            names.join(", ")
        );
        report.refuse(&place.key("criteria"), message);
    }
}

fn slug(milestone: &Milestone, criterion: &Criterion, place: &Place, report: &mut Report) {
    let rest =
        criterion.slug.as_str().strip_prefix(milestone.slug.as_str()).and_then(|it| it.strip_prefix('.'));
    if rest.is_none_or(str::is_empty) {
        let own = criterion.slug.as_str().rsplit('.').find(|it| !it.is_empty()).unwrap_or("name");
        report.refuse(
            place,
            format!(
                "must begin with its milestone, as in `{}.{own}`, but is `{}`",
                milestone.slug, criterion.slug
            ),
        );
    }
}

fn applies(applies: &Applies, names: &Names<'_>, place: &Place, report: &mut Report) {
    let (place, stacks) = match applies {
        Applies::Everywhere => return,
        Applies::Only(stacks) => (place.key("only"), stacks),
        Applies::Except(stacks) => (place.key("except"), stacks),
    };
    report.filled(&place, stacks, "stack; for every stack leave `applies` out");
    report.all_known(&place, stacks, &names.stacks);
    if matches!(applies, Applies::Except(_)) && names.stacks.all_in(stacks) {
        report.refuse(
            &place,
            "leaves no stack that it applies to; take the criterion out, or a stack from this list",
        );
    }
}
