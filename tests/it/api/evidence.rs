//! Evidence: handed in, reviewed, taken back; criteria waived.

use serde_json::{Value, json};

use super::mutation::Somebody;
use crate::world::{World, column, errors};

async fn submit(world: &World, learner: &str, criterion: &str, kind: &str, content: Value) -> Value {
    let mut input = json!({ "learner": { "id": learner }, "criterion": criterion, "kind": kind });
    input.as_object_mut().unwrap().extend(content.as_object().unwrap().clone());
    world.call("submitEvidence", "evidence { status text url }", input).await
}

#[tokio::test]
async fn evidence_must_be_of_a_kind_that_answers_the_criterion() {
    let world = World::new();
    let learner = world.learner("Ada", None).await;
    let url = || json!({ "url": "https://example.com" });
    let plan = "EXPLAIN says: it was slow";
    for (criterion, kind, content, expected) in [
        ("sql.query-plans", "LINK", url(), "INVALID_INPUT kind"),
        ("sql.query-plans", "QUERY_PLAN", url(), "INVALID_INPUT text"),
        ("sql.query-plans", "QUERY_PLAN", json!({ "text": plan }), "INVALID_INPUT text"),
        ("sql.query-execution", "WRITE_UP", url(), "INVALID_INPUT text"),
        ("sql.indexes", "LINK", json!({ "text": "no address" }), "INVALID_INPUT url"),
        ("projects.live", "LINK", url(), "NOT_APPLICABLE criterion"),
        ("language.primary-stack", "LINK", url(), "NOT_APPLICABLE criterion"),
    ] {
        let payload = submit(&world, &learner, criterion, kind, content).await;
        assert_eq!(errors(&payload), [expected], "{criterion} {kind}");
    }
    let read = world.of(&learner, "version evidence { id }").await;
    assert_eq!(read, json!({ "version": 1, "evidence": [] }));
}

#[tokio::test]
async fn the_newest_review_holds() {
    let world = World::new();
    let it = Somebody::of(&world).await;
    for (verdict, note, status) in
        [("REJECTED", json!("Too short."), "REJECTED"), ("ACCEPTED", json!(null), "ACCEPTED")]
    {
        let input = json!({ "evidence": it.evidence, "verdict": verdict, "note": note });
        let payload = world.call("reviewEvidence", "evidence { status note reviewer }", input).await;
        assert_eq!(payload["evidence"], json!({ "status": status, "note": note, "reviewer": "admin" }));
    }
}

#[tokio::test]
async fn what_is_retracted_counts_for_nothing_and_is_not_reviewed() {
    let world = World::new();
    let it = Somebody::of(&world).await;
    let evidence =
        r#"evidence(criterion: "sql.indexes") { id } other: evidence(criterion: "sql.query-plans") { id }"#;
    let before = world.of(&it.learner, evidence).await;
    assert_eq!(
        (column(&before["evidence"], "id"), &before["other"]),
        (vec![it.evidence.clone()], &json!([]))
    );
    world.call("retractEvidence", "", json!({ "evidence": it.evidence })).await;
    assert_eq!(world.of(&it.learner, evidence).await["evidence"], json!([]));
    let review = json!({ "evidence": it.evidence, "verdict": "ACCEPTED" });
    assert_eq!(world.refusals("reviewEvidence", review).await, ["NOT_APPLICABLE evidence"]);
}

#[tokio::test]
async fn a_waiver_says_why_and_another_ground_is_news() {
    let world = World::new();
    let learner = world.learner("Ada", None).await;
    let waive = async |ground: &str, reason: &str| {
        let input = json!({ "learner": { "id": learner }, "criterion": "sql.indexes", "ground": ground, "reason": reason });
        world.call("waiveCriterion", "criterion { status nextActor } event { reason }", input).await
    };
    let first = waive("TESTED_OUT", "Shown in a test.").await;
    assert_eq!(first["criterion"], json!({ "status": "WAIVED", "nextActor": "NOBODY" }));
    assert_eq!(first["event"]["reason"], "Shown in a test.");
    assert_eq!(waive("TESTED_OUT", "Shown in a test.").await["changed"], false);
    assert_eq!(waive("ADMINISTRATIVE", "Decided.").await["changed"], true);
}

#[tokio::test]
async fn a_waiver_on_another_ground_is_a_change_and_holds_since_the_first() {
    let world = World::new();
    world.at("2026-02-01T00:00:00Z");
    let learner = world.learner("Ada", None).await;
    let waive = |ground: &str, reason: &str| json!({ "learner": { "id": learner }, "criterion": "sql.indexes", "ground": ground, "reason": reason });
    let selection = "criterion { status since }";
    world.call("waiveCriterion", selection, waive("TESTED_OUT", "A test")).await;
    world.at("2026-03-01T00:00:00Z");
    for (ground, reason, changed) in
        [("TESTED_OUT", "A test", false), ("TESTED_OUT", "Another test", true), ("EQUIVALENT", "A job", true)]
    {
        let payload = world.call("waiveCriterion", selection, waive(ground, reason)).await;
        assert_eq!(payload["changed"], changed, "{ground} {reason}");
        let since = json!({ "status": "WAIVED", "since": "2026-02-01T00:00:00Z" });
        assert_eq!(payload["criterion"], since);
    }
}

#[tokio::test]
async fn what_is_not_asked_of_a_stack_cannot_be_waived() {
    let world = World::new();
    let learner = world.learner("Ada", Some("go")).await;
    let input = json!({ "learner": { "id": learner }, "criterion": "language.async", "ground": "EQUIVALENT",
        "reason": "Go has it" });
    assert_eq!(world.refusals("waiveCriterion", input).await, ["NOT_APPLICABLE criterion"]);
}
