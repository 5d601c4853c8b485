//! Follows the feed for each webhook and has its messages brought. Buckets go side by side, each in order and with one
//! message under way; one whose message was not taken waits until that is tried again.

use std::{collections::BTreeSet, panic::AssertUnwindSafe, pin::pin, sync::Arc, time::Duration};

use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use super::{
    Hook,
    deliveries::{Attempt, EventPlace, Waiting},
    endpoint::{Content, kind_of},
    report,
};
use crate::{
    app::App,
    domain::{
        event::Event,
        id::{LearnerId, WebhookId},
    },
    store::{Bucket, FeedItem, Position, StoreError},
};

/// How many messages are under way to one webhook.
const MAX_FLIGHTS: usize = 8;
/// How many events of a bucket are read at a time.
const BATCH: usize = 32;
/// How long what is under way may take once the server is to end.
const DRAIN: Duration = Duration::from_secs(3);
/// For how many ticks a webhook is left alone whose worker panicked.
const PAUSE: u32 = 10;

/// What is done for a webhook at a time: a bucket, or what is parked.
type Lane = Option<u16>;

impl App {
    /// Tells all webhooks of what happens until `closing`; then what is under way may end, and how far each is is
    /// kept. It is kept every `tick` as well, and so often is looked whether something is due.
    pub async fn tell_webhooks(self: Arc<Self>, tick: Duration, closing: watch::Receiver<bool>) {
        let (mut workers, mut known) = (JoinSet::new(), BTreeSet::<WebhookId>::new());
        loop {
            match self.webhooks.all().await {
                Ok(hooks) => {
                    for hook in hooks.into_iter().filter(|it| known.insert(it.id)) {
                        let worker = Worker { app: self.clone(), hook, tick, closing: closing.clone() };
                        workers.spawn(worker.watched());
                    }
                }
                Err(error) => report(&error),
            }
            tokio::select! {
                () = self.webhooks.added.notified() => {}
                () = closes(closing.clone()) => break,
                // What could not be read is read again.
                () = sleep(tick), if known.is_empty() => {}
            }
        }
        while workers.join_next().await.is_some() {}
    }
}

async fn closes(mut closing: watch::Receiver<bool>) {
    // A server whose beginning is gone ends as well.
    let _ = closing.wait_for(|it| *it).await;
}

#[derive(Clone)]
struct Worker {
    app: Arc<App>,
    hook: Arc<Hook>,
    tick: Duration,
    closing: watch::Receiver<bool>,
}

impl Worker {
    /// Runs until the end, whatever panics meanwhile: what was under way is sent again.
    async fn watched(self) {
        while AssertUnwindSafe(self.run()).catch_unwind().await.is_err() {
            tracing::error!(webhook = %self.hook.id, "serving a webhook panicked; it goes on after a pause");
            tokio::select! {
                () = sleep(self.tick * PAUSE) => {}
                () = closes(self.closing.clone()) => return self.save().await,
            }
        }
    }

    async fn run(&self) {
        let mut feed = self.app.store.watch_all();
        let mut flights = FuturesUnordered::<BoxFuture<'_, Lane>>::new();
        let (mut busy, mut start, mut saved) = (BTreeSet::<Lane>::new(), 0, Instant::now());
        let mut closes = pin!(closes(self.closing.clone()));
        while !self.hook.is_removed() {
            feed.mark_unchanged();
            for (lane, head) in self.due(&busy, start).await {
                busy.insert(lane);
                start = lane.unwrap_or(start);
                flights.push(self.fly(lane, head).boxed());
            }
            tokio::select! {
                Some(lane) = flights.next(), if !flights.is_empty() => { busy.remove(&lane); }
                changed = feed.changed(), if busy.len() < MAX_FLIGHTS => if changed.is_err() { break },
                () = self.hook.wake.notified() => {}
                () = sleep(self.tick) => {}
                () = &mut closes => break,
            }
            if self.tick <= saved.elapsed() && self.hook.is_dirty() {
                self.save().await;
                saved = Instant::now();
            }
        }
        let drained = timeout(DRAIN, async { while flights.next().await.is_some() {} });
        if !self.hook.is_removed() && drained.await.is_err() {
            tracing::info!(webhook = %self.hook.id, "messages were cut; they are sent again");
        }
        self.save().await;
    }

    async fn save(&self) {
        let _ = self.hook.save(&self.app.store).await.inspect_err(report);
    }

    /// What is to be done now beside what is being done, as much as there is room for; the buckets from the one that
    /// was served last on, so that a busy one does not keep the others waiting.
    async fn due(&self, busy: &BTreeSet<Lane>, start: u16) -> Vec<(Lane, Position)> {
        let n_free = MAX_FLIGHTS.saturating_sub(busy.len());
        if n_free == 0 || self.hook.webhook().disabled.is_some() || self.app.webhooks.courier().is_err() {
            return vec![];
        }
        let Ok(heads) = self.app.store.heads().await.inspect_err(report) else { return vec![] };
        let now = self.app.env.now();
        self.hook.read(|it| {
            let parked = it.deliveries.asked_for().map(|_| None);
            let mut buckets: Vec<_> = it.deliveries.due(&heads, now).collect();
            let n_before = buckets.partition_point(|it| *it <= start);
            buckets.rotate_left(n_before);
            let lanes = parked.into_iter().chain(buckets.into_iter().map(Some));
            let free = lanes.filter(|it| !busy.contains(it)).take(n_free);
            free.map(|it| (it, it.map_or(0, |it| heads[usize::from(it)]))).collect()
        })
    }

    async fn fly(&self, lane: Lane, head: Position) -> Lane {
        let done = match lane {
            Some(bucket) => self.bucket(bucket, head).await,
            None => self.parked().await,
        };
        if let Err(error) = done {
            tracing::error!(error = %error, webhook = %self.hook.id, "a webhook could not be served");
            sleep(Duration::from_secs(1)).await;
        }
        lane
    }

    /// Goes on with a bucket until there is no more for now, or something is not taken.
    async fn bucket(&self, number: u16, head: Position) -> Result<(), StoreError> {
        let (generation, after) = self.hook.place(number);
        let Some(bucket) = Bucket::new(number) else { return Ok(()) };
        let items = self.app.store.feed(bucket, after, BATCH).await?;
        if items.is_empty() {
            // A repair lost what stood there.
            self.hook.pass(generation, number, head);
        }
        for FeedItem { position, event } in items {
            let event = event.map(|it| (place(number, position, &it), it));
            let wanted = event.filter(|(place, _)| self.hook.read(|it| it.webhook.wants(&place.kind)));
            let goes_on = match wanted {
                Some((place, event)) => self.tell(generation, place, event).await?,
                None => self.hook.pass(generation, number, position),
            };
            if !goes_on {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Tells of one event. Answers whether its bucket goes on.
    async fn tell(&self, generation: u64, place: EventPlace, event: Event) -> Result<bool, StoreError> {
        if *self.closing.borrow() || !self.hook.goes_on(generation) {
            return Ok(false);
        }
        let learner = place.learner;
        // What was read before must not be told of somebody who is forgotten by now.
        if self.app.store.erased_at(learner).await?.is_some() {
            return Ok(self.hook.pass(generation, place.bucket, place.position));
        }
        let Some(attempt) = self.carry(&place, event).await else { return Ok(false) };
        let goes_on = self.hook.tried(generation, place, self.app.env.now(), attempt);
        self.forget_if_erased(learner).await?;
        Ok(goes_on)
    }

    /// Tries again what is parked and asked for, one after the other.
    async fn parked(&self) -> Result<(), StoreError> {
        while let Some(Waiting { event: place, .. }) = self.hook.read(|it| it.deliveries.asked_for().cloned())
        {
            if *self.closing.borrow() || self.hook.is_removed() || self.hook.webhook().disabled.is_some() {
                return Ok(());
            }
            let Some(bucket) = Bucket::new(place.bucket) else { return Ok(()) };
            let items = self.app.store.feed(bucket, place.position - 1, 1).await?;
            let found = items.into_iter().find(|it| it.position == place.position).and_then(|it| it.event);
            let Some(event) = found else {
                self.hook.change(|it| it.deliveries.drop_lost(&place));
                continue;
            };
            let Some(attempt) = self.carry(&place, event).await else { return Ok(()) };
            let (learner, now) = (place.learner, self.app.env.now());
            self.hook.tried_parked(place, now, attempt);
            self.forget_if_erased(learner).await?;
        }
        Ok(())
    }

    async fn carry(&self, place: &EventPlace, event: Event) -> Option<Attempt> {
        let courier = self.app.webhooks.courier().ok()?;
        let mut cursor = self.hook.cursor();
        let so_far = &mut cursor.0[usize::from(place.bucket)];
        *so_far = place.position.max(*so_far);
        let parcel = self.hook.webhook().parcel(Content::Event(Box::new(event), cursor), self.app.env.now());
        Some(courier.carry(parcel).await)
    }

    /// Whoever was erased while a message was under way is not to be in the log. Who is erased from now on is forgotten
    /// by who erases.
    async fn forget_if_erased(&self, learner: LearnerId) -> Result<(), StoreError> {
        if self.app.store.erased_at(learner).await?.is_some() {
            self.hook.forget(learner);
        }
        Ok(())
    }
}

fn place(bucket: u16, position: Position, event: &Event) -> EventPlace {
    let (learner, version) = (event.learner, event.version);
    EventPlace { learner, version, kind: kind_of(&event.change), bucket, position }
}
