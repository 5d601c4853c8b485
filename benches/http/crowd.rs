//! Learners in a store of their own, each somewhere on the way: written as mutations write.

use std::{path::Path, sync::Arc};

use milepost::{
    app::{App, Call, Failure, LearnerRef, SystemEnv, Target, Written, summarizer},
    domain::{
        command::{AddProject, Command, RecordDeployment, RegisterLearner, SetGoal, SubmitEvidence},
        guide::{self, Aspect, EvidenceKind},
        id::{LearnerId, ProjectId},
    },
    store::embedded::{EmbeddedOptions, EmbeddedStore},
};
use tokio::task::JoinSet;
use uuid::Uuid;

/// How many clients write at a time.
const N_CLIENTS: u64 = 1_024;
/// How many steps a learner takes where all are described in full.
pub(crate) const ALL_STEPS: u64 = 24;

/// The product over the store of a directory.
pub(crate) fn open(store: &Path) -> Arc<App> {
    let guide = Arc::new(guide::backend_2026());
    let options = EmbeddedOptions::new(Uuid::from_u128(1), summarizer(guide.clone()));
    let store = EmbeddedStore::open(store, options).expect("a store");
    Arc::new(App::new(guide, store, Arc::new(SystemEnv)))
}

/// Registers learners and lets each take up to so many steps; answers their ids.
pub(crate) async fn fill(app: &Arc<App>, n_learners: u64, n_steps: u64) -> Vec<LearnerId> {
    let mut clients = JoinSet::new();
    for client in 0..N_CLIENTS.min(n_learners) {
        let app = app.clone();
        clients.spawn(async move {
            let mut ids = vec![];
            for number in (client..n_learners).step_by(N_CLIENTS as usize) {
                ids.push(live(&app, number, n_steps).await);
            }
            ids
        });
    }
    clients.join_all().await.into_iter().flatten().collect()
}

async fn live(app: &App, number: u64, n_steps: u64) -> LearnerId {
    let stack = ["nodejs", "python", "java", "go"][number as usize % 4].to_owned();
    let registration = Command::RegisterLearner(RegisterLearner {
        name: format!("Learner Number {number}"),
        external_id: Some(format!("account-{number}")),
        email: Some(format!("learner-{number}@example.com")),
        stack: app.guide.stack(&stack).map(|_| stack),
    });
    let learner = write(app, Target::New, registration).await.expect("registered").learner.id;
    let mut project = ProjectId(Uuid::nil());
    // Neighbours are at different places on the way.
    for step in 0..(number * 7 + 5) % n_steps {
        let target = Target::Learner(LearnerRef::Id(Some(learner)));
        let written = write(app, target, command(app, step, number, project)).await;
        let subject = written.and_then(|it| it.subject).filter(|_| step == 1);
        project = subject.map_or(project, ProjectId);
    }
    learner
}

fn command(app: &App, step: u64, number: u64, project: ProjectId) -> Command {
    match step {
        0 => Command::SetGoal(SetGoal {
            title: "Work as a back-end developer".into(),
            level: "junior".into(),
            stack: None,
            target_date: None,
            hours_per_week: Some(12),
        }),
        1 => Command::AddProject(AddProject {
            name: format!("library-{number}"),
            stack: Some("nodejs".into()),
            framework: Some("Express".into()),
            repository_url: Some(format!("https://git.example.com/account-{number}/library")),
            aspects: vec![Aspect::Api, Aspect::Authentication, Aspect::Database, Aspect::Container],
        }),
        2 => Command::RecordDeployment(RecordDeployment {
            project,
            url: format!("https://library-{number}.example.com/health"),
            ok: true,
            checked_at: None,
        }),
        3..6 => {
            let course = app.guide.courses[step as usize % app.guide.courses.len()].slug.to_string();
            Command::CompleteCourse { course, certificate_url: None }
        }
        _ => evidence(app, step, number),
    }
}

fn evidence(app: &App, step: u64, number: u64) -> Command {
    let criteria: Vec<_> = app.guide.criteria().collect();
    let criterion = criteria[step as usize % criteria.len()];
    let kinds = criterion.done_when.evidence_kinds();
    let kind = kinds.iter().copied().next().unwrap_or(EvidenceKind::Link);
    let is_text = matches!(kind, EvidenceKind::WriteUp | EvidenceKind::QueryPlan);
    let plan = "Index Scan using loans_due_idx on loans  (cost=0.29..8.31 rows=1 width=52)";
    let text =
        if kind == EvidenceKind::QueryPlan { plan.to_owned() } else { "I measured it twice. ".repeat(20) };
    Command::SubmitEvidence(SubmitEvidence {
        criterion: criterion.slug.to_string(),
        kind,
        url: (!is_text).then(|| format!("https://git.example.com/account-{number}/notes/{step}")),
        text: is_text.then_some(text),
    })
}

/// What does not apply to somebody is no step of theirs.
async fn write(app: &App, target: Target, command: Command) -> Option<Written> {
    let (actor, reason, occurred_at, idempotency_key) = ("bench".to_owned(), None, None, None);
    match app
        .write(Call {
            target,
            command,
            actor,
            reason,
            occurred_at,
            idempotency_key,
            expected_version: None,
            batch: None,
            also: None,
        })
        .await
    {
        Ok(written) => Some(written),
        Err(Failure::Refused(_)) => None,
        Err(Failure::Fault(error)) => panic!("{error}"),
    }
}
