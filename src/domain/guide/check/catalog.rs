//! Areas, skills, stacks and courses.

use super::{
    super::{Course, Guide},
    names::Names,
    report::{Place, Report},
};

pub(super) fn check(guide: &Guide, names: &Names<'_>, report: &mut Report) {
    areas(guide, report);
    skill_groups(guide, names, report);
    stacks(guide, report);
    courses(guide, names, report);
}

fn areas(guide: &Guide, report: &mut Report) {
    let list = Place::root().key("areas");
    report.unique("area", list.slugs(&guide.areas, |it| &it.slug));
    for (place, area) in list.each(&guide.areas) {
        report.filled(&place.key("skills"), &area.skills, "skill");
    }
}

fn skill_groups(guide: &Guide, names: &Names<'_>, report: &mut Report) {
    let list = Place::root().key("skillGroups");
    report.unique("skill group", list.slugs(&guide.skill_groups, |it| &it.slug));
    for (place, group) in list.each(&guide.skill_groups) {
        report.filled(&place.key("skills"), &group.skills, "skill");
        report.all_known(&place.key("stacks"), &group.stacks, &names.stacks);
        if let Some(level) = &group.from_level {
            report.known(&place.key("fromLevel"), level, &names.levels);
        }
    }
}

fn stacks(guide: &Guide, report: &mut Report) {
    let list = Place::root().key("stacks");
    report.filled(&list, &guide.stacks, "stack");
    report.unique("stack", list.slugs(&guide.stacks, |it| &it.slug));
    for (place, stack) in list.each(&guide.stacks) {
        report.filled(&place.key("languages"), &stack.languages, "language");
        let dimensions: Vec<_> = stack.trade_offs.iter().map(|it| it.dimension).collect();
        report.distinct(&place.key("tradeOffs"), &dimensions);
    }
}

fn courses(guide: &Guide, names: &Names<'_>, report: &mut Report) {
    let list = Place::root().key("courses");
    report.unique("course", list.slugs(&guide.courses, |it| &it.slug));
    for (place, course) in list.each(&guide.courses) {
        rating(course, &place, report);
        report.all_known(&place.key("stacks"), &course.stacks, &names.stacks);
        report.all_known(&place.key("takeAfterCriteria"), &course.take_after_criteria, &names.criteria);
        report.all_known(&place.key("claims"), &course.claims, &names.criteria);
        claims(guide, course, &place.key("claims"), report);
    }
}

fn rating(course: &Course, place: &Place, report: &mut Report) {
    if course.rating < 0.0 {
        report.refuse(&place.key("rating"), format!("must not be less than 0, but is {}", course.rating));
    }
    let Some(scale) = course.rating_scale else { return };
    if scale <= 0.0 {
        report.refuse(&place.key("ratingScale"), format!("must be greater than 0, but is {scale}"));
    } else {
        report.ordered(place, ("rating", course.rating), ("ratingScale", scale));
    }
}

/// A claim on a criterion that applies to none of the course's stacks would never show.
fn claims(guide: &Guide, course: &Course, place: &Place, report: &mut Report) {
    for (place, slug) in place.each(&course.claims) {
        let Some(criterion) = guide.criterion(slug.as_str()) else { continue };
        if !course.stacks.is_empty() && !course.stacks.iter().any(|it| criterion.applies.to(Some(it))) {
            report.refuse(&place, format!("`{slug}` applies to none of the stacks of this course; claim another one, or widen `stacks`"));
        }
    }
}
