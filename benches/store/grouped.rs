//! The way in which the floors and the peers are written to: as in Milepost's own engine, one thread
//! takes whatever is queued as a group, makes it durable, and then answers.

use std::thread;

use async_trait::async_trait;
use milepost::store::Commit;
use tokio::sync::{mpsc, oneshot};

use crate::contender::Contender;

/// So many commits wait; who comes later waits for a place among them.
const QUEUE: usize = 4_096;

/// At most so many commits become durable together.
const GROUP: usize = 1_024;

/// Where groups become durable.
pub(crate) trait Sink: Send + 'static {
    /// Makes a group durable.
    fn write(&mut self, commits: Vec<Commit>);
}

/// A sink with its thread, which ends with it.
pub(crate) struct Grouped {
    commits: Option<mpsc::Sender<(Commit, oneshot::Sender<()>)>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Grouped {
    pub(crate) fn new(sink: impl Sink) -> Self {
        let (commits, queue) = mpsc::channel(QUEUE);
        let thread = thread::spawn(|| run(sink, queue));
        Self { commits: Some(commits), thread: Some(thread) }
    }
}

fn run(mut sink: impl Sink, mut queue: mpsc::Receiver<(Commit, oneshot::Sender<()>)>) {
    while let Some(first) = queue.blocking_recv() {
        let (mut commits, mut answers) = (vec![first.0], vec![first.1]);
        while commits.len() < GROUP
            && let Ok((commit, answer)) = queue.try_recv()
        {
            commits.push(commit);
            answers.push(answer);
        }
        sink.write(commits);
        answers.into_iter().for_each(|it| it.send(()).expect("a client waits"));
    }
}

#[async_trait]
impl Contender for Grouped {
    async fn commit(&self, commit: Commit) {
        let (answer, answered) = oneshot::channel();
        let commits = self.commits.as_ref().expect("open");
        commits.send((commit, answer)).await.expect("the thread runs");
        answered.await.expect("the thread runs");
    }
}

impl Drop for Grouped {
    fn drop(&mut self) {
        drop(self.commits.take());
        // A panic was told when it happened.
        drop(self.thread.take().map(thread::JoinHandle::join));
    }
}
