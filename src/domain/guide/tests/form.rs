//! What the check says of documents that have not the right form.

use expect_test::expect;

use super::each_refused;

#[test]
fn no_json() {
    each_refused(
        &[(r#""revision": 1,"#, r#""revision": 1"#), ("{", "")],
        &expect![[r#"
        line 6, column 3: this is not JSON: expected `,` or `}`
        line 2, column 12: this is not JSON: trailing characters
    "#]],
    );
}

#[test]
fn an_unknown_field() {
    each_refused(
        &[
            (r#""revision": 1"#, r#""revisoin": 1"#),
            (r#""revision": 1"#, r#""edition": 1"#),
            (r#""kinds": ["QUERY_PLAN"]"#, r#""kind": ["QUERY_PLAN"]"#),
        ],
        &expect![[r#"
            revisoin: there is no such field; did you mean `revision`? (line 5, column 12)
            edition: there is no such field; known are `$schema`, `slug`, `title`, `revision`, `asOf`, `source`, `policy`, `areas`, `skillGroups`, `stacks`, `courses`, `milestones` and 8 more (line 5, column 11)
            milestones[1].criteria[2].doneWhen.evidence.kind: there is no such field; did you mean `kinds`? (line 680, column 44)
        "#]],
    );
}

#[test]
fn a_field_that_is_missing_or_stands_twice() {
    each_refused(
        &[
            (r#""revision": 1,"#, ""),
            (r#"{ "kinds": ["QUERY_PLAN"] }"#, "{}"),
            (r#""order": 1,"#, r#""order": 1, "order": 2,"#),
        ],
        &expect![[r#"
            revision: this field is missing (line 1510, column 1)
            milestones[1].criteria[2].doneWhen.evidence.kinds: this field is missing (line 680, column 38)
            milestones[0].order: this field stands here twice (line 564, column 25)
        "#]],
    );
}

#[test]
fn an_unknown_kind_of_evidence() {
    let kinds = r#"["QUERY_PLAN"]"#;
    each_refused(
        &[(kinds, r#"["QUERYPLAN"]"#), (kinds, r#"["CERTIFICATE"]"#)],
        &expect![[r#"
        milestones[1].criteria[2].doneWhen.evidence.kinds[0]: `QUERYPLAN` is not known here; did you mean `QUERY_PLAN`? (line 680, column 59)
        milestones[1].criteria[2].doneWhen.evidence.kinds[0]: `CERTIFICATE` is not known here; known are `REPOSITORY`, `LINK`, `WRITE_UP`, `QUERY_PLAN`, `CI_RUN`, `IMAGE`, `RECORDING` (line 680, column 61)
    "#]],
    );
}

#[test]
fn an_unknown_kind_of_rule() {
    let rule = r#""doneWhen": "stackChosen""#;
    each_refused(
        &[
            (rule, r#""doneWhen": "stackChose""#),
            (rule, r#""doneWhen": "evidence""#),
            (rule, r#""doneWhen": { "stackChosen": true }"#),
            (rule, r#""doneWhen": { "any": [], "all": [] }"#),
            (rule, r#""doneWhen": {}"#),
            (rule, r#""doneWhen": { "any": [{}] }"#),
            (rule, r#""doneWhen": "always""#),
        ],
        &expect![[r#"
            milestones[0].criteria[0].doneWhen: `stackChose` is not known here; did you mean `stackChosen`? (line 571, column 34)
            milestones[0].criteria[0].doneWhen.evidence: must be an object with this name as its key, but is a name alone (line 571, column 32)
            milestones[0].criteria[0].doneWhen.stackChosen: must be a name in quotes, without a value, but is true (line 571, column 43)
            milestones[0].criteria[0].doneWhen: must be the name "stackChosen", or an object with exactly one of the keys `projects`, `covered`, `evidence`, `any`, `all` (line 571, column 33)
            milestones[0].criteria[0].doneWhen: must be the name "stackChosen", or an object with exactly one of the keys `projects`, `covered`, `evidence`, `any`, `all` (line 571, column 24)
            milestones[0].criteria[0].doneWhen.any[0]: must be the name "stackChosen", or an object with exactly one of the keys `projects`, `covered`, `evidence`, `any`, `all` (line 571, column 34)
            milestones[0].criteria[0].doneWhen: `always` is not known here; known are `stackChosen`, `projects`, `covered`, `evidence`, `any`, `all` (line 571, column 30)
        "#]],
    );
}

#[test]
fn a_choice_of_stacks_that_is_none() {
    let applies = r#""applies": { "only": ["nodejs"] }"#;
    each_refused(
        &[
            (applies, r#""applies": ["nodejs"]"#),
            (applies, r#""applies": {}"#),
            (applies, r#""applies": { "only": ["nodejs"], "except": ["go"] }"#),
            (applies, r#""applies": "nodejs""#),
        ],
        &expect![[r#"
            milestones[0].criteria[3].applies: must be an object with exactly one of the keys `only` and `except`; for every stack leave it out (line 613, column 22)
            milestones[0].criteria[3].applies: must be an object with exactly one of the keys `only` and `except`; for every stack leave it out (line 613, column 23)
            milestones[0].criteria[3].applies: must be an object with exactly one of the keys `only` and `except`; for every stack leave it out (line 613, column 41)
            milestones[0].criteria[3].applies: `nodejs` is not known here; known are `everywhere`, `only`, `except` (line 613, column 29)
        "#]],
    );
}

#[test]
fn another_type_of_value() {
    each_refused(
        &[
            (r#""revision": 1"#, r#""revision": "1""#),
            (r#""revision": 1"#, r#""revision": -1"#),
            (r#""order": 1"#, r#""order": 1.5"#),
            (r#""stacks": []"#, r#""stacks": null"#),
            (r#""deployEach": true"#, r#""deployEach": "yes""#),
        ],
        &expect![[r#"
            revision: must be a whole number from 0 on, but is "1" (line 5, column 17)
            revision: must be a whole number from 0 on, but is -1 (line 5, column 16)
            milestones[0].order: must be a whole number from 0 on, but is 1.5 (line 564, column 18)
            courses[0].stacks: must be a list, but is null (line 499, column 20)
            policy.deployEach: must be true or false, but is "yes" (line 8, column 58)
        "#]],
    );
}

#[test]
fn a_count_that_is_none() {
    each_refused(
        &[
            (r#"{ "count": 3, "#, r#"{ "count": "three", "#),
            (r#""reading": "deployEach""#, r#""reading": "always""#),
        ],
        &expect![[r#"
            milestones[3].criteria[0].doneWhen.projects.count: must be a whole number from 1 on, or an object with `reading` (`deployEach` or `debugEach`), `each` and `once` (line 881, column 54)
            milestones[3].criteria[1].doneWhen.projects.count: must be a whole number from 1 on, or an object with `reading` (`deployEach` or `debugEach`), `each` and `once` (line 896, column 68)
        "#]],
    );
}

#[test]
fn neither_a_day_nor_a_slug() {
    each_refused(
        &[
            (r#""asOf": "2026-01-01""#, r#""asOf": "2026-13-01""#),
            (r#""slug": "junior""#, r#""slug": "Junior""#),
        ],
        &expect![[r#"
            asOf: must be a day such as 2026-01-31: failed to parse two digit integer as month: parameter 'month' is not in the required range of 1..=12 (line 6, column 22)
            levels[0].slug: `Junior` is not a slug: use 1 to 64 lower-case letters, digits, `-` and `.`, beginning with a letter (line 985, column 22)
        "#]],
    );
}
