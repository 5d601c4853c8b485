//! Learners who do something again and again: each can say what the next commit about them is.
//!
//! A commit is what a mutation of the API would write: the events, the state after them, the
//! summary for lists and the receipt of the call.

use std::sync::{Arc, LazyLock};

use milepost::{
    domain::{
        event::{Change, Event, Moved},
        id::{EventId, GoalId, LearnerId},
        learner::{CourseProgress, Learner},
        slug::Slug,
        summary::{Met, Summary},
        time::{Day, Timestamp},
    },
    store::{Commit, Receipt, Summarizer},
};

use crate::{
    clock::{Clock, arrival, id_at},
    random::{Random, mix},
};

static COURSES: LazyLock<Vec<Slug>> = LazyLock::new(|| {
    let courses = [
        "javascript-foundations",
        "nodejs-in-depth",
        "http-and-rest",
        "relational-databases",
        "sql-query-plans",
        "automated-testing",
        "git-and-reviews",
        "docker-essentials",
        "cicd-automation",
        "application-security",
    ];
    courses.into_iter().map(slug).collect()
});

static MILESTONES: LazyLock<Vec<Slug>> =
    LazyLock::new(|| ["language", "sql", "projects"].into_iter().map(slug).collect());

fn slug(text: &str) -> Slug {
    Slug::parse(text).expect("a slug")
}

/// A learner as the application knows them.
pub(crate) struct Person {
    pub(crate) state: Arc<Learner>,
}

/// The id of the learner of that number.
pub(crate) fn learner_id(number: u64) -> LearnerId {
    LearnerId(id_at(arrival(number), number))
}

impl Person {
    /// The learner of that number, of whom nothing has happened yet.
    pub(crate) fn new(number: u64) -> Self {
        Self { state: Arc::new(Learner::new(learner_id(number))) }
    }

    /// The commit that registers them.
    pub(crate) fn registers(&mut self, number: u64, clock: &Clock) -> Commit {
        self.then([registered(number)], arrival(number), clock)
    }

    /// The commit that registers them with goals and courses, about 1 KB of state in all.
    pub(crate) fn comes_with_a_past(&mut self, number: u64, clock: &Clock) -> Commit {
        let goals = (0..3).map(|it| goal_set(number, it));
        let courses = COURSES.iter().enumerate().map(|(at, course)| {
            let course = course.clone();
            match at {
                0..4 => completed(course),
                _ => Change::CourseProgressed { course, percent: 10 * at as u8 },
            }
        });
        let changes: Vec<_> = [registered(number)].into_iter().chain(goals).chain(courses).collect();
        self.then(changes, arrival(number), clock)
    }

    /// The commit that says that they are at a course: they go on, complete it, or take it up again.
    pub(crate) fn studies(&mut self, random: &mut Random, clock: &Clock) -> Commit {
        let course = COURSES[random.below(COURSES.len())].clone();
        let is_completed = self.state.courses.get(&course).is_some_and(is_completed);
        let change = match (random.below(4), is_completed) {
            (0, true) => Change::CourseReopened { course },
            (0, false) => completed(course),
            _ => Change::CourseProgressed { course, percent: random.below(100) as u8 },
        };
        self.then([change], clock.now(), clock)
    }

    fn then(&mut self, changes: impl IntoIterator<Item = Change>, at: Timestamp, clock: &Clock) -> Commit {
        let (base, learner) = (self.state.version, self.state.id);
        let mut events = vec![];
        for change in changes {
            let version = self.state.version + 1;
            let bits = mix(learner.0.as_u64_pair().1) ^ u64::from(version);
            let id = EventId(id_at(at, bits));
            let (occurred_at, recorded_at, actor) = (at, at, "self".to_owned());
            let (reason, batch) = (None, None);
            let milestones = Moved::default();
            let event = Event {
                id,
                learner,
                version,
                occurred_at,
                recorded_at,
                actor,
                reason,
                batch,
                milestones,
                change,
            };
            self.state = Arc::new(self.state.after(&event).expect("neither an undo nor a redo"));
            events.push(event);
        }
        let summary = summarize(&self.state);
        let receipts = vec![receipt(&self.state, clock)];
        Commit { learner, base, events, state: self.state.clone(), summary, receipts }
    }
}

/// The receipt of a call that nobody has made before.
fn receipt(state: &Learner, clock: &Clock) -> Receipt {
    let bits = mix(state.id.0.as_u64_pair().1).wrapping_add(u64::from(state.version));
    let key = id_at(clock.now(), bits).to_string();
    let mut fingerprint = [0; 16];
    fingerprint[..8].copy_from_slice(&mix(bits).to_le_bytes());
    fingerprint[8..].copy_from_slice(&mix(!bits).to_le_bytes());
    let (recorded_at, event) = (state.updated_at, Some(state.version));
    Receipt { key, fingerprint, recorded_at, event, subject: None, reached: vec![], lost: vec![] }
}

fn registered(number: u64) -> Change {
    const NAMES: [&str; 8] = ["Ada", "Grace", "Barbara", "Frances", "Edsger", "Donald", "Tony", "Leslie"];
    let name = NAMES[number as usize % NAMES.len()];
    Change::LearnerRegistered {
        name: format!("{name} {:08x}", mix(number) as u32),
        external_id: Some(format!("account-{number}")),
        email: Some(format!("{}-{number}@example.com", name.to_lowercase())),
        stack: Some(slug("nodejs")),
    }
}

fn goal_set(number: u64, place: u64) -> Change {
    Change::GoalSet {
        goal: GoalId(id_at(arrival(number), number * 8 + place)),
        title: "Work as a back-end developer within a year from now on".into(),
        level: slug("junior"),
        stack: Some(slug("nodejs")),
        target_date: Some(Day::constant(2026, 12, 1 + place as i8)),
        hours_per_week: Some(12),
    }
}

fn completed(course: Slug) -> Change {
    let certificate_url = Some(format!("https://courses.example.com/certificates/{course}"));
    Change::CourseCompleted { course, certificate_url }
}

fn is_completed(course: &CourseProgress) -> bool {
    course.completed_at.is_some()
}

/// Sums up a state as cheaply as can be: a milestone for every third course that is completed.
fn summarize(learner: &Learner) -> Summary {
    let n_done = learner.courses.values().filter(|it| is_completed(it)).count();
    let met = MILESTONES.iter().take(n_done / 3);
    let until = Some(learner.registered_at.plus_days(365));
    Summary {
        name: learner.name.clone(),
        stack: learner.stack_slug().cloned(),
        created_at: learner.created_at,
        updated_at: learner.updated_at,
        n_done: n_done as u16,
        n_total: 18,
        met: met.map(|it| Met { milestone: it.clone(), until }).collect(),
        due_at: None,
    }
}

/// The same, for an engine.
pub(crate) fn summarizer() -> Summarizer {
    Summarizer { revision: 1, summarize: Arc::new(summarize) }
}

/// How many bytes a state takes.
pub(crate) fn size(state: &Learner) -> usize {
    postcard::to_stdvec(state).expect("a state holds nothing that postcard cannot").len()
}
