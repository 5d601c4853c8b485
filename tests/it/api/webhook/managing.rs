//! Webhooks are registered, changed, tested and removed.

use std::sync::Arc;

use futures_util::future::join_all;
use milepost::{app::UpdateWebhook, domain::event::Patch};
use serde_json::{Value, json};
use tokio::task::yield_now;

use super::{ALL, Receiver, Reply, World, impatient, server, until};
use crate::{
    api::mutation::WEBHOOKS,
    faulty::Faulty,
    world::{errors, text},
};

const URL: &str = "https://hooks.example.com/milepost";
/// The id of a webhook that nobody has.
const NOBODY: &str = "dwAAAAAAAAAAAAAAAAAAAAA";

#[tokio::test]
async fn a_webhook_is_what_was_asked_for() {
    let world = World::new();
    let input = json!({ "url": URL, "description": " For the mailer ", "kinds": ["COURSE_COMPLETED"] });
    let made = world.call("registerWebhook", &format!("secret {ALL}"), input).await;
    assert_eq!((errors(&made).len(), &made["changed"], &made["replayed"]), (0, &json!(true), &json!(false)));
    assert_eq!((&made["learner"], &made["event"]), (&json!(null), &json!(null)));
    let secret = text(&made["secret"]);
    let bytes = data_encoding::BASE64.decode(secret.strip_prefix("whsec_").unwrap().as_bytes()).unwrap();
    assert_eq!(bytes.len(), 32);
    let webhook = &made["webhook"];
    assert_eq!((&webhook["url"], &webhook["description"]), (&json!(URL), &json!("For the mailer")));
    assert_eq!((&webhook["kinds"], &webhook["state"]), (&json!(["COURSE_COMPLETED"]), &json!("ENABLED")));
    assert_eq!((&webhook["behind"], &webhook["failing"]), (&json!(0.0), &json!([])));
    assert_eq!(webhook["registeredAt"], "2026-01-01T00:00:00Z");
    let listed = world.get("{ webhooks { id url } }").await;
    assert_eq!(listed["webhooks"], json!([{ "id": webhook["id"], "url": URL }]));
    assert_eq!(world.hook_of(&text(&webhook["id"]), "url").await["url"], URL);
    // Its secret is nowhere else.
    let schema = world.get("{ __type(name: \"Webhook\") { fields { name } } }").await;
    assert!(!schema.to_string().contains("secret"));
}

#[tokio::test]
async fn what_is_odd_is_refused() {
    let world = World::new();
    let long = "x".repeat(201);
    for (field, value, expected) in [
        ("url", json!("ftp://example.com"), "INVALID_INPUT url"),
        ("url", json!("https://ada:secret@example.com"), "INVALID_INPUT url"),
        ("url", json!(format!("https://example.com/{}", "x".repeat(2_048))), "TOO_LONG url"),
        ("url", json!("http://example.com"), "NOT_ALLOWED url"),
        ("url", json!("https://10.0.0.1"), "NOT_ALLOWED url"),
        ("url", json!("https://[::1]"), "NOT_ALLOWED url"),
        ("description", json!(long), "TOO_LONG description"),
        ("description", json!("a\nb"), "INVALID_INPUT description"),
        ("kinds", json!([]), "INVALID_INPUT kinds"),
        ("after", json!("nonsense"), "INVALID_INPUT after"),
        ("idempotencyKey", json!(long), "TOO_LONG idempotencyKey"),
    ] {
        let mut input = json!({ "url": URL });
        input[field] = value;
        assert_eq!(world.refusals("registerWebhook", input.clone()).await, [expected], "{input}");
    }
    assert_eq!(world.get("{ webhooks { id } }").await["webhooks"], json!([]));
    let (id, _) = world.hook(json!({ "url": URL })).await;
    for (mutation, field, value, expected) in [
        ("updateWebhook", "url", json!("https://127.0.0.1"), "NOT_ALLOWED url"),
        ("updateWebhook", "kinds", json!([]), "INVALID_INPUT kinds"),
        ("replayWebhook", "after", json!("AA"), "INVALID_INPUT after"),
        ("replayWebhook", "idempotencyKey", json!(""), "INVALID_INPUT idempotencyKey"),
        ("rotateWebhookSecret", "idempotencyKey", json!(""), "INVALID_INPUT idempotencyKey"),
        ("updateWebhook", "idempotencyKey", json!(""), "INVALID_INPUT idempotencyKey"),
        ("testWebhook", "idempotencyKey", json!(""), "INVALID_INPUT idempotencyKey"),
        ("retryDeliveries", "idempotencyKey", json!(""), "INVALID_INPUT idempotencyKey"),
        ("dropParkedEvents", "idempotencyKey", json!(""), "INVALID_INPUT idempotencyKey"),
        ("retryDeliveries", "event", json!("AA"), "NOT_FOUND event"),
        ("dropParkedEvents", "event", json!("AA"), "NOT_FOUND event"),
    ] {
        let mut input = json!({ "webhook": id });
        input[field] = value;
        assert_eq!(world.refusals(mutation, input).await, [expected], "{mutation} {field}");
    }
}

#[tokio::test]
async fn a_webhook_that_is_not_there_is_not_found() {
    let world = World::new();
    for name in WEBHOOKS.iter().filter(|it| **it != "registerWebhook") {
        let unknown = world.refusals(name, json!({ "webhook": "AA" })).await;
        assert_eq!(unknown, ["NOT_FOUND webhook"], "{name}");
        let gone = world.refusals(name, json!({ "webhook": NOBODY })).await;
        assert_eq!(gone, if *name == "removeWebhook" { vec![] } else { vec!["NOT_FOUND webhook"] }, "{name}");
    }
    for id in ["AA", NOBODY, ""] {
        assert_eq!(world.hook_of(id, "id").await, Value::Null);
    }
}

#[tokio::test]
async fn there_are_at_most_32() {
    let world = World::new();
    for _ in 0..32 {
        world.hook(json!({ "url": URL })).await;
    }
    assert_eq!(world.refusals("registerWebhook", json!({ "url": URL })).await, ["LIMIT_REACHED -"]);
}

#[tokio::test]
async fn a_call_with_a_key_happens_once() {
    let world = World::new();
    let input = json!({ "url": URL, "idempotencyKey": "k" });
    let first = world.call("registerWebhook", "webhook { id } secret", input.clone()).await;
    for _ in 0..2 {
        let again = world.call("registerWebhook", "webhook { id } secret", input.clone()).await;
        assert_eq!(
            (&again["webhook"], &again["secret"], &again["replayed"]),
            (&first["webhook"], &first["secret"], &json!(true))
        );
    }
    let other = json!({ "url": "https://example.org", "idempotencyKey": "k" });
    assert_eq!(world.refusals("registerWebhook", other).await, ["IDEMPOTENCY_KEY_REUSED idempotencyKey"]);
    let id = &first["webhook"]["id"];
    let input = json!({ "webhook": id, "idempotencyKey": "k" });
    let rotated = world.call("rotateWebhookSecret", "secret", input.clone()).await;
    assert_ne!(rotated["secret"], first["secret"]);
    let again = world.call("rotateWebhookSecret", "secret", input.clone()).await;
    assert_eq!((&again["secret"], &again["replayed"]), (&rotated["secret"], &json!(true)));
    assert_eq!(world.call("replayWebhook", "", input.clone()).await["replayed"], false);
    assert_eq!(world.call("replayWebhook", "", input).await["replayed"], true);
    let start = data_encoding::BASE64URL_NOPAD.encode(&[1, 1, 0, 1]);
    let other = json!({ "webhook": id, "idempotencyKey": "k", "after": start });
    assert_eq!(world.refusals("replayWebhook", other).await, ["IDEMPOTENCY_KEY_REUSED idempotencyKey"]);
}

/// Whatever happened since: the call is answered as the first time, and does nothing.
#[tokio::test]
async fn what_is_asked_of_a_webhook_with_a_key_happens_once() {
    let world = World::new();
    let (id, _) = world.hook(json!({ "url": URL, "description": "One" })).await;
    let with = |more: Value| {
        let mut input = json!({ "webhook": id, "idempotencyKey": "k" });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    for (mutation, selection, input, other) in [
        ("updateWebhook", "", with(json!({ "description": "Two" })), with(json!({ "description": null }))),
        ("testWebhook", "delivered status error durationMs", with(json!({})), json!(null)),
        ("retryDeliveries", "count", with(json!({})), json!(null)),
        ("dropParkedEvents", "count", with(json!({})), json!(null)),
    ] {
        let first = world.call(mutation, selection, input.clone()).await;
        assert_eq!((errors(&first).len(), &first["replayed"]), (0, &json!(false)), "{mutation}");
        // Another call says otherwise; the first one must not be done again.
        world.call("updateWebhook", "", json!({ "webhook": id, "description": "Three" })).await;
        let mut again = world.call(mutation, selection, input).await;
        assert_eq!(again["replayed"], true, "{mutation}");
        again["replayed"] = json!(false);
        assert_eq!(again, first, "{mutation}");
        assert_eq!(world.hook_of(&id, "description").await["description"], "Three", "{mutation}");
        if !other.is_null() {
            let refused = world.refusals(mutation, other).await;
            assert_eq!(refused, ["IDEMPOTENCY_KEY_REUSED idempotencyKey"], "{mutation}");
        }
    }
}

#[tokio::test]
async fn what_is_absent_stays_and_null_clears() {
    let world = World::new();
    let (id, _) = world.hook(json!({ "url": URL, "description": "One", "kinds": ["GOAL_SET"] })).await;
    for (change, expected) in [
        (json!({}), json!(["One", ["GOAL_SET"], "ENABLED", false])),
        (json!({ "enabled": false }), json!(["One", ["GOAL_SET"], "DISABLED", true])),
        (json!({ "enabled": false }), json!(["One", ["GOAL_SET"], "DISABLED", false])),
        (
            json!({ "description": null, "kinds": ["GOAL_CLOSED"] }),
            json!([null, ["GOAL_CLOSED"], "DISABLED", true]),
        ),
        (json!({ "kinds": null, "enabled": true }), json!([null, null, "ENABLED", true])),
        (json!({ "kinds": null, "url": URL }), json!([null, null, "ENABLED", false])),
    ] {
        let mut input = json!({ "webhook": id });
        input.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let it = world.call("updateWebhook", "webhook { description kinds state }", input).await;
        let webhook = &it["webhook"];
        let found = json!([webhook["description"], webhook["kinds"], webhook["state"], it["changed"]]);
        assert_eq!((errors(&it).len(), found), (0, expected), "{change}");
    }
}

#[tokio::test]
async fn who_is_removed_is_told_nothing_any_more() {
    let (world, receiver) = (server().await, Receiver::start().await);
    let (id, _) = world.hook(json!({ "url": receiver.url() })).await;
    let (other, _) = world.hook(json!({ "url": receiver.url() })).await;
    let removed = world.call("removeWebhook", "removedId", json!({ "webhook": id })).await;
    assert_eq!((&removed["removedId"], &removed["changed"]), (&json!(id), &json!(true)));
    let again = world.call("removeWebhook", "removedId", json!({ "webhook": id })).await;
    assert_eq!((&again["removedId"], &again["changed"]), (&json!(id), &json!(false)));
    world.learner("Ada", None).await;
    world.hook_has(&other, "behind", json!(0.0)).await;
    assert_eq!(receiver.received().len(), 1);
    assert_eq!(world.app.store.notes("").await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_test_says_what_came_of_it() {
    let (world, receiver) = (server().await, Receiver::start().await);
    let (id, secret) = world.hook(json!({ "url": receiver.url() })).await;
    for (reply, expected) in [
        (Reply::Status(200), json!([true, 200, null])),
        (Reply::Status(500), json!([false, 500, null])),
        (Reply::Redirect("/"), json!([false, 307, null])),
    ] {
        receiver.answers(move |_| reply);
        let it =
            world.call("testWebhook", "delivered status error durationMs", json!({ "webhook": id })).await;
        assert_eq!(json!([it["delivered"], it["status"], it["error"]]), expected, "{reply:?}");
        assert!(it["durationMs"].is_number());
    }
    let keyed = json!({ "webhook": id, "idempotencyKey": "k" });
    let first = world.call("testWebhook", "status durationMs", keyed.clone()).await;
    let again = world.call("testWebhook", "status durationMs", keyed).await;
    assert_eq!((&again["durationMs"], &again["replayed"]), (&first["durationMs"], &json!(true)));
    let messages = receiver.received();
    assert_eq!(messages.len(), 4);
    assert!(messages.iter().all(|it| it.kind() == "milepost.test" && it.is_signed_with(&secret)));
    assert!(messages[0].header("webhook-id").starts_with("test_"));
    assert_ne!(messages[0].header("webhook-id"), messages[1].header("webhook-id"));
    assert_eq!(world.log(&id).await, [""; 0]);
}

#[tokio::test]
async fn one_test_of_a_webhook_is_under_way_at_a_time() {
    let (world, receiver) = (impatient().await, Receiver::answering(|_| Reply::Hangs).await);
    let (id, _) = world.hook(json!({ "url": receiver.url() })).await;
    let call = || world.call("testWebhook", "delivered status error", json!({ "webhook": id }));
    let calls = join_all((0..5).map(|_| call())).await;
    let (refused, tested): (Vec<_>, Vec<_>) = calls.iter().partition(|it| errors(it) == ["CONFLICT -"]);
    assert_eq!((refused.len(), receiver.received().len()), (4, 1));
    let tested = tested[0];
    assert_eq!(
        json!([tested["delivered"], tested["status"], tested["error"]]),
        json!([false, null, "TIMED_OUT"])
    );
}

#[tokio::test]
async fn the_old_secret_signs_for_a_day() {
    let (world, receiver) = (server().await, Receiver::start().await);
    let (id, old) = world.hook(json!({ "url": receiver.url() })).await;
    let rotated = world.call("rotateWebhookSecret", "secret", json!({ "webhook": id })).await;
    let new = text(&rotated["secret"]);
    world.learner("Ada", None).await;
    receiver.receives(1).await;
    world.wait(1);
    world.learner("Bob", None).await;
    let messages = receiver.receives(2).await;
    let signed: Vec<_> =
        messages.iter().map(|it| (it.is_signed_with(&old), it.is_signed_with(&new))).collect();
    assert_eq!(signed, [(true, true), (false, true)]);
}

#[tokio::test]
async fn what_is_written_last_stays_though_who_wrote_before_went_away() {
    let (world, faulty) = Faulty::world();
    world.hook(json!({ "url": URL })).await;
    let id = world.app.webhooks.all().await.unwrap()[0].id;
    let describe = |description: &str| {
        let (app, description) = (world.app.clone(), Patch::Set(description.to_owned()));
        let wish = UpdateWebhook { url: None, description, kinds: Patch::Keep, enabled: None };
        tokio::spawn(async move { app.webhooks.update(id, wish, None).await.map(drop) })
    };
    let told = faulty.writes_late();
    let first = describe("one");
    faulty.waits().await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    let second = describe("two");
    for _ in 0..100 {
        yield_now().await;
    }
    told.notify_one();
    assert!(second.await.unwrap().is_ok());
    until(|| async { Arc::strong_count(&told) == 1 }, || "it is not written".into()).await;
    let again = World::over(world.app.store.clone());
    assert_eq!(again.get("{ webhooks { description } }").await["webhooks"][0]["description"], "two");
}

#[tokio::test]
async fn keys_are_known_for_seven_days_and_bounded() {
    let world = World::new();
    let (id, _) = world.hook(json!({ "url": URL })).await;
    let call = |n: usize| {
        let input = json!({ "webhook": id, "idempotencyKey": format!("k{n}") });
        async { world.call("updateWebhook", "", input).await }
    };
    assert_eq!(call(0).await["replayed"], false);
    world.wait(6);
    for n in 1..1_000 {
        assert_eq!((errors(&call(n).await).len(), n), (0, n));
    }
    assert_eq!(errors(&call(1_000).await), ["LIMIT_REACHED idempotencyKey"]);
    assert_eq!(call(0).await["replayed"], true);
    world.wait(1);
    assert_eq!(call(0).await["replayed"], false, "it is a week later");
    assert_eq!(call(999).await["replayed"], true);
    assert_eq!(errors(&call(1_000).await), ["LIMIT_REACHED idempotencyKey"]);
}

/// The answer says that it is done, so it has to be kept by then.
#[tokio::test]
async fn what_a_call_with_a_key_did_is_kept_before_it_is_answered_again() {
    let (world, faulty) = Faulty::world();
    let (id, before) = world.hook(json!({ "url": URL })).await;
    let rotate = "mutation($input: RotateWebhookSecretInput!) { rotateWebhookSecret(input: $input) { secret replayed } }";
    let ask = || world.ask(rotate, json!({ "input": { "webhook": id, "idempotencyKey": "k" } }));
    faulty.loses_notes(true);
    for _ in 0..2 {
        assert_eq!(ask().await["errors"][0]["extensions"]["code"], "INTERNAL_SERVER_ERROR");
    }
    faulty.loses_notes(false);
    let done = World::data(ask().await)["rotateWebhookSecret"].clone();
    assert_eq!(done["replayed"], true);
    assert_ne!(done["secret"], before);
    let again = World::over(world.app.store.clone());
    let input = json!({ "webhook": id, "idempotencyKey": "k" });
    assert_eq!(again.call("rotateWebhookSecret", "secret", input).await["secret"], done["secret"]);
}

#[tokio::test]
async fn lists_have_bounds() {
    let world = World::new();
    world.hook(json!({ "url": URL })).await;
    for field in ["failing", "parked", "deliveries"] {
        for (first, expected) in
            [(-1, vec!["BAD_USER_INPUT"]), (501, vec!["BAD_USER_INPUT"]), (500, vec![]), (0, vec![])]
        {
            let query = format!("{{ webhooks {{ {field}(first: {first}) {{ kind }} }} }}");
            assert_eq!(world.codes(&query).await, expected, "{field} {first}");
        }
    }
}
