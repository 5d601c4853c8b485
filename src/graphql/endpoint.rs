//! From what a client asks to what it reads: prepare, wait for a turn, execute within the deadline, write.
//! Transports differ in how they carry this, not in what it is.

use std::{
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    thread::available_parallelism,
    time::Duration,
};

use async_graphql::{Response, ServerError, Value};
use futures_util::{
    FutureExt as _, Stream, StreamExt as _,
    stream::{self, BoxStream},
};
use tokio::sync::{Semaphore, mpsc};

use super::{
    AnySchema, Form,
    at_once::Permit,
    context::{RequestId, Viewer},
    document::{Asked, Documents, Kind, Manifest, Operation, Reason, Refused},
    error::{Unopened, code},
    gate::Gate,
    json,
    panic::{self, EXECUTING, Panic},
    pool::Pool,
    pulse::Pulse,
    size::Size,
};
use crate::app::App;

/// How long an operation may execute.
pub const DEADLINE: Duration = Duration::from_secs(10);
/// What an operation costs at the most that executes on the threads of its connection.
const LIGHT: u64 = 5_000;
/// How many heavy operations wait for their turn, and for how long.
const MAX_WAITING: usize = 64;
const PATIENCE: Duration = Duration::from_secs(2);

/// How many subscriptions there may be, and how many of them whose events are heavy.
const MAX_FOLLOWERS: usize = 5_000;
const MAX_HEAVY_FOLLOWERS: usize = 64;

/// How the API is offered.
#[derive(Debug, Default)]
pub struct EndpointOptions {
    /// Operations that are made ready at the start and served by their hash.
    pub manifest: Manifest,
    /// Whether nothing but those is served.
    pub only_manifest: bool,
    /// Which form of the schema.
    pub form: Form,
}

/// The API, ready to answer.
pub struct Endpoint {
    schema: AnySchema,
    documents: Documents,
    heavy: Gate,
    pool: Pool,
    pulse: Pulse,
    followers: Arc<Semaphore>,
    heavy_followers: Arc<Semaphore>,
}

/// What there is to say of an answer besides its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// There is data and there are no errors.
    Complete,
    /// There is data, or null where it would be, and there are errors.
    Partial,
    /// There is no `data`.
    Refused(Reason),
}

/// An answer as JSON.
#[derive(Debug)]
pub struct Answer {
    /// The text.
    pub body: Vec<u8>,
    /// What it is.
    pub outcome: Outcome,
}

/// One message of a subscription.
#[derive(Debug)]
pub enum Message {
    /// An answer as JSON: `{"data":…}`, perhaps with errors.
    Next(Vec<u8>),
    /// It could not be opened, or broke; nothing comes after this.
    Failed(Refused),
}

/// The messages of a subscription, as they come.
pub struct Messages {
    responses: BoxStream<'static, Message>,
    is_over: bool,
}

impl Endpoint {
    /// The API over this product.
    ///
    /// # Errors
    ///
    /// When the system has no threads to give, or a listed operation does not fit the schema.
    pub fn new(app: Arc<App>, options: EndpointOptions) -> std::io::Result<Self> {
        let n_threads = available_parallelism().map_or(2, usize::from);
        Ok(Self {
            schema: AnySchema::trusting(options.form, app),
            documents: Documents::new(options.form, &options.manifest, options.only_manifest)
                .map_err(std::io::Error::other)?,
            heavy: Gate::new(n_threads, MAX_WAITING, PATIENCE),
            pool: Pool::new(n_threads)?,
            pulse: Pulse::default(),
            followers: Arc::new(Semaphore::new(MAX_FOLLOWERS)),
            heavy_followers: Arc::new(Semaphore::new(MAX_HEAVY_FOLLOWERS)),
        })
    }

    /// Watches for ever whether the threads that serve connections keep up. While they do not, operations are
    /// turned away at once; without anybody who watches, none are.
    pub async fn watch(&self) {
        self.pulse.beat().await;
    }

    /// Reads, checks and chooses what is asked. It executes nothing. While too much is going on, it refuses.
    pub fn prepare(&self, asked: Asked) -> Result<Operation, Refused> {
        if self.pulse.is_slow() {
            return Err(busy());
        }
        let id = asked.id;
        unless_it_panics(id, || self.documents.prepare(asked))
    }

    /// Executes a query or a mutation.
    pub async fn execute(&self, operation: Operation, viewer: Viewer, id: RequestId) -> Answer {
        self.run(operation, viewer, id).await.unwrap_or_else(Answer::from)
    }

    async fn run(&self, operation: Operation, viewer: Viewer, id: RequestId) -> Result<Answer, Refused> {
        let is_light = operation.cost.requested <= LIGHT;
        let is_write = operation.kind == Kind::Mutation;
        let _turn = if is_light { None } else { Some(self.heavy.enter().await.ok_or_else(busy)?) };
        let told = operation.tell_cost.then_some(operation.cost);
        let schema = self.schema.clone();
        let (size, permit) = (Size::default(), Permit::default());
        let request = request(operation, viewer, id, &size, &permit);
        let work = EXECUTING.scope((), async move { schema.execute(request).await });
        let work = AssertUnwindSafe(work).catch_unwind();
        let done = async {
            match (is_write, is_light) {
                // What was begun is finished, whether or not the caller is still there.
                (true, _) => self.pool.spawn(work, is_light).await,
                (false, true) => Some(work.await),
                (false, false) => self.pool.run(work).await,
            }
        };
        match tokio::time::timeout(DEADLINE, done).await {
            Ok(Some(Ok(_))) if size.is_too_much() => Err(too_large()),
            Ok(Some(Ok(response))) => Ok(Answer::of(&response, told)),
            Err(_) => Err(late()),
            Ok(Some(Err(panic))) => Err(broken(panic, id)),
            Ok(None) => Err(internal(id)),
        }
    }

    /// Answers an operation of any kind, message by message: a query or a mutation with a single one.
    pub fn messages(self: &Arc<Self>, operation: Operation, viewer: Viewer, id: RequestId) -> Messages {
        if operation.kind == Kind::Subscription {
            return self.subscribe(operation, viewer, id);
        }
        let endpoint = self.clone();
        let answered = async move {
            let answer = endpoint.run(operation, viewer, id).await;
            answer.map_or_else(Message::Failed, |it| Message::Next(it.body))
        };
        Messages { responses: stream::once(answered).boxed(), is_over: false }
    }

    /// Opens a subscription.
    pub fn subscribe(&self, operation: Operation, viewer: Viewer, id: RequestId) -> Messages {
        let is_light = operation.cost.requested <= LIGHT;
        let told = operation.tell_cost.then_some(operation.cost);
        let places = if is_light { &self.followers } else { &self.heavy_followers };
        let Ok(place) = places.clone().try_acquire_owned() else { return Messages::failed(busy()) };
        let (size, permit) = (Size::default(), Permit::default());
        let request = request(operation, viewer, id, &size, &permit);
        let mut responses = self.schema.execute_stream(request);
        let responses = stream::poll_fn(move |cx| EXECUTING.sync_scope((), || responses.poll_next_unpin(cx)));
        let message = move |it: Result<Response, _>| match it {
            Err(panic) => Message::Failed(broken(panic, id)),
            Ok(_) if size.is_too_much() => Message::Failed(too_large()),
            Ok(it) => {
                size.start_again();
                permit.renew();
                read(&it, told)
            }
        };
        let messages = AssertUnwindSafe(responses).catch_unwind().map(message);
        // It has its place for as long as it is there.
        let messages = messages.inspect(move |_| _ = &place).boxed();
        Messages { responses: if is_light { messages } else { self.elsewhere(messages) }, is_over: false }
    }

    /// Drives a stream on the threads for what takes long.
    fn elsewhere(&self, mut messages: BoxStream<'static, Message>) -> BoxStream<'static, Message> {
        let (sender, receiver) = mpsc::channel(1);
        let work = async move {
            while let Some(message) = messages.next().await {
                if sender.send(message).await.is_err() {
                    return;
                }
            }
        };
        let tasks = self.pool.start(work);
        stream::unfold((receiver, tasks), |(mut receiver, tasks)| async move {
            Some((receiver.recv().await?, (receiver, tasks)))
        })
        .boxed()
    }
}

impl Messages {
    fn failed(refused: Refused) -> Self {
        Self { responses: stream::once(async { Message::Failed(refused) }).boxed(), is_over: false }
    }
}

impl Stream for Messages {
    type Item = Message;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Message>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        let next = ready!(self.responses.poll_next_unpin(cx));
        self.is_over = !matches!(next, Some(Message::Next(_)));
        Poll::Ready(next)
    }
}

impl Answer {
    fn of(response: &Response, told: Option<super::Cost>) -> Self {
        let outcome = if response.errors.is_empty() { Outcome::Complete } else { Outcome::Partial };
        Self { body: json::write_response(response, told), outcome }
    }
}

impl From<Refused> for Answer {
    fn from(refused: Refused) -> Self {
        Self { body: refused.to_json(), outcome: Outcome::Refused(refused.reason) }
    }
}

/// An answer within a subscription; where its source was not opened there is nothing but errors.
fn read(response: &Response, told: Option<super::Cost>) -> Message {
    let is_unopened = |it: &ServerError| it.source.as_ref().is_some_and(|it| it.is::<Unopened>());
    if response.data == Value::Null && response.errors.iter().any(is_unopened) {
        return Message::Failed(Refused { reason: Reason::Source, errors: response.errors.clone() });
    }
    Message::Next(json::write_response(response, told))
}

/// The request as the executor takes it.
fn request(
    operation: Operation,
    viewer: Viewer,
    id: RequestId,
    size: &Size,
    permit: &Permit,
) -> async_graphql::Request {
    operation.into_request().data(viewer).data(id).data(size.clone()).data(permit.clone())
}

fn busy() -> Refused {
    Refused::new(Reason::Busy, code::OVERLOADED, "too much is going on; try again in a second", None)
}

fn late() -> Refused {
    let message = "the operation took longer than 10 seconds; ask for less";
    Refused::new(Reason::Late, code::DEADLINE_EXCEEDED, message, None)
}

fn too_large() -> Refused {
    let message = "the answer has more than 8 MiB, ask for less; what a mutation changed is changed";
    Refused::new(Reason::TooLarge, code::ANSWER_TOO_LARGE, message, None)
}

/// A fault in how documents are read is that request's alone, as one in a resolver is.
fn unless_it_panics<T>(id: RequestId, work: impl FnOnce() -> Result<T, Refused>) -> Result<T, Refused> {
    let done = EXECUTING.sync_scope((), || std::panic::catch_unwind(AssertUnwindSafe(work)));
    done.unwrap_or_else(|panic| Err(broken(panic, id)))
}

fn broken(panic: Panic, id: RequestId) -> Refused {
    panic::log(&panic, Some(id), &[]);
    internal(id)
}

fn internal(id: RequestId) -> Refused {
    let error = panic::error(None);
    Refused { reason: Reason::Internal, errors: vec![panic::named(error, Some(id))] }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_fault_in_reading_is_that_requests_alone() {
        let id = RequestId(Uuid::from_u128(7));
        let refused = unless_it_panics::<()>(id, || panic!("secret")).expect_err("it panicked");
        let text = String::from_utf8(refused.to_json()).expect("text");
        assert_eq!(
            text,
            format!(
                r#"{{"errors":[{{"message":"internal server error","extensions":{{"code":"INTERNAL_SERVER_ERROR","requestId":"{}"}}}}]}}"#,
                id.0
            )
        );
        assert_eq!(refused.reason, Reason::Internal);
    }
}
