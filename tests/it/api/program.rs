//! Random programs of mutations, imports, undo and redo, of single events and of batches: whatever was undone and
//! redone, a learner is as a simple model of what holds says, and nothing holds that is about something that is not
//! there.

use std::collections::{BTreeMap, HashMap};

use proptest::{prelude::*, sample::Index, test_runner::Config};
use serde_json::{Value, json};

use crate::world::{World, text};

const STATE: &str =
    "name goals { title status } courseProgress { course { slug } status percent startedAt completedAt }
    projects { name } evidence { url status }";

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
    /// The batch of the event, if it has one.
    batch: Value,
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

fn is_gone(mutation: &str) -> bool {
    matches!(mutation, "removeProject" | "retractEvidence")
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

/// A row of an import, as the mutation that does the same has its input.
fn imported(with: u8, n: usize, row: usize) -> (&'static str, Value) {
    let course = ["cicd-automation", "capstone-project"][usize::from(with % 2)];
    let (kind, mutation, mut input) = match with / 2 % 5 {
        0 => ("start", "startCourse", json!({ "course": course })),
        1 => ("progress", "recordCourseProgress", json!({ "course": course, "percent": with % 101 })),
        2 => ("completion", "completeCourse", json!({ "course": course })),
        3 => ("project", "addProject", json!({ "name": format!("Imported {n} {row}") })),
        _ => {
            let url = format!("https://example.com/{n}/{row}");
            let evidence = json!({ "criterion": "sql.indexes", "evidenceKind": "LINK", "url": url });
            ("evidence", "submitEvidence", evidence)
        }
    };
    input["kind"] = json!(kind);
    input["learner"] = json!("ada");
    input["occurredAt"] = json!(format!("2025-06-01T00:{n:02}:0{row}Z"));
    (mutation, input)
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
        let input = json!({ "name": "Ada", "externalId": "ada" });
        let learner = text(&world.call("registerLearner", "", input).await["learner"]["id"]);
        Self { world, learner, deeds: vec![], made: HashMap::new() }
    }

    /// Does it, and notes it if that changed anything.
    async fn act(&mut self, deed: Deed) {
        let mut input = deed.input.clone();
        match deed.on {
            Some((field, maker)) => input[field] = self.made[&maker].clone(),
            None => input["learner"] = json!({ "id": self.learner }),
        }
        let entity = makes(deed.mutation);
        let selection = entity.map_or(String::new(), |it| format!("{it} {{ id }}"));
        let selection = format!("event {{ batch }} {selection}");
        let payload = self.world.call(deed.mutation, &selection, input).await;
        if payload["changed"] != true {
            return;
        }
        if let Some(entity) = entity {
            self.made.insert(self.deeds.len(), payload[entity]["id"].clone());
        }
        let (event, batch) = (payload["event"]["id"].clone(), payload["event"]["batch"].clone());
        self.deeds.push(Deed { event, batch, holds: true, ..deed });
    }

    /// Imports rows of several kinds, which are a batch, and notes those that changed anything.
    async fn import(&mut self, with: u8, n: usize) {
        let rows: Vec<_> = (0..1 + usize::from(with % 4))
            .map(|row| imported(with.wrapping_add(row as u8 * 7), n, row))
            .collect();
        let content: String = rows.iter().map(|it| format!("{}\n", it.1)).collect();
        let input = json!({ "format": "JSON_LINES", "content": content });
        let payload = self.world.call("importProgress", "batch rows { verdict }", input).await;
        let applied = payload["rows"].as_array().unwrap().iter().map(|it| it["verdict"] == "APPLIED");
        let applied = rows.into_iter().zip(applied).filter(|it| it.1).map(|it| it.0);
        let state = self.world.of(&self.learner, "projects { id name } evidence { id url }").await;
        let events = self.events().await;
        let batch = &payload["batch"];
        let mut events = events.iter().filter(|it| !batch.is_null() && it["batch"] == *batch);
        for ((mutation, row), event) in applied.zip(&mut events) {
            let made = |list: &str, name: &str| {
                let mut all = state[list].as_array().unwrap().iter();
                all.find(|it| it[name] == row[name]).expect("it is there")["id"].clone()
            };
            match mutation {
                "addProject" => drop(self.made.insert(self.deeds.len(), made("projects", "name"))),
                "submitEvidence" => drop(self.made.insert(self.deeds.len(), made("evidence", "url"))),
                _ => {}
            }
            let (event, batch) = (event["id"].clone(), batch.clone());
            self.deeds.push(Deed { mutation, on: None, input: row, event, batch, holds: true });
        }
        assert!(events.next().is_none(), "an event that no row is about");
    }

    /// All events of the learner.
    async fn events(&self) -> Vec<Value> {
        let (mut events, mut after) = (vec![], json!(null));
        loop {
            let query = "query($id: ID!, $after: String) { learner(by: { id: $id }) { events(first: 100, after: $after) {
                nodes { id batch voided } pageInfo { endCursor hasNextPage } } } }";
            let answer = self.world.ask(query, json!({ "id": self.learner, "after": after })).await;
            let page = World::data(answer)["learner"]["events"].clone();
            events.extend(page["nodes"].as_array().unwrap().iter().cloned());
            after = page["pageInfo"]["endCursor"].clone();
            if page["pageInfo"]["hasNextPage"] != true {
                return events;
            }
        }
    }

    /// One step of a program, at an instant of its own.
    async fn step(&mut self, (kind, which, with): Step, n: usize) {
        match kind {
            0..15 => {}
            15..18 => return self.import(with, n).await,
            18..24 => return self.correct_batch(kind % 2 == 0, which, with % 3 != 0).await,
            _ => return self.correct(kind % 2 == 0, which, with % 3 != 0).await,
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
        let (event, batch) = (json!(null), json!(null));
        self.act(Deed { mutation, on, input, event, batch, holds: false }).await;
    }

    /// Undoes or redoes one of the batches, and notes what went with it: all of the batch or nothing, and something
    /// else only where that may be.
    async fn correct_batch(&mut self, undo: bool, which: Index, cascade: bool) {
        let batches: Vec<_> = self.deeds.iter().map(|it| &it.batch).filter(|it| !it.is_null()).collect();
        if batches.is_empty() {
            return;
        }
        let batch = (*which.get(&batches)).clone();
        let mutation = if undo { "undoBatch" } else { "redoBatch" };
        let input = json!({ "batch": batch, "cascade": cascade });
        let payload = self.world.call(mutation, "refusedCount", input).await;
        let (is_refused, mut changed) = (payload["refusedCount"] == 1, false);
        let voided: HashMap<_, _> =
            self.events().await.into_iter().map(|it| (text(&it["id"]), it["voided"] == true)).collect();
        for deed in &mut self.deeds {
            let holds = !voided[&text(&deed.event)];
            if deed.batch == batch && !is_refused {
                assert_eq!(holds, !undo, "{mutation} left {} as it was", deed.mutation);
            }
            if holds != deed.holds {
                assert!(!is_refused && deed.holds == undo, "{mutation} moved {}", deed.mutation);
                assert!(deed.batch == batch || cascade, "{mutation} moved another {}", deed.mutation);
                (deed.holds, changed) = (holds, true);
            }
        }
        assert_eq!(payload["changed"], changed, "{mutation}");
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
            let moved: Vec<_> = also.iter().map(|it| it["id"].clone()).chain([event.clone()]).collect();
            for deed in self.deeds.iter_mut().filter(|it| moved.contains(&it.event)) {
                // What is named may hold already, where only what went with it was still away.
                assert!(deed.holds == undo || deed.event == event, "what went the same way before");
                deed.holds = !undo;
            }
        }
    }

    /// What holds, and what it is about.
    fn holding(&self) -> impl Iterator<Item = (usize, &Deed)> {
        self.deeds.iter().enumerate().filter(|it| it.1.holds)
    }

    /// Nothing is about what was not made or is gone, and what was taken up again was completed before.
    fn check(&self) {
        for (place, deed) in self.holding() {
            let earlier = || self.holding().take_while(|it| it.0 < place);
            if let Some((_, maker)) = deed.on {
                assert!(self.deeds[maker].holds, "{} without what it is about", deed.mutation);
                let mut gone = earlier().filter(|it| it.1.on == deed.on && is_gone(it.1.mutation));
                assert!(gone.next().is_none(), "{} of what is gone", deed.mutation);
            }
            if deed.mutation == "reopenCourse" {
                let completes =
                    |it: &Deed| it.mutation == "completeCourse" && it.input["course"] == deed.input["course"];
                assert!(earlier().any(|it| completes(it.1)), "taken up again and never completed");
            }
        }
    }

    /// How the learner is, by what holds.
    fn model(&self) -> Value {
        let mut name = json!("Ada");
        let mut courses: BTreeMap<String, Value> = BTreeMap::new();
        let (mut goals, mut projects, mut evidence) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for (place, Deed { mutation, on, input, .. }) in self.holding() {
            let on = on.map_or(place, |it| it.1);
            let at = text(&input["occurredAt"]);
            let course = input["course"].as_str().map(|slug| {
                let new = json!({ "course": { "slug": slug }, "percent": 0, "startedAt": null, "completedAt": null });
                courses.entry(slug.to_owned()).or_insert(new)
            });
            let start = |course: &mut Value| {
                if course["startedAt"].is_null() {
                    course["startedAt"] = json!(at)
                }
            };
            match (*mutation, course) {
                ("updateLearner", _) => name = input["name"].clone(),
                ("setGoal", _) => {
                    drop(goals.insert(on, json!({ "title": input["title"], "status": "ACTIVE" })))
                }
                ("updateGoal", _) => goals.get_mut(&on).unwrap()["title"] = input["title"].clone(),
                ("closeGoal", _) => goals.get_mut(&on).unwrap()["status"] = input["status"].clone(),
                ("startCourse", Some(course)) => start(course),
                ("recordCourseProgress", Some(course)) => {
                    course["percent"] = input["percent"].clone();
                    start(course);
                }
                ("completeCourse", Some(course)) if course["completedAt"].is_null() => {
                    course["completedAt"] = json!(at)
                }
                ("reopenCourse", Some(course)) => {
                    course["completedAt"] = json!(null);
                    start(course);
                }
                ("addProject", _) => drop(projects.insert(on, json!({ "name": input["name"] }))),
                ("updateProject", _) => projects.get_mut(&on).unwrap()["name"] = input["name"].clone(),
                ("removeProject", _) => drop(projects.remove(&on)),
                ("submitEvidence", _) => {
                    drop(evidence.insert(on, json!({ "url": input["url"], "status": "SUBMITTED" })))
                }
                ("reviewEvidence", _) => evidence.get_mut(&on).unwrap()["status"] = input["verdict"].clone(),
                ("retractEvidence", _) => drop(evidence.remove(&on)),
                _ => {}
            }
        }
        let list = |it: BTreeMap<usize, Value>| it.into_values().collect::<Vec<_>>();
        for course in courses.values_mut() {
            let is = |field: &str| !course[field].is_null();
            let status = if is("completedAt") {
                "COMPLETED"
            } else if is("startedAt") {
                "IN_PROGRESS"
            } else {
                "NOT_STARTED"
            };
            course["status"] = json!(status);
            if status == "COMPLETED" {
                course["percent"] = json!(100);
            }
        }
        json!({ "name": name, "goals": list(goals), "projects": list(projects), "evidence": list(evidence),
            "courseProgress": courses.into_values().collect::<Vec<_>>() })
    }

    async fn state(&self) -> Value {
        self.world.of(&self.learner, STATE).await
    }
}

proptest! {
    #![proptest_config(Config { cases: 96, failure_persistence: None, ..Config::default() })]

    #[test]
    fn a_learner_is_as_what_holds_says(
        // Half of the steps are undos and redos, or imports.
        steps in proptest::collection::vec((0_u8..30, any::<Index>(), any::<u8>()), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut life = Life::begin().await;
            for (n, step) in steps.into_iter().enumerate() {
                life.step(step, n).await;
            }
            life.check();
            prop_assert_eq!(life.state().await, life.model());
            Ok(())
        })?;
    }
}
