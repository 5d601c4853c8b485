//! Lists of statements: all or nothing, once, and what is said of one learner at once.

use std::time::Duration;

use milepost::app::LearnerRef;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{ada, check, events, post, progress, statement, uuid, with};
use crate::{
    faulty::{Call, Fault, Faulty},
    world::{World, column, text},
};

#[tokio::test]
async fn a_list_is_taken_whole_or_not_at_all() {
    let (world, learner) = ada().await;
    let before = events(&world, &learner).await;
    // Each alone would be good.
    let late = with(statement("progressed", "capstone-project"), progress(30));
    let done = statement("completed", "capstone-project");
    let refused = "400 json NOT_APPLICABLE";
    let twice = with(late.clone(), json!({ "id": uuid(1) }));
    let many = |n: usize| Value::from(vec![statement("experienced", "capstone-project"); n]);
    let rows = [
        (post(&json!([done, late])), refused),
        (post(&json!([twice, twice])), "400 json BAD_REQUEST"),
        (post(&many(101)), "413 json PAYLOAD_TOO_LARGE"),
    ];
    check(&world, rows).await;
    assert_eq!(events(&world, &learner).await, before);
    assert_eq!(post(&json!([])).send(&world).await.json(), json!([]));
    assert_eq!(post(&many(100)).send(&world).await.status, 200);
    assert_eq!(post(&json!([late, done])).send(&world).await.status, 200);
    assert_eq!(world.of(&learner, "version").await["version"], 4);
}

#[tokio::test]
async fn what_a_list_says_of_one_learner_is_one_write() {
    let (world, faulty) = Faulty::world();
    let input = json!({ "name": "Ada", "externalId": "ada", "email": "ada@example.com" });
    let learner = text(&world.call("registerLearner", "", input).await["learner"]["id"]);
    let id = world.app.resolve(&LearnerRef::ExternalId("ada".into())).await.ok().unwrap();
    let list = json!([
        with(statement("progressed", "capstone-project"), progress(30)),
        with(statement("progressed", "capstone-project"), progress(60)),
        statement("completed", "capstone-project"),
    ]);
    faulty.breaks(id, Call::Commit, Fault::Waits);
    let sending = tokio::spawn({
        let world = world.clone();
        async move { post(&list).send(&world).await.status }
    });
    faulty.waits().await;
    assert_eq!(world.of(&learner, "version").await["version"], 1);
    // A second write would wait again, and nobody would let it go on.
    faulty.go_on();
    assert_eq!(timeout(Duration::from_secs(30), sending).await.expect("one write").unwrap(), 200);
    assert_eq!(world.of(&learner, "version").await["version"], 4);
}

/// Lists about the same learners, in either order, some of them the same.
#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_say_it_once() {
    let (world, ada) = ada().await;
    let bob = world.learner("Bob", None).await;
    let about = |learner: &str, id: u32| {
        let account = json!({ "homePage": "http://milepost.localhost/ids", "name": learner });
        let percent = progress(id % 90 + 1);
        let rest = json!({ "id": uuid(id), "actor": { "account": account } });
        with(with(statement("progressed", "capstone-project"), percent), rest)
    };
    let lists = (0..60).map(|n| {
        let (a, b) = (about(&ada, 2 * (n % 20)), about(&bob, 2 * (n % 20) + 1));
        post(&if n % 2 == 0 { json!([a, b]) } else { json!([b, a]) })
    });
    let sent =
        lists.map(|it| (it, world.clone())).map(|(it, world)| async move { it.send(&world).await.status });
    let sent: Vec<_> = sent.map(tokio::spawn).collect();
    for it in sent {
        assert_eq!(it.await.unwrap(), 200);
    }
    for learner in [ada, bob] {
        assert_eq!(world.of(&learner, "version").await["version"], 21);
    }
}

/// Of as many learners as a list can be about.
#[tokio::test]
async fn what_has_lapsed_is_told_before_a_list_is_written() {
    let world = World::new();
    let mut learners = vec![];
    for n in 0..100 {
        let input = json!({ "name": "Ada", "externalId": format!("l{n}") });
        let learner = text(&world.call("registerLearner", "", input).await["learner"]["id"]);
        let project = world.project(&learner, "Shop").await;
        let seen = json!({ "project": project, "url": "https://example.com", "ok": true });
        world.call("recordDeployment", "", seen).await;
        learners.push(learner);
    }
    world.wait(31);
    let about = |n: usize| {
        let account = json!({ "homePage": "https://lms.example.com", "name": format!("l{n}") });
        with(statement("completed", "capstone-project"), json!({ "actor": { "account": account } }))
    };
    let list: Vec<_> = (0..100).map(about).collect();
    assert_eq!(post(&json!(list)).send(&world).await.status, 200);
    for learner in learners {
        let told = events(&world, &learner).await;
        assert_eq!(column(&told["events"]["nodes"], "kind")[3..], ["CRITERION_LAPSED", "COURSE_COMPLETED"]);
    }
}
