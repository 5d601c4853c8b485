//! The rules of criteria.

use super::{
    super::{Count, EvidenceKind, EvidenceRule, ProjectRule, Rule},
    report::{Place, Report},
};

const MOST_PROJECTS: u32 = 100;

pub(super) fn check(rule: &Rule, place: &Place, report: &mut Report) {
    match rule {
        Rule::StackChosen => {}
        Rule::Projects(rule) => projects(rule, &place.key("projects"), report),
        Rule::Covered(aspects) => {
            report.filled(&place.key("covered"), aspects, "aspect");
            report.distinct(&place.key("covered"), aspects);
        }
        Rule::Evidence(rule) => evidence(rule, &place.key("evidence"), report),
        Rule::Any(rules) => several(rules, &place.key("any"), report),
        Rule::All(rules) => several(rules, &place.key("all"), report),
    }
}

fn several(rules: &[Rule], place: &Place, report: &mut Report) {
    report.filled(place, rules, "rule");
    for (place, rule) in place.each(rules) {
        check(rule, &place, report);
    }
}

fn projects(rule: &ProjectRule, place: &Place, report: &mut Report) {
    count(&rule.count, &place.key("count"), report);
    if let Some(days) = rule.live_within_days {
        report.within(&place.key("liveWithinDays"), days, 1..=3650, " days");
    }
    report.distinct(&place.key("aspects"), &rule.aspects);
    report.distinct(&place.key("bonus"), &rule.bonus);
    for (place, _) in place.key("bonus").each(&rule.bonus).filter(|(_, it)| rule.aspects.contains(it)) {
        report.refuse(&place, "`aspects` asks for this already; a bonus is what is not asked for");
    }
}

fn count(count: &Count, place: &Place, report: &mut Report) {
    match count {
        Count::Fixed(number) => report.within(place, *number, 1..=MOST_PROJECTS, " projects"),
        Count::ByReading(it) => {
            report.within(&place.key("each"), it.each, 1..=MOST_PROJECTS, " projects");
            report.within(&place.key("once"), it.once, 1..=MOST_PROJECTS, " projects");
            report.ordered(place, ("once", it.once), ("each", it.each));
        }
    }
}

fn evidence(rule: &EvidenceRule, place: &Place, report: &mut Report) {
    let kinds = &rule.kinds;
    report.filled(&place.key("kinds"), kinds, "kind of evidence");
    report.distinct(&place.key("kinds"), kinds);
    if let Some(words) = rule.min_words {
        report.within(&place.key("minWords"), words, 1..=10_000, " words");
        if !kinds.contains(&EvidenceKind::WriteUp) {
            report.refuse(
                &place.key("minWords"),
                "counts the words of a write-up; add WRITE_UP to `kinds`, or take this out",
            );
        }
    }
    if let Some(days) = rule.valid_days {
        report.within(&place.key("validDays"), days, 1..=3650, " days");
    }
}
