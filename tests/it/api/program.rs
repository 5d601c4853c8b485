//! Random programs of mutations, undo and redo: whatever was undone and redone, a learner is as another one to whom
//! only what holds was ever done.

use std::collections::HashMap;

use proptest::{prelude::*, sample::Index, test_runner::Config};
use serde_json::{Value, json};

use crate::world::World;

const STATE: &str = "name stack { slug } goals { title status } courseProgress { course { slug } status percent startedAt completedAt }
    projects { name deployed aspects incidents { title } } evidence { kind status note submittedAt }
    readiness { ready progress { done total } milestones { status metAt criteria { status because missing since } } }";

/// Something to do: which kind, to which of the things that were made, and with what.
type Step = (u8, Index, u8);

/// What was done: the mutation, what it was done to, its input, and the event that tells of it.
#[derive(Clone)]
struct Deed {
    mutation: &'static str,
    /// The field of the input that names the thing, and which deed made the thing.
    on: Option<(&'static str, usize)>,
    input: Value,
    event: Value,
    holds: bool,
}

/// The field of the payload with the thing that a mutation makes.
fn makes(mutation: &str) -> Option<&'static str> {
    match mutation {
        "setGoal" => Some("goal"),
        "addProject" => Some("project"),
        "submitEvidence" => Some("evidence"),
        _ => None,
    }
}

/// A mutation, the field for what it is about if not the learner, and the rest of its input.
fn deed(kind: u8, with: u8) -> (&'static str, Option<&'static str>, Value) {
    let course = ["cicd-automation", "capstone-project"][usize::from(with % 2)];
    let stack = ["nodejs", "go", "python"][usize::from(with % 3)];
    match kind % 15 {
        0 => ("updateLearner", None, json!({ "name": format!("Name {}", with % 3), "stack": stack })),
        1 => ("setGoal", None, json!({ "title": format!("Goal {with}"), "level": "junior" })),
        2 => ("updateGoal", Some("goal"), json!({ "title": format!("Goal {}", with % 3) })),
        3 => (
            "closeGoal",
            Some("goal"),
            json!({ "status": if with.is_multiple_of(2) { "ACHIEVED" } else { "ABANDONED" } }),
        ),
        4 => ("startCourse", None, json!({ "course": course })),
        5 => ("recordCourseProgress", None, json!({ "course": course, "percent": with % 101 })),
        6 => (
            "completeCourse",
            None,
            json!({ "course": course, "certificateUrl": format!("https://example.com/{}", with % 3) }),
        ),
        7 => ("reopenCourse", None, json!({ "course": course })),
        8 => (
            "addProject",
            None,
            json!({ "name": format!("Project {with}"), "stack": stack, "aspects": ["API", "DATABASE"],
            "repositoryUrl": "https://example.com/project" }),
        ),
        9 => (
            "updateProject",
            Some("project"),
            json!({ "name": format!("Project {}", with % 3), "stack": stack }),
        ),
        10 => ("removeProject", Some("project"), json!({})),
        11 => (
            "recordDeployment",
            Some("project"),
            json!({ "url": "https://example.com", "ok": !with.is_multiple_of(4) }),
        ),
        12 => (
            "submitEvidence",
            None,
            json!({ "criterion": "sql.indexes", "kind": "LINK", "url": format!("https://example.com/{with}") }),
        ),
        13 => (
            "reviewEvidence",
            Some("evidence"),
            json!({ "verdict": if with.is_multiple_of(2) { "ACCEPTED" } else { "REJECTED" } }),
        ),
        _ => ("retractEvidence", Some("evidence"), json!({})),
    }
}

/// A learner with what was done to them.
struct Life {
    world: World,
    learner: String,
    deeds: Vec<Deed>,
    /// The things that deeds made, by the place of the deed.
    made: HashMap<usize, Value>,
}

impl Life {
    async fn begin() -> Self {
        let world = World::new();
        let learner = world.learner("Ada", None).await;
        Self { world, learner, deeds: vec![], made: HashMap::new() }
    }

    /// Does it, and says whether that was refused.
    async fn act(&mut self, deed: Deed, place: usize) -> bool {
        let mut input = deed.input.clone();
        match deed.on {
            Some((field, maker)) => input[field] = self.made[&maker].clone(),
            None => input["learner"] = json!({ "id": self.learner }),
        }
        let entity = makes(deed.mutation);
        let selection = entity.map_or(String::new(), |it| format!("{it} {{ id }}"));
        let payload = self.world.call(deed.mutation, &selection, input).await;
        if payload["changed"] != true {
            return payload["userErrors"] != json!([]);
        }
        if let Some(entity) = entity {
            self.made.insert(place, payload[entity]["id"].clone());
        }
        self.deeds.push(Deed { event: payload["event"]["id"].clone(), holds: true, ..deed });
        false
    }

    /// One step of a program, at an instant of its own.
    async fn step(&mut self, (kind, which, with): Step, n: usize) {
        if kind >= 15 {
            return self.correct(kind % 2 == 0, which, with % 3 != 0).await;
        }
        let (mutation, field, mut input) = deed(kind, with);
        input["occurredAt"] = json!(format!("2025-06-01T00:{n:02}:00Z"));
        let makers = |field: &str| {
            let makers = self.deeds.iter().enumerate().filter(|it| makes(it.1.mutation) == Some(field));
            makers.map(|it| it.0).collect::<Vec<_>>()
        };
        let on = field.map(|field| (field, makers(field)));
        let on = match on {
            Some((_, makers)) if makers.is_empty() => return,
            Some((field, makers)) => Some((field, *which.get(&makers))),
            None => None,
        };
        let place = self.deeds.len();
        self.act(Deed { mutation, on, input, event: json!(null), holds: false }, place).await;
    }

    /// Undoes or redoes one of the deeds, and notes which others went with it.
    async fn correct(&mut self, undo: bool, which: Index, cascade: bool) {
        if self.deeds.is_empty() {
            return;
        }
        let event = self.deeds[which.index(self.deeds.len())].event.clone();
        let (mutation, selection) = if undo {
            ("undoEvent", "alsoUndone { id } undone { id voided }")
        } else {
            ("redoEvent", "alsoRedone { id } redone { id voided }")
        };
        let payload =
            self.world.call(mutation, selection, json!({ "event": event, "cascade": cascade })).await;
        if payload["changed"] == true {
            let also = payload[if undo { "alsoUndone" } else { "alsoRedone" }].as_array().unwrap();
            let moved: Vec<_> = also.iter().map(|it| it["id"].clone()).chain([event]).collect();
            for deed in self.deeds.iter_mut().filter(|it| moved.contains(&it.event)) {
                assert_eq!(deed.holds, undo, "what went the same way before");
                deed.holds = !undo;
            }
        }
    }

    /// Another learner to whom only what holds is done; `None`: nobody would be let do it.
    async fn again(&self) -> Option<Life> {
        let mut life = Self::begin().await;
        for (place, deed) in self.deeds.iter().enumerate().filter(|it| it.1.holds) {
            if life.act(deed.clone(), place).await {
                return None;
            }
        }
        Some(life)
    }

    async fn state(&self) -> Value {
        self.world.of(&self.learner, STATE).await
    }
}

proptest! {
    #![proptest_config(Config { cases: 48, failure_persistence: None, ..Config::default() })]

    #[test]
    fn a_learner_is_as_one_to_whom_only_what_holds_was_done(
        // Half of the steps are undos and redos.
        steps in proptest::collection::vec((0_u8..30, any::<Index>(), any::<u8>()), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut life = Life::begin().await;
            for (n, step) in steps.into_iter().enumerate() {
                life.step(step, n).await;
            }
            // Of a course that was never reopened after all nobody could have said how far it is.
            let again = life.again().await;
            prop_assume!(again.is_some());
            let again = again.unwrap().state().await;
            prop_assert_eq!(life.state().await, again);
            Ok(())
        })?;
    }
}
