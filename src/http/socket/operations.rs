//! The operations of one socket that are under way. They run side by side, and none keeps another waiting: each
//! tells one message, then it is the next one's turn.

use std::{collections::HashMap, future::pending};

use futures_util::{
    StreamExt as _,
    stream::{AbortHandle, BoxStream, SelectAll, abortable, once},
};

use super::protocol::Id;
use crate::graphql::{Kind, Message, Messages};

/// How many operations a socket may have at once.
pub(super) const MAX_OPERATIONS: usize = 100;

/// Operations by the ids that the client gave them.
#[derive(Default)]
pub(super) struct Operations {
    running: HashMap<Id, (Kind, AbortHandle)>,
    told: SelectAll<BoxStream<'static, Told>>,
}

/// What an operation tells; `None`: it is complete.
pub(super) type Told = (Id, Option<Message>);

impl Operations {
    pub(super) fn has(&self, id: &Id) -> bool {
        self.running.contains_key(id)
    }

    pub(super) fn is_full(&self) -> bool {
        self.running.len() >= MAX_OPERATIONS
    }

    /// Whether there are some that end by themselves.
    pub(super) fn are_ending(&self) -> bool {
        self.running.values().any(|it| it.0 != Kind::Subscription)
    }

    pub(super) fn start(&mut self, id: Id, kind: Kind, messages: Messages) {
        let whose = id.clone();
        let told = messages.map(Some).chain(once(async { None })).map(move |it| (whose.clone(), it));
        let (told, handle) = abortable(told);
        self.running.insert(id, (kind, handle));
        self.told.push(told.boxed());
    }

    /// Ends an operation, if it is under way. It tells nothing more.
    pub(super) fn stop(&mut self, id: &Id) {
        if let Some((_, handle)) = self.running.remove(id) {
            handle.abort();
        }
    }

    /// What is told next, by whichever operation.
    pub(super) async fn next(&mut self) -> Told {
        let Some((id, message)) = self.told.next().await else { return pending().await };
        if !matches!(message, Some(Message::Next(_))) {
            self.stop(&id);
        }
        (id, message)
    }
}
