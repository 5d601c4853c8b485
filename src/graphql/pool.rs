//! Threads of their own for what takes long, so that connections and health checks never wait behind it.

use std::{future::Future, io};

use tokio::{runtime, task::JoinSet};

/// A runtime beside the one that serves connections.
#[derive(Debug)]
pub(super) struct Pool(Option<runtime::Runtime>);

impl Pool {
    pub(super) fn new(n_threads: usize) -> io::Result<Self> {
        let mut builder = runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(n_threads).thread_name("milepost-heavy").enable_all().build()?;
        Ok(Self(Some(runtime)))
    }

    /// Runs it there. Whoever stops waiting stops it; `None`: it panicked.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        self.start(work)?.join_next().await?.ok()
    }

    /// Runs it to its end even if nobody waits any more: here, or on the threads of the caller. `None`: it panicked.
    pub(super) async fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
        is_light: bool,
    ) -> Option<T> {
        let task = if is_light { tokio::spawn(work) } else { self.0.as_ref()?.spawn(work) };
        task.await.ok()
    }

    /// Starts it there; it is stopped when the set is dropped.
    pub(super) fn start<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Option<JoinSet<T>> {
        let mut tasks = JoinSet::new();
        tasks.spawn_on(work, self.0.as_ref()?.handle());
        Some(tasks)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // A runtime must not wait for its threads inside of another one.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
