//! What the check says of broken documents: where, what, and what would be right.

use expect_test::expect;

use super::{BACKEND_2026, check, check_with, each_refused, refused};

#[test]
fn references_that_lead_nowhere() {
    refused(
        &[
            (r#""stacks": ["dotnet"]"#, r#""stacks": ["dot-net"]"#),
            (r#""claims": ["language.async"]"#, r#""claims": ["language.asynch"]"#),
            (r#"["language.primary-stack", "#, r#"["language.primary", "#),
            (r#"{ "only": ["nodejs"] }"#, r#"{ "only": ["nodjs", "nodejs", "nodejs"] }"#),
            (r#""stacks": ["go", "java"]"#, r#""stacks": ["go", "cobol"]"#),
            (
                r#""fromLevel": "mid",
      "citation""#,
                r#""fromLevel": "middle",
      "citation""#,
            ),
            (r#""milestone": "deployment""#, r#""milestone": "deploymnet""#),
            (r#""alreadyInBandOf": ["junior"]"#, r#""alreadyInBandOf": ["juniors"]"#),
        ],
        &expect![[r#"
            courses[0].takeAfterCriteria[0]: there is no criterion `language.primary`; did you mean `language.primary-stack`?
            courses[1].stacks[0]: there is no stack `dot-net`; did you mean `dotnet`?
            courses[3].claims[0]: there is no criterion `language.asynch`; did you mean `language.async`?
            milestones[0].criteria[3].applies.only[0]: there is no stack `nodjs`; did you mean `nodejs`?
            milestones[0].criteria[3].applies.only[2]: "nodejs" is in this list already; name it once
            payModifiers[0].alreadyInBandOf[0]: there is no level `juniors`; did you mean `junior`?
            hiringCriteria[0].fromLevel: there is no level `middle`; known are `junior`, `mid`, `senior`, `staff`
            advice[1].stacks[1]: there is no stack `cobol`; known are `nodejs`, `python`, `java`, `dotnet`, `go`, `rust`
            warnings.gap.milestone: there is no milestone `deploymnet`; did you mean `deployment`?
        "#]],
    );
}

#[test]
fn slugs_that_are_taken() {
    refused(
        &[
            (r#""slug": "python""#, r#""slug": "nodejs""#),
            (r#""slug": "sql.indexes""#, r#""slug": "sql.query-plans""#),
            (r#""slug": "how-long""#, r#""slug": "what-is-back-end""#),
        ],
        &expect![[r#"
            stacks[1].slug: `nodejs` stands at stacks[0].slug already; every stack needs a slug of its own
            milestones[1].criteria[2].slug: `sql.query-plans` stands at milestones[1].criteria[1].slug already; every criterion needs a slug of its own
            advice[0].stacks[1]: there is no stack `python`; known are `nodejs`, `java`, `dotnet`, `go`, `rust`
            advice[3].stacks[1]: there is no stack `python`; known are `nodejs`, `java`, `dotnet`, `go`, `rust`
            advice[4].stacks[0]: there is no stack `python`; known are `nodejs`, `java`, `dotnet`, `go`, `rust`
            faq[1].slug: `what-is-back-end` stands at faq[0].slug already; every question needs a slug of its own
        "#]],
    );
}

#[test]
fn a_criterion_of_another_milestone() {
    let slug = r#""slug": "sql.indexes""#;
    each_refused(
        &[(slug, r#""slug": "indexes""#), (slug, r#""slug": "sqlite.indexes""#)],
        &expect![[r#"
        milestones[1].criteria[1].slug: must begin with its milestone, as in `sql.indexes`, but is `indexes`
        milestones[1].criteria[1].slug: must begin with its milestone, as in `sql.indexes`, but is `sqlite.indexes`
    "#]],
    );
}

#[test]
fn a_milestone_that_asks_for_nothing() {
    let added = r#""milestones": [
        {
          "slug": "fame", "title": "Fame", "summary": "Known everywhere.", "order": 0, "criteria": [],
          "citation": { "section": "None", "paraphrase": "An addition of our own." }
        },"#;
    refused(
        &[(r#""milestones": ["#, added)],
        &expect![[r#"
        milestones[0].order: must be from 1 to 1000, but is 0
        milestones[0].criteria: must hold at least one criterion with `necessity` MUST, or everybody has met this milestone from the start
    "#]],
    );
}

#[test]
fn a_milestone_that_asks_some_learners_for_nothing() {
    let added = |applies: &str| {
        let criterion = r#"{ "slug": "fame.talk", "title": "A talk", "question": "Was it given?", "necessity": "MUST",
              "applies": APPLIES, "doneWhen": "stackChosen", "advice": "Give it.",
              "citation": { "section": "None", "paraphrase": "An addition of our own." } }"#;
        let milestone = r#""milestones": [
        {
          "slug": "fame", "title": "Fame", "summary": "Known everywhere.", "order": 9, "criteria": [CRITERION],
          "citation": { "section": "None", "paraphrase": "An addition of our own." }
        },"#;
        milestone.replace("CRITERION", criterion).replace("APPLIES", applies)
    };
    each_refused(
        &[
            (r#""milestones": ["#, &added(r#"{ "only": ["nodejs"] }"#)),
            (r#""milestones": ["#, &added(r#"{ "except": ["go"] }"#)),
        ],
        &expect![[r#"
            milestones[0].criteria: must hold at least one criterion with `necessity` MUST that applies to `python`, `java`, `dotnet`, `go`, `rust`, learners without a stack, or this milestone is met there from the start
            milestones[0].criteria: must hold at least one criterion with `necessity` MUST that applies to `go`, or this milestone is met there from the start
        "#]],
    );
}

#[test]
fn rules_that_cannot_be_meant() {
    refused(
        &[
            (r#"{ "kinds": ["QUERY_PLAN"] }"#, r#"{ "kinds": [], "minWords": 0, "validDays": 0 }"#),
            (r#""kinds": ["WRITE_UP", "LINK"]"#, r#""kinds": ["LINK", "LINK"], "minWords": 50"#),
            (r#"{ "count": 3, "#, r#"{ "count": 0, "#),
            (r#""each": 3, "once": 1"#, r#""each": 1, "once": 3"#),
            (r#""liveWithinDays": 30"#, r#""liveWithinDays": 0"#),
            (r#""bonus": ["TRACING"]"#, r#""bonus": ["TRACING", "METRICS"]"#),
            (
                r#"{ "covered": ["API", "AUTHENTICATION", "DATABASE"] }"#,
                r#"{ "all": [{ "covered": [] }, { "any": [] }] }"#,
            ),
            (r#"{ "except": ["go", "rust"] }"#, r#"{ "except": [] }"#),
        ],
        &expect![[r#"
            milestones[0].criteria[2].applies.except: must name at least one stack; for every stack leave `applies` out
            milestones[1].criteria[1].doneWhen.evidence.kinds[1]: "LINK" is in this list already; name it once
            milestones[1].criteria[1].doneWhen.evidence.minWords: counts the words of a write-up; add WRITE_UP to `kinds`, or take this out
            milestones[1].criteria[2].doneWhen.evidence.kinds: must name at least one kind of evidence
            milestones[1].criteria[2].doneWhen.evidence.minWords: must be from 1 to 10000 words, but is 0
            milestones[1].criteria[2].doneWhen.evidence.minWords: counts the words of a write-up; add WRITE_UP to `kinds`, or take this out
            milestones[1].criteria[2].doneWhen.evidence.validDays: must be from 1 to 3650 days, but is 0
            milestones[2].criteria[4].doneWhen.projects.bonus[1]: `aspects` asks for this already; a bonus is what is not asked for
            milestones[3].criteria[0].doneWhen.projects.count: must be from 1 to 100 projects, but is 0
            milestones[3].criteria[1].doneWhen.projects.count.once: must not be greater than `each`, but is 3, and that is 1
            milestones[3].criteria[3].doneWhen.projects.liveWithinDays: must be from 1 to 3650 days, but is 0
            milestones[3].criteria[4].doneWhen.all[0].covered: must name at least one aspect
            milestones[3].criteria[4].doneWhen.all[1].any: must name at least one rule
        "#]],
    );
}

#[test]
fn figures_out_of_range() {
    refused(
        &[
            (r#""revision": 1"#, r#""revision": 0"#),
            (r#""rating": 9.6"#, r#""rating": 9.6, "ratingScale": 5"#),
            (r#""rating": 8.7"#, r#""rating": -8.7"#),
            (r#""yearsTo": 2"#, r#""yearsTo": 200"#),
            (r#""yearsFrom": 2"#, r#""yearsFrom": 6"#),
            (
                r#"{ "low": 70000, "high": 95000, "currency": "USD" }"#,
                r#"{ "low": 95000, "high": 70000, "currency": "usd" }"#,
            ),
            (
                r#"{ "low": 180000, "high": 260000, "currency": "USD" }"#,
                r#"{ "low": 18000, "currency": "USD" }"#,
            ),
            (r#""withinDays": 30"#, r#""withinDays": 0"#),
            (r#""monthsTo": 12"#, r#""monthsTo": 3"#),
        ],
        &expect![[r#"
            revision: must be from 1 to 1000000, but is 0
            courses[0].rating: must not be greater than `ratingScale`, but is 9.6, and that is 5
            courses[1].rating: must not be less than 0, but is -8.7
            levels[0].yearsTo: must be from 0 to 70 years, but is 200
            levels[0].base.low: must not be greater than `high`, but is 95000, and that is 70000
            levels[0].base.currency: must be three capital letters such as `USD`, but is `usd`
            levels[1].yearsFrom: must not be greater than `yearsTo`, but is 6, and that is 5
            levels[2].total.low: must not be less than the base pay of 140000, but is 18000
            warnings.gap.withinDays: must be from 1 to 3650 days, but is 0
            forecast.monthsFrom: must not be greater than `monthsTo`, but is 6, and that is 3
        "#]],
    );
}

#[test]
fn percents_that_do_not_fit() {
    refused(
        &[
            (r#""lowPercent": 25"#, r#""lowPercent": -25"#),
            (r#""highPercent": 15"#, r#""highPercent": 5"#),
            (r#""highPercent": 25,"#, ""),
        ],
        &expect![[r#"
            payModifiers[0].direction: does not fit -25 to 40 percent: with this direction they must be greater than 0
            payModifiers[1].lowPercent: must not be greater than `highPercent`, but is 10, and that is 5
            payModifiers[3].highPercent: is missing beside `lowPercent`; give both, or only the direction
        "#]],
    );
}

#[test]
fn a_criterion_for_nobody() {
    let all = r#"{ "except": ["nodejs", "python", "java", "dotnet", "go", "rust"] }"#;
    refused(
        &[(r#"{ "except": ["go", "rust"] }"#, all)],
        &expect![[r#"
        courses[1].claims[1]: `language.framework` applies to none of the stacks of this course; claim another one, or widen `stacks`
        milestones[0].criteria[2].applies.except: leaves no stack that it applies to; take the criterion out, or a stack from this list
    "#]],
    );
}

#[test]
fn a_claim_that_would_never_show() {
    refused(
        &[(r#""claims": ["language.real-project", "#, r#""claims": ["language.async", "#)],
        &expect![[r#"
            courses[1].claims[0]: `language.async` applies to none of the stacks of this course; claim another one, or widen `stacks`
        "#]],
    );
}

#[test]
fn empty_texts() {
    refused(
        &[
            (r#""title": "One stack chosen""#, r#""title": """#),
            (r#""name": "GraphQL""#, r#""name": " GraphQL""#),
            (r#""name": "REST""#, r#""name": "RE\tST""#),
        ],
        &expect![[r#"
            areas[0].skills[0].name: must be one line, without tabs and other control characters
            areas[0].skills[1].name: must not begin or end with white space
            milestones[0].criteria[0].title: must not be empty
        "#]],
    );
}

#[test]
fn no_text_makes_it_panic() {
    let ends = (0..BACKEND_2026.len()).step_by(997).filter(|it| BACKEND_2026.is_char_boundary(*it));
    assert!(ends.map(|it| check(&BACKEND_2026[..it])).all(|it| it.is_err()));
    for text in ["", "null", "[]", "{}", "\u{feff}{}", &"[".repeat(100_000), &r#"{"a":"#.repeat(100_000)] {
        assert!(check(text).is_err());
    }
    let nested = r#"{ "any": ["#.repeat(50_000);
    assert!(check_with(&[(r#""stackChosen""#, &nested)]).is_err());
}
