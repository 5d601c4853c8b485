//! The guide as clients read it.

use serde_json::json;

use crate::world::{World, column};

async fn slugs(field: &str) -> String {
    let query = format!("{{ guide {{ list: {field} {{ slug }} }} }}");
    column(&World::new().get(&query).await["guide"]["list"], "slug").join(" ")
}

#[tokio::test]
async fn lists_in_the_order_of_the_guide() {
    for (field, expected) in [
        ("stacks", "nodejs python java dotnet go rust"),
        ("milestones", "language sql deployment projects"),
        ("courses", "cicd-automation dotnet-backend capstone-project async-js-game"),
        ("levels", "junior mid senior staff"),
        ("hiringCriteria", "system-design why-not-how unfamiliar-code production-behavior"),
    ] {
        assert_eq!(slugs(field).await, expected, "{field}");
    }
}

#[tokio::test]
async fn courses_by_stack_and_milestone() {
    for (arguments, expected) in [
        (r#"stack: "nodejs""#, "cicd-automation capstone-project async-js-game"),
        (r#"stack: "dotnet""#, "cicd-automation dotnet-backend capstone-project"),
        (r#"stack: "rust""#, "cicd-automation capstone-project"),
        (r#"milestone: "language""#, "dotnet-backend async-js-game"),
        (r#"milestone: "deployment""#, "cicd-automation dotnet-backend"),
        (r#"milestone: "projects""#, "capstone-project"),
        (r#"stack: "nodejs", milestone: "sql""#, ""),
        (r#"stack: "nodejs", milestone: "language""#, "async-js-game"),
        (r#"milestone: "juggling""#, ""),
        ("stack: null", "cicd-automation dotnet-backend capstone-project async-js-game"),
    ] {
        assert_eq!(slugs(&format!("courses({arguments})")).await, expected, "{arguments}");
    }
}

#[tokio::test]
async fn questions_that_contain_a_text() {
    let all = slugs("faq").await;
    assert_eq!(slugs(r#"faq(search: "")"#).await, all);
    assert_eq!(slugs("faq(search: null)").await, all);
    assert!(slugs(r#"faq(search: "sQl")"#).await.contains("is-sql-needed"));
    assert_eq!(slugs(r#"faq(search: "juggling")"#).await, "");
}

#[tokio::test]
async fn levels_by_years_at_their_bounds() {
    for (years, expected) in [(0, "junior"), (1, "junior"), (2, "junior mid"), (4, "mid"), (5, "mid senior")]
    {
        assert_eq!(slugs(&format!("levelsAt(years: {years})")).await, expected, "{years}");
    }
}

#[tokio::test]
async fn advice_for_several_situations_is_several_answers_each_with_its_reason() {
    let query = "{ guide { stackAdvice(situations: [ENTERPRISE_STABILITY, DATA_WORK]) {
        situation stacks { slug } reason citation { section paraphrase } } none: stackAdvice(situations: []) { reason } } }";
    let guide = World::new().get(query).await["guide"].clone();
    let advice = guide["stackAdvice"].as_array().unwrap();
    assert_eq!(column(&guide["stackAdvice"], "situation"), ["ENTERPRISE_STABILITY", "DATA_WORK"]);
    assert_eq!(advice[0]["stacks"], json!([{ "slug": "dotnet" }]));
    assert!(advice.iter().all(|it| it["reason"] != "" && it["citation"]["paraphrase"] != ""));
    assert_eq!(guide["none"], json!([]));
}

#[tokio::test]
async fn criteria_say_which_evidence_they_take_and_courses_what_they_claim() {
    let query = r#"{ guide { milestone(slug: "sql") { criteria { slug acceptedEvidence } }
        course(slug: "async-js-game") { claims { slug } stacks { slug } ratingScale } } }"#;
    let guide = World::new().get(query).await["guide"].clone();
    let plan = json!({ "slug": "sql.query-plans", "acceptedEvidence": ["QUERY_PLAN"] });
    assert_eq!(guide["milestone"]["criteria"][2], plan);
    let course = json!({ "claims": [{ "slug": "language.async" }], "stacks": [{ "slug": "nodejs" }], "ratingScale": null });
    assert_eq!(guide["course"], course);
}

#[tokio::test]
async fn pay_stands_beside_what_moves_it_and_shows_its_age() {
    let world = World::new();
    world.at("2026-11-24T00:00:00Z");
    let query = r#"{ guide { ageMonths levelsPaying(base: 97000) { slug } unknown: pay(level: "boss", modifiers: []) { level { slug } }
        pay(level: "junior", modifiers: ["san-francisco-new-york", "finance-fintech"]) {
            level { base { low high } region asOf }
            modifiers { modifier { slug relativeTo lowPercent highPercent } alreadyInBand } } } }"#;
    let guide = world.get(query).await["guide"].clone();
    assert_eq!((&guide["ageMonths"], &guide["levelsPaying"]), (&json!(10), &json!([])));
    assert_eq!(guide["unknown"], json!(null));
    let moves = guide["pay"]["modifiers"].as_array().unwrap();
    assert_eq!(moves[0]["alreadyInBand"], true, "{moves:?}");
    assert_eq!(moves[1]["alreadyInBand"], false);
    assert_ne!(moves[0]["modifier"]["relativeTo"], moves[1]["modifier"]["relativeTo"]);
    assert_eq!(guide["pay"]["level"]["base"], json!({ "low": 70000, "high": 95000 }));
}

#[tokio::test]
async fn everything_else_that_the_guide_says_can_be_read() {
    let query = r#"{ guide { areas { slug skills { name note } } skillGroups { slug fromLevel stacks { slug } skills { name } }
        facts { slug citation { section } } levels { region stackSpread { low } } courses { takeBefore yields } } }"#;
    let guide = World::new().get(query).await["guide"].clone();
    for list in ["areas", "skillGroups", "facts", "levels", "courses"] {
        assert!(guide[list].as_array().is_some_and(|it| !it.is_empty()), "{list}");
    }
    assert_eq!(guide["areas"].as_array().unwrap().len(), 3);
}
