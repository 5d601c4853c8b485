//! How the server is offered.

use std::time::Duration;

use super::{LiveOptions, Origin, WebhookOptions};
use crate::graphql::EndpointOptions;

/// What can be chosen.
#[derive(Debug)]
pub struct Options {
    /// The origins, besides its own, whose pages may ask and read the answers.
    pub allow_origins: Vec<Origin>,
    /// Whether to answer with the status codes of the newest draft of GraphQL over HTTP: 422 for what does not fit
    /// the schema, 294 for data beside errors, to `application/json` as well.
    pub draft_statuses: bool,
    /// How long the head of a request may take, and how long a connection may be idle.
    pub header_timeout: Duration,
    /// How long the body of a request may take.
    pub body_timeout: Duration,
    /// How many bytes the bodies of all requests may have while they come, beyond 16 KiB of each; whoever sends more
    /// is told to come back.
    pub max_body_bytes: usize,
    /// How many connections there may be; more are told to come back.
    pub max_connections: usize,
    /// How patient the server is with what stays open.
    pub live: LiveOptions,
    /// How receivers are told of events.
    pub webhooks: WebhookOptions,
    /// How the API itself is offered.
    pub endpoint: EndpointOptions,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            allow_origins: vec![],
            draft_statuses: false,
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(15),
            max_body_bytes: 16 << 20,
            max_connections: 1_024,
            live: LiveOptions::default(),
            webhooks: WebhookOptions::default(),
            endpoint: EndpointOptions::default(),
        }
    }
}
