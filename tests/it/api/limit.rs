//! How long texts may be, how great numbers, and what addresses look like: at the bound and one
//! beyond.

use serde_json::{Value, json};

use super::mutation::{Mutation, Somebody};
use crate::world::World;

/// Calls the mutation once for each value of the field; what is expected is the code of the user
/// error, or nothing when the value is fine.
async fn check(mutation: &str, field: &str, cases: impl IntoIterator<Item = (Value, &str)>) {
    let world = World::new();
    let somebody = Somebody::of(&world).await;
    for (value, code) in cases {
        let input = Mutation::named(mutation).with(&somebody, field, value.clone());
        let refusals = world.refusals(mutation, input).await;
        let expected: Vec<_> = (!code.is_empty()).then(|| format!("{code} {field}")).into_iter().collect();
        let value: String = value.to_string().chars().take(80).collect();
        assert_eq!(refusals, expected, "{mutation} {field} {value}");
    }
}

fn chars(n: usize) -> Value {
    json!("é".repeat(n))
}

#[tokio::test]
async fn one_line_has_1_to_200_characters_and_none_that_deceive() {
    for (mutation, field) in [
        ("registerLearner", "name"),
        ("updateLearner", "name"),
        ("registerLearner", "externalId"),
        ("updateLearner", "externalId"),
        ("setGoal", "title"),
        ("updateGoal", "title"),
        ("addProject", "name"),
        ("addProject", "framework"),
        ("updateProject", "name"),
        ("updateProject", "framework"),
        ("reportIncident", "title"),
    ] {
        let bad =
            ["", " \n\t ", "a\0b", "a\nb", "a\tb", "a\u{7f}b", "a\u{202e}b", "a\u{2066}b", "a\u{2028}b"];
        check(mutation, field, bad.map(|it| (json!(it), "INVALID_INPUT"))).await;
        check(mutation, field, [(chars(200), ""), (chars(201), "TOO_LONG")]).await;
    }
    check("addProject", "name", [(json!(format!(" {}\n", "b".repeat(200))), "")]).await;
}

#[tokio::test]
async fn texts_have_1_to_20_000_characters() {
    for (mutation, field) in [
        ("reportIncident", "cause"),
        ("reportIncident", "fix"),
        ("submitEvidence", "text"),
        ("reviewEvidence", "note"),
        ("waiveCriterion", "reason"),
        ("startCourse", "reason"),
        ("registerLearner", "reason"),
    ] {
        let bad = ["", " \n ", "bell \u{7}"].map(|it| (json!(it), "INVALID_INPUT"));
        check(mutation, field, bad).await;
        check(mutation, field, [(chars(20_001), "TOO_LONG"), (chars(20_000), "")]).await;
    }
}

#[tokio::test]
async fn addresses_are_of_the_web_without_credentials_and_have_at_most_2_048_characters() {
    let long = |n: usize| json!(format!("https://example.com/{}", "x".repeat(n - 20)));
    for (mutation, field) in [
        ("completeCourse", "certificateUrl"),
        ("addProject", "repositoryUrl"),
        ("updateProject", "repositoryUrl"),
        ("recordDeployment", "url"),
        ("reportIncident", "url"),
        ("submitEvidence", "url"),
    ] {
        let bad = [
            "",
            "example.com",
            "ftp://example.com",
            "javascript:alert(1)",
            "https://",
            "https://exa mple.com",
            "https://ada@example.com",
            "https://ada:secret@example.com",
        ];
        check(mutation, field, bad.map(|it| (json!(it), "INVALID_INPUT"))).await;
        check(mutation, field, [(long(2_049), "TOO_LONG"), (long(2_048), "")]).await;
    }
}

#[tokio::test]
async fn email_addresses() {
    let long = |n: usize| json!(format!("{}@example.com", "x".repeat(n - 12)));
    for mutation in ["registerLearner", "updateLearner"] {
        let bad = ["", "ada", "@b", "a@", "a@b@c", "a b@c", "a\n@c"].map(|it| (json!(it), "INVALID_INPUT"));
        check(mutation, "email", bad).await;
        check(mutation, "email", [(long(255), "TOO_LONG"), (long(254), "")]).await;
    }
}

#[tokio::test]
async fn numbers() {
    let percent =
        [(-1, "OUT_OF_RANGE"), (101, "OUT_OF_RANGE"), (i32::MAX, "OUT_OF_RANGE"), (0, ""), (100, "")];
    check("recordCourseProgress", "percent", percent.map(|(it, code)| (json!(it), code))).await;
    let hours = [(0, "OUT_OF_RANGE"), (169, "OUT_OF_RANGE"), (i32::MIN, "OUT_OF_RANGE"), (1, ""), (168, "")];
    check("setGoal", "hoursPerWeek", hours.map(|(it, code)| (json!(it), code))).await;
    check("updateGoal", "hoursPerWeek", hours.map(|(it, code)| (json!(it), code))).await;
}

#[tokio::test]
async fn idempotency_keys_have_1_to_200_characters() {
    let cases = [(chars(200), ""), (chars(201), "TOO_LONG"), (json!(""), "INVALID_INPUT")];
    check("startCourse", "idempotencyKey", cases).await;
    let cases = [(json!("a\nb"), "INVALID_INPUT"), (json!(" "), "INVALID_INPUT"), (chars(200), "")];
    check("registerLearner", "idempotencyKey", cases).await;
}

#[tokio::test]
async fn every_script_comes_back_as_it_went_in() {
    let world = World::new();
    for name in ["محمد علي", "שלום", "👩‍👩‍👧 family", "Zoë O'Brien-李", "नमस्ते", "<script>", "'; DROP TABLE--"]
    {
        let learner = world.learner(&format!(" {name} "), None).await;
        assert_eq!(world.of(&learner, "name").await["name"], name);
    }
    let incident = json!({ "title": "اختبار", "cause": "a\n\tb", "fix": "👍🏽" });
    let project = world.project(&world.learner("Ada", None).await, "Shop").await;
    let mut input = incident.clone();
    input["project"] = json!(project);
    let payload = world.call("reportIncident", "project { incidents { title cause fix } }", input).await;
    assert_eq!(payload["project"]["incidents"], json!([incident]));
}
