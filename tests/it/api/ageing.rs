//! What time alone takes away is an event like any other: told once, whoever is first to tell it.

use std::collections::BTreeSet;

use async_graphql::Variables;
use futures_util::{StreamExt as _, future::join_all};
use milepost::{
    app::LearnerRef,
    domain::guide::{Guide, Rule, backend_2026},
    graphql::Asked,
};
use proptest::{prelude::*, sample::Index, test_runner::Config};
use serde_json::{Value, json};

use crate::{
    faulty::{Call, Fault, Faulty},
    world::{World, column, text},
};

const EVENTS: &str =
    "events(first: 100) { nodes { id version kind summary actor reason batch occurredAt recordedAt voided
    milestonesReached { slug } milestonesLost { slug } } }";

async fn events(world: &World, learner: &str) -> Vec<Value> {
    world.of(learner, EVENTS).await["events"]["nodes"].as_array().unwrap().clone()
}

async fn lapses(world: &World, learner: &str) -> Vec<Value> {
    events(world, learner).await.into_iter().filter(|it| it["kind"] == "CRITERION_LAPSED").collect()
}

async fn tell(world: &World) -> usize {
    world.app.tell_lapses().await.unwrap()
}

/// Somebody who is ready, for 30 days.
async fn ready() -> (World, String) {
    let world = World::new();
    world.at("2026-03-01T12:00:00Z");
    let learner = world.learner("Ada", Some("nodejs")).await;
    assert_eq!(world.gets_ready(&learner).await.len(), 4);
    (world, learner)
}

/// Meets a criterion for 30 days, and no milestone.
async fn is_seen_alive(world: &World, learner: &str) {
    let project = world.project(learner, "Shop").await;
    let check = json!({ "project": project, "url": "https://example.com", "ok": true });
    world.call("recordDeployment", "", check).await;
}

fn rename(learner: &str, name: &str) -> Value {
    json!({ "learner": { "id": learner }, "name": name })
}

#[tokio::test]
async fn a_milestone_that_ages_out_is_told_once() {
    let (world, learner) = ready().await;
    let before = events(&world, &learner).await.len();
    world.at("2026-03-31T12:00:00Z");
    assert_eq!(tell(&world).await, 0, "its last instant counts");
    world.at("2026-03-31T12:00:20Z");
    let readiness = world.of(&learner, "readiness { ready }").await;
    assert_eq!(readiness["readiness"]["ready"], false, "readiness shows it at once");
    assert_eq!((tell(&world).await, tell(&world).await), (1, 0));
    world.wait(400);
    assert_eq!(tell(&world).await, 0);
    let events = events(&world, &learner).await;
    assert_eq!(events.len(), before + 1);
    let mut told = events[before].clone();
    told["id"].take();
    let expected = json!({
        "id": null, "version": before + 1, "kind": "CRITERION_LAPSED", "actor": "milepost", "reason": null,
        "summary": "“Something that runs now” lapsed: a review is due", "batch": null, "voided": false,
        "occurredAt": "2026-03-31T12:00:00.000001Z", "recordedAt": "2026-03-31T12:00:20Z",
        "milestonesReached": [], "milestonesLost": [{ "slug": "projects" }],
    });
    assert_eq!(told, expected);
}

#[tokio::test]
async fn whoever_follows_hears_of_it() {
    let (world, learner) = ready().await;
    let version = events(&world, &learner).await.len();
    let query = format!(
        "subscription {{ learnerEvents(learner: {{ id: \"{learner}\" }}, afterVersion: {version}) {{
        event {{ kind version }} learner {{ version }} milestonesLost {{ slug }} }} }}"
    );
    let mut of_one = world.messages(Asked { query: Some(query), ..Asked::default() });
    let query = "subscription { events { event { kind version } } }".to_owned();
    let all =
        world.messages(Asked { query: Some(query), variables: Variables::default(), ..Asked::default() });
    world.wait(31);
    assert_eq!(tell(&world).await, 1);
    let event = json!({ "kind": "CRITERION_LAPSED", "version": version + 1 });
    let told = json!({ "event": event, "learner": { "version": version + 1 }, "milestonesLost": [{ "slug": "projects" }] });
    assert_eq!(of_one.next().await.unwrap()["data"]["learnerEvents"], told);
    let all: Vec<_> = all.take(version + 1).collect().await;
    assert_eq!(all[version]["data"]["events"]["event"], event);
}

#[tokio::test]
async fn whoever_writes_tells_it_first_and_has_lost_nothing() {
    let (world, learner) = ready().await;
    let version = events(&world, &learner).await.len();
    world.wait(31);
    let mut input = rename(&learner, "Ada L.");
    input["idempotencyKey"] = json!("rename");
    let payload = world.call("updateLearner", "", input.clone()).await;
    assert_eq!(payload["milestonesLost"], json!([]));
    assert_eq!(payload["event"]["kind"], "LEARNER_UPDATED");
    assert_eq!(payload["event"]["version"], version + 2);
    let lapsed = events(&world, &learner).await[version].clone();
    assert_eq!(
        (&lapsed["kind"], &lapsed["milestonesLost"]),
        (&json!("CRITERION_LAPSED"), &json!([{ "slug": "projects" }]))
    );
    assert_eq!(tell(&world).await, 0);
    let again = world.call("updateLearner", "", input).await;
    assert_eq!((&again["replayed"], &again["event"]), (&json!(true), &payload["event"]));
}

#[tokio::test]
async fn an_import_tells_it_first_and_has_lost_nothing() {
    let (world, learner) = ready().await;
    let known = json!({ "learner": { "id": learner }, "externalId": "ada" });
    world.call("updateLearner", "", known).await;
    let before = events(&world, &learner).await.len();
    world.wait(31);
    let rows = "kind,learner,course\nstart,ada,capstone-project\ncompletion,ada,capstone-project\n";
    let input = json!({ "format": "CSV", "content": rows });
    let imported = world.call("importProgress", "applied rows { verdict }", input).await;
    assert_eq!(column(&imported["rows"], "verdict"), ["APPLIED", "APPLIED"]);
    let told = json!(events(&world, &learner).await[before..]);
    assert_eq!(column(&told, "kind"), ["CRITERION_LAPSED", "COURSE_STARTED", "COURSE_COMPLETED"]);
    let lost = told.as_array().unwrap().iter().map(|it| it["milestonesLost"].as_array().unwrap().len());
    assert_eq!(lost.collect::<Vec<_>>(), [1, 0, 0]);
}

#[tokio::test]
async fn what_loses_a_milestone_itself_is_said_to() {
    let (world, learner) = ready().await;
    world.wait(31);
    let project = world.of(&learner, "projects { id }").await["projects"][0].clone();
    let removed = world.call("removeProject", "", json!({ "project": project["id"] })).await;
    assert_eq!(removed["milestonesLost"], json!([]), "it was lost before");
    let add = world.call("undoEvent", "", json!({ "event": removed["event"]["id"] })).await;
    assert_eq!((&add["milestonesReached"], &add["milestonesLost"]), (&json!([]), &json!([])));
    let check = json!({ "project": project["id"], "url": "https://example.com", "ok": true });
    let renewed = world.call("recordDeployment", "", check).await;
    assert_eq!(column(&renewed["milestonesReached"], "slug"), ["projects"]);
    world.wait(31);
    assert_eq!(tell(&world).await, 1, "it lapses anew");
    let instants: BTreeSet<_> =
        lapses(&world, &learner).await.iter().map(|it| text(&it["occurredAt"])).collect();
    assert_eq!(instants.len(), 2);
}

#[tokio::test]
async fn an_expected_version_is_older_once_it_is_told() {
    let (world, learner) = ready().await;
    let version = events(&world, &learner).await.len();
    world.wait(31);
    let with = |name: &str, version: usize| {
        let mut input = rename(&learner, name);
        input["expectedVersion"] = json!(version);
        input
    };
    let already = world.call("updateLearner", "", with("Ada", version)).await;
    assert_eq!((&already["changed"], &already["userErrors"]), (&json!(false), &json!([])));
    assert_eq!(lapses(&world, &learner).await.len(), 0, "who changes nothing tells nothing");
    let selection = "errors: userErrors { code currentVersion }";
    let refused = world.call("updateLearner", selection, with("Ada L.", version)).await;
    assert_eq!(refused["errors"], json!([{ "code": "CONFLICT", "currentVersion": version + 1 }]));
    assert_eq!(world.call("updateLearner", "", with("Ada L.", version + 1)).await["changed"], true);
    assert_eq!(lapses(&world, &learner).await.len(), 1);
}

#[tokio::test]
async fn it_cannot_be_undone_or_redone() {
    let (world, learner) = ready().await;
    world.wait(31);
    tell(&world).await;
    let event = lapses(&world, &learner).await[0]["id"].clone();
    for mutation in ["undoEvent", "redoEvent"] {
        for cascade in [false, true] {
            let input = json!({ "event": event, "cascade": cascade });
            assert_eq!(world.refusals(mutation, input).await, ["NOT_APPLICABLE event"], "{mutation}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_servers_on_one_store_tell_it_once() {
    let (world, learner) = ready().await;
    let other = world.beside(backend_2026());
    for _ in 0..5 {
        world.wait(31);
        let telling = (0..8).map(|n| {
            let app = if n % 2 == 0 { &world } else { &other }.app.clone();
            tokio::spawn(async move { app.tell_lapses().await.unwrap() })
        });
        let told: Vec<_> = join_all(telling).await.into_iter().map(|it| it.unwrap()).collect();
        assert_eq!(told.iter().sum::<usize>(), 1, "{told:?}");
        let project = world.of(&learner, "projects { id }").await["projects"][0].clone();
        let check = json!({ "project": project["id"], "url": "https://example.com", "ok": true });
        world.call("recordDeployment", "", check).await;
    }
    assert_eq!(lapses(&world, &learner).await.len(), 5);
}

#[tokio::test]
async fn it_is_told_of_everybody() {
    let world = World::new();
    let mut learners = vec![];
    for n in 0..300 {
        let learner = world.learner(&format!("Somebody {n}"), None).await;
        is_seen_alive(&world, &learner).await;
        learners.push(learner);
    }
    world.wait(31);
    assert_eq!((tell(&world).await, tell(&world).await), (300, 0));
    for learner in learners {
        let lapses = lapses(&world, &learner).await;
        assert_eq!(
            (lapses.len(), &lapses[0]["milestonesLost"]),
            (1, &json!([])),
            "a review is due, no milestone is lost"
        );
    }
}

#[tokio::test]
async fn nobody_waits_for_one_of_whom_it_cannot_be_told() {
    let (world, faulty) = Faulty::world();
    let mut ids = vec![];
    for name in ["ada", "bob", "cem"] {
        let input = json!({ "name": name, "externalId": name });
        let learner = world.call("registerLearner", "", input).await["learner"]["id"].clone();
        is_seen_alive(&world, &text(&learner)).await;
        ids.push(world.app.resolve(&LearnerRef::ExternalId(name.into())).await.unwrap());
    }
    world.wait(31);
    faulty.breaks(ids[1], Call::Load, Fault::Fails);
    assert!(world.app.tell_lapses().await.is_err());
    faulty.breaks(ids[0], Call::Load, Fault::Fails);
    assert_eq!(tell(&world).await, 1, "the others were told before");
}

#[tokio::test]
async fn it_waits_for_a_store_that_takes_writes() {
    let (world, _) = ready().await;
    world.wait(31);
    world.app.store.close().await.unwrap();
    assert_eq!(tell(&world).await, 0);
}

/// A guide by which evidence for SQL counts for 20 days.
fn forgetful() -> Guide {
    let mut guide = backend_2026();
    for criterion in guide.milestones.iter_mut().flat_map(|it| &mut it.criteria) {
        if let Rule::Evidence(rule) = &mut criterion.done_when {
            rule.valid_days = Some(20);
        }
    }
    guide
}

/// Somebody to whom things happen while time goes by.
struct Life {
    world: World,
    learner: String,
}

impl Life {
    async fn begin() -> Self {
        let world = World::new().beside(forgetful());
        let learner = world.learner("Ada", Some("nodejs")).await;
        world.gets_ready(&learner).await;
        Self { world, learner }
    }

    async fn step(&self, kind: u8, which: Index, days: i64) {
        let at = self.world.app.env.now().plus_days(-days).to_string();
        let projects = self.world.of(&self.learner, "projects { id } evidence { id }").await;
        let one = |list: &str| {
            let list = projects[list].as_array().unwrap();
            (!list.is_empty()).then(|| list[which.index(list.len())]["id"].clone())
        };
        let evidence = ["sql.query-execution", "sql.indexes"];
        let (mutation, mut input) = match kind {
            0..4 => return self.world.wait(days),
            4 => (
                "submitEvidence",
                json!({ "criterion": evidence[which.index(2)], "kind": "WRITE_UP", "text": at, "occurredAt": at }),
            ),
            5 => ("updateLearner", json!({ "stack": (["nodejs", "go"][which.index(2)]), "occurredAt": at })),
            6 => (
                "waiveCriterion",
                json!({ "criterion": evidence[which.index(2)], "ground": "TESTED_OUT", "reason": "Test" }),
            ),
            7..9 => {
                let Some(evidence) = one("evidence") else { return };
                (
                    "reviewEvidence",
                    json!({ "evidence": evidence, "verdict": (["ACCEPTED", "REJECTED"][which.index(2)]), "occurredAt": at }),
                )
            }
            9..12 => {
                let Some(project) = one("projects") else { return };
                (
                    "recordDeployment",
                    json!({ "project": project, "url": "https://example.com", "ok": true, "checkedAt": at }),
                )
            }
            _ => {
                let events = events(&self.world, &self.learner).await;
                let event = &events[which.index(events.len())]["id"];
                let mutation = if kind.is_multiple_of(3) { "undoEvent" } else { "redoEvent" };
                let input = json!({ "event": event, "cascade": true });
                return drop(self.world.call(mutation, "", input).await);
            }
        };
        if matches!(kind, 4..7) {
            input["learner"] = json!({ "id": self.learner });
        }
        self.world.call(mutation, "", input).await;
    }

    /// The milestones that are met, going by what each event says that it moved.
    async fn told(&self) -> BTreeSet<String> {
        let mut met = BTreeSet::new();
        for event in events(&self.world, &self.learner).await {
            for lost in column(&event["milestonesLost"], "slug") {
                assert!(met.remove(&lost), "{event} lost what was not met");
            }
            for reached in column(&event["milestonesReached"], "slug") {
                assert!(met.insert(reached), "{event} reached what was met");
            }
        }
        met
    }

    async fn met(&self) -> BTreeSet<String> {
        let read =
            self.world.of(&self.learner, "readiness { milestones { milestone { slug } status } }").await;
        let milestones = read["readiness"]["milestones"].as_array().unwrap().clone();
        let met = milestones.iter().filter(|it| it["status"] == "MET");
        met.map(|it| text(&it["milestone"]["slug"])).collect()
    }
}

proptest! {
    #![proptest_config(Config { cases: 64, failure_persistence: None, ..Config::default() })]

    #[test]
    fn what_was_reached_and_not_lost_is_what_is_met(
        steps in proptest::collection::vec((0_u8..20, any::<Index>(), 0_i64..25, any::<bool>()), 1..30),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let life = Life::begin().await;
            for (kind, which, days, tells) in steps {
                life.step(kind, which, days).await;
                if tells {
                    tell(&life.world).await;
                    assert_eq!(life.told().await, life.met().await);
                }
            }
            tell(&life.world).await;
            assert_eq!(life.told().await, life.met().await);
        });
    }
}
