//! Taking completions in from a file, beside the engine's own rate for the same events, each a commit of its own that
//! was made ready beforehand.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{StreamExt as _, stream};
use milepost::{
    app::{App, Format, Import as Wish, SystemEnv, Taken, Verdict},
    domain::{
        guide::{self, Guide},
        id::LearnerId,
        learner::Learner,
    },
    store::{Bucket, Commit, N_BUCKETS, Receipt, Store, memory::MemoryStore},
};

use crate::{
    measure::median,
    ours::{self, Ours},
    person::summarizer,
    print,
    scratch::Scratch,
};

/// How much is taken in.
#[derive(clap::Args)]
pub(crate) struct Import {
    /// How many learners there are; each completes every course of the guide.
    #[arg(long, default_value_t = 25_000)]
    learners: usize,
    /// How many times each is done.
    #[arg(long, default_value_t = 3)]
    repetitions: usize,
}

/// How many learners are written to at a time, as in an import.
const AT_A_TIME: usize = 512;

impl Import {
    /// A run that only shows that all of it works.
    pub(crate) fn small() -> Self {
        Self { learners: 500, repetitions: 1 }
    }

    pub(crate) async fn run(&self, scratch: &Scratch) {
        let guide = Arc::new(guide::backend_2026());
        let n_completions = self.learners * guide.courses.len();
        print::title(&format!("import: {} completions", print::count(n_completions as f64)));
        let (learners, completions) = (self.learners_file(), self.completions_file(&guide));
        let made = self.made(&guide, &learners, &completions).await;
        let (mut imported, mut committed, mut again) = (vec![], vec![], vec![]);
        for _ in 0..self.repetitions {
            let directory = scratch.directory("import");
            let ours = Ours::open(&directory.path().join("a"), ours::options());
            let app = app(&guide, ours.store.clone());
            take_in(&app, &learners, Taken::Applied).await;
            imported.push(rate(n_completions, take_in(&app, &completions, Taken::Applied).await));
            again.push(rate(n_completions, take_in(&app, &completions, Taken::Repeated).await));
            ours.close().await;
            let ours = Ours::open(&directory.path().join("b"), ours::options());
            let (first, rest): (Vec<_>, Vec<_>) =
                made.iter().map(|it| (vec![it[0].clone()], it[1..].to_vec())).unzip();
            commit(&ours.store, first).await;
            committed.push(rate(n_completions, commit(&ours.store, rest).await));
            ours.close().await;
        }
        let [imported, committed, again] = [imported, committed, again].map(median);
        println!("  the import: {} events a second", print::count(imported));
        println!("  a commit an event, made before: {} events a second", print::count(committed));
        println!("  the same file again: {} rows a second", print::count(again));
        print::ratio("import / a commit an event", imported / committed, "at least 0.5");
        print::load();
    }

    fn learners_file(&self) -> String {
        let rows = (0..self.learners).map(|it| format!("learner,l{it},Learner {it}\n"));
        ["kind,learner,name\n".to_owned()].into_iter().chain(rows).collect()
    }

    fn completions_file(&self, guide: &Guide) -> String {
        let rows = guide.courses.iter().flat_map(|course| {
            (0..self.learners).map(|it| format!("completion,l{it},{},2026-01-01\n", course.slug))
        });
        ["kind,learner,course,occurredAt\n".to_owned()].into_iter().chain(rows).collect()
    }

    /// The commits of each learner that the import makes.
    async fn made(&self, guide: &Arc<Guide>, learners: &str, completions: &str) -> Vec<Vec<Commit>> {
        let store = Arc::new(MemoryStore::new());
        let app = app(guide, store.clone());
        take_in(&app, learners, Taken::Applied).await;
        take_in(&app, completions, Taken::Applied).await;
        let heads = store.heads().await.expect("heads");
        let mut ids = std::collections::BTreeSet::new();
        for bucket in (0..N_BUCKETS).filter_map(Bucket::new).filter(|it| heads[it.index()] > 0) {
            let items = store.feed(bucket, 0, usize::MAX).await.expect("a feed");
            ids.extend(items.into_iter().filter_map(|it| it.event).map(|it| it.learner));
        }
        let mut made = vec![];
        for id in ids {
            made.push(commits_of(&store, id).await);
        }
        made
    }
}

async fn commits_of(store: &MemoryStore, id: LearnerId) -> Vec<Commit> {
    let summarizer = summarizer();
    let mut state = Arc::new(Learner::new(id));
    let mut commits = vec![];
    for event in store.history(id, 0, usize::MAX).await.expect("a history") {
        let base = state.version;
        state = Arc::new(state.after(&event).expect("nothing is undone"));
        let receipt = Receipt {
            key: format!("import {:032x}", u64::from(event.version)),
            fingerprint: [0; 16],
            recorded_at: event.recorded_at,
            event: Some(event.version),
            subject: None,
            reached: vec![],
            lost: vec![],
        };
        commits.push(Commit {
            learner: id,
            base,
            events: vec![event],
            summary: (summarizer.summarize)(&state),
            state: state.clone(),
            receipts: vec![receipt],
        });
    }
    commits
}

fn app(guide: &Arc<Guide>, store: Arc<dyn Store>) -> Arc<App> {
    Arc::new(App::new(guide.clone(), store, Arc::new(SystemEnv)))
}

async fn take_in(app: &Arc<App>, file: &str, all: Taken) -> Duration {
    let wish = Wish {
        format: Format::Csv,
        dry_run: false,
        max_rows: usize::MAX,
        actor: "bench".into(),
        batch: None,
    };
    let start = Instant::now();
    let tell = |it: Verdict| assert_eq!(it.outcome.ok(), Some(all));
    app.import(&wish, file.as_bytes(), tell).await.expect("it is taken in");
    start.elapsed()
}

async fn commit(store: &Arc<impl Store>, commits: Vec<Vec<Commit>>) -> Duration {
    let start = Instant::now();
    let writing = stream::iter(commits).map(|commits| async move {
        for commit in commits {
            store.commit(commit).await.expect("committed");
        }
    });
    writing.buffer_unordered(AT_A_TIME).collect::<()>().await;
    start.elapsed()
}

fn rate(count: usize, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}
