//! One socket from its first message to its last. It does one thing at a time: while a client does not take
//! what it is sent, nothing more is read from it and nothing more is made for it.

use std::{pin::pin, time::Duration};

use serde_json::value::RawValue;
use tokio::time::{Instant, Interval, sleep_until};
use tokio_tungstenite::tungstenite::Message;

use super::{
    operations::{MAX_OPERATIONS, Operations, Told},
    protocol::{self, Id, Said},
    wire::{End, Wire},
};
use crate::{
    graphql::{self, Asked, Reason, Refused, Viewer, code},
    http::{Server, request::read_payload},
};

/// How many heartbeats may pass without a sign of the client.
const MAX_SILENCE: u8 = 2;
/// How many pings there may be between two heartbeats: each costs the server an answer.
const MAX_PINGS: usize = 1_000;
/// How long answers under way may take once the server is to end; then there is time to say so.
const FINISHING: Duration = Duration::from_secs(4);

/// A client and what it asked.
pub(super) struct Session {
    server: Server,
    wire: Wire,
    operations: Operations,
    /// Whether the client has begun.
    is_open: bool,
    init_by: Instant,
    heart: Interval,
    /// Heartbeats since the client was heard.
    silence: u8,
    /// Pings since the last heartbeat.
    n_pings: usize,
    /// How many operations in a row were refused because there were too many at once.
    n_refused: usize,
}

impl Session {
    pub(super) fn new(server: Server, wire: Wire) -> Self {
        let options = server.options.live;
        let (init_by, heart) = (Instant::now() + options.init_timeout, options.heart());
        Self {
            server,
            wire,
            operations: Operations::default(),
            is_open: false,
            init_by,
            heart,
            silence: 0,
            n_pings: 0,
            n_refused: 0,
        }
    }

    /// Talks until one of both has enough.
    pub(super) async fn run(mut self) {
        let end = loop {
            if let Err(end) = self.step().await {
                break end;
            }
        };
        tracing::debug!(?end, "a socket ends");
        drop(self.operations);
        self.wire.close(end).await;
    }

    async fn step(&mut self) -> Result<(), End> {
        tokio::select! {
            message = self.wire.next() => {
                self.silence = 0;
                self.hear(message?).await
            }
            told = self.operations.next() => self.tell(told).await,
            _ = self.heart.tick() => self.beat().await,
            () = self.server.closes() => self.finish().await,
            () = sleep_until(self.init_by), if !self.is_open => Err(protocol::NEVER_OPENED),
        }
    }

    async fn hear(&mut self, message: Message) -> Result<(), End> {
        let text = match &message {
            Message::Text(text) => text.as_str(),
            Message::Binary(_) => return Err(protocol::NOT_TEXT),
            // It is answered already.
            Message::Ping(_) => return self.pinged(),
            _ => return Ok(()),
        };
        match protocol::read(text)? {
            Said::Init if self.is_open => Err(protocol::OPENED_TWICE),
            Said::Init => {
                self.is_open = true;
                self.wire.send(protocol::ack()).await
            }
            Said::Ping(payload) => {
                self.pinged()?;
                self.wire.send(protocol::pong(payload)).await
            }
            Said::Pong => Ok(()),
            Said::Subscribe(id, payload) => self.subscribe(id, payload).await,
            Said::Complete(id) => {
                self.operations.stop(&id);
                Ok(())
            }
        }
    }

    async fn subscribe(&mut self, id: Id, payload: &RawValue) -> Result<(), End> {
        if !self.is_open {
            return Err(protocol::NOT_OPEN);
        }
        if self.operations.has(&id) {
            return Err(protocol::TAKEN);
        }
        if self.operations.is_full() {
            self.n_refused += 1;
            if self.n_refused > MAX_OPERATIONS {
                return Err(protocol::FLOODS);
            }
            let message = "a socket may have 100 operations at once; complete one first";
            let refused = Refused::new(Reason::Busy, code::LIMIT_EXCEEDED, message, None);
            return self.wire.send(protocol::error(&id, &refused)).await;
        }
        let asked = read_payload(payload.get().as_bytes()).map_err(|_| protocol::NO_OPERATION)?;
        let request = self.server.fresh_id();
        match self.server.endpoint.prepare(Asked { id: request, ..asked }) {
            Ok(operation) => {
                let (viewer, kind) = (Viewer::admin(), operation.kind);
                self.n_refused = 0;
                self.operations.start(id, kind, self.server.endpoint.messages(operation, viewer, request));
                Ok(())
            }
            Err(refused) if refused.reason == Reason::Malformed => Err(protocol::NO_OPERATION),
            Err(refused) => self.wire.send(protocol::error(&id, &refused)).await,
        }
    }

    fn pinged(&mut self) -> Result<(), End> {
        self.n_pings += 1;
        if self.n_pings <= MAX_PINGS { Ok(()) } else { Err(protocol::PINGS_TOO_OFTEN) }
    }

    /// The server ends: what is answered once is still answered, and nothing is heard anymore.
    async fn finish(&mut self) -> Result<(), End> {
        let mut deadline = pin!(sleep_until(Instant::now() + FINISHING));
        while self.operations.are_ending() {
            tokio::select! {
                told = self.operations.next() => self.tell(told).await?,
                () = &mut deadline => break,
            }
        }
        Err(protocol::SERVER_ENDS)
    }

    async fn tell(&mut self, (id, message): Told) -> Result<(), End> {
        let message = match message {
            Some(graphql::Message::Next(json)) => protocol::next(&id, &json),
            Some(graphql::Message::Failed(refused)) => protocol::error(&id, &refused),
            None => protocol::complete(&id),
        };
        self.wire.send(message).await
    }

    /// Every library answers a ping of the WebSocket by itself, browsers too.
    async fn beat(&mut self) -> Result<(), End> {
        if self.silence >= MAX_SILENCE {
            return Err(protocol::SILENT);
        }
        self.silence += 1;
        self.n_pings = 0;
        self.wire.send(Message::Ping(Default::default())).await
    }
}
