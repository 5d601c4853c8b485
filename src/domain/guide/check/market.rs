//! Levels, pay, hiring criteria and advice.

use super::{
    super::{Direction, Guide, Level, MoneyRange, PayModifier},
    names::Names,
    report::{Place, Report},
};

pub(super) fn check(guide: &Guide, names: &Names<'_>, report: &mut Report) {
    levels(guide, report);
    pay_modifiers(guide, names, report);
    hiring_criteria(guide, names, report);
    for (place, advice) in Place::root().key("advice").each(&guide.advice) {
        report.filled(&place.key("stacks"), &advice.stacks, "stack");
        report.all_known(&place.key("stacks"), &advice.stacks, &names.stacks);
    }
}

fn levels(guide: &Guide, report: &mut Report) {
    let list = Place::root().key("levels");
    report.filled(&list, &guide.levels, "level");
    report.unique("level", list.slugs(&guide.levels, |it| &it.slug));
    for (place, level) in list.each(&guide.levels) {
        years(level, &place, report);
        money(&level.base, &place.key("base"), report);
        total(level, &place, report);
        if let Some(spread) = &level.stack_spread {
            money(spread, &place.key("stackSpread"), report);
        }
    }
}

fn years(level: &Level, place: &Place, report: &mut Report) {
    match (level.years_from, level.years_to) {
        (Some(from), Some(to)) => report.ordered(place, ("yearsFrom", from), ("yearsTo", to)),
        (None, Some(_)) => report.refuse(&place.key("yearsTo"), "needs `yearsFrom` beside it"),
        (_, None) => {}
    }
    for (key, years) in [("yearsFrom", level.years_from), ("yearsTo", level.years_to)] {
        report.within(&place.key(key), years.unwrap_or(0), 0..=70, " years");
    }
}

fn total(level: &Level, place: &Place, report: &mut Report) {
    let Some(total) = &level.total else {
        if level.total_condition.is_some() {
            report.refuse(&place.key("totalCondition"), "says when a total holds, but there is no `total`");
        }
        return;
    };
    money(total, &place.key("total"), report);
    if total.low < level.base.low {
        let message =
            format!("must not be less than the base pay of {}, but is {}", level.base.low, total.low);
        report.refuse(&place.key("total").key("low"), message);
    }
}

fn money(range: &MoneyRange, place: &Place, report: &mut Report) {
    // GraphQL's Int ends there.
    let most = i32::MAX.unsigned_abs();
    report.within(&place.key("low"), range.low, 1..=most, "");
    if let Some(high) = range.high {
        report.within(&place.key("high"), high, 1..=most, "");
        report.ordered(place, ("low", range.low), ("high", high));
    }
    let currency = &range.currency;
    if currency.len() != 3 || !currency.bytes().all(|it| it.is_ascii_uppercase()) {
        report.refuse(
            &place.key("currency"),
            format!("must be three capital letters such as `USD`, but is `{currency}`"),
        );
    }
}

fn pay_modifiers(guide: &Guide, names: &Names<'_>, report: &mut Report) {
    let list = Place::root().key("payModifiers");
    report.unique("pay modifier", list.slugs(&guide.pay_modifiers, |it| &it.slug));
    for (place, modifier) in list.each(&guide.pay_modifiers) {
        percents(modifier, &place, report);
        report.all_known(&place.key("alreadyInBandOf"), &modifier.already_in_band_of, &names.levels);
    }
}

fn percents(modifier: &PayModifier, place: &Place, report: &mut Report) {
    let (low, high) = match (modifier.low_percent, modifier.high_percent) {
        (Some(low), Some(high)) => (low, high),
        (None, None) => return,
        (Some(_), None) => {
            return report.refuse(
                &place.key("highPercent"),
                "is missing beside `lowPercent`; give both, or only the direction",
            );
        }
        (None, Some(_)) => {
            return report.refuse(
                &place.key("lowPercent"),
                "is missing beside `highPercent`; give both, or only the direction",
            );
        }
    };
    report.ordered(place, ("lowPercent", low), ("highPercent", high));
    let (fits, right) = match modifier.direction {
        Direction::Higher => (0 < low && 0 < high, "greater than 0"),
        Direction::Lower => (low < 0 && high < 0, "less than 0"),
        Direction::Average => (low <= 0 && 0 <= high, "on both sides of 0"),
    };
    if !fits {
        let message =
            format!("does not fit {low} to {high} percent: with this direction they must be {right}");
        report.refuse(&place.key("direction"), message);
    }
    for (key, percent) in [("lowPercent", low), ("highPercent", high)] {
        if !(-100..=1000).contains(&percent) {
            report.refuse(&place.key(key), format!("must be from -100 to 1000 percent, but is {percent}"));
        }
    }
}

fn hiring_criteria(guide: &Guide, names: &Names<'_>, report: &mut Report) {
    let list = Place::root().key("hiringCriteria");
    report.unique("hiring criterion", list.slugs(&guide.hiring_criteria, |it| &it.slug));
    for (place, criterion) in list.each(&guide.hiring_criteria) {
        if let Some(level) = &criterion.from_level {
            report.known(&place.key("fromLevel"), level, &names.levels);
        }
    }
}
