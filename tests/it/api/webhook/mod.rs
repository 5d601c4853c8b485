//! Receivers over HTTP: real ones, told by a real server.

mod address;
mod delivery;
mod erasing;
mod failing;
mod full;
mod managing;
mod panicking;
pub mod receiver;
mod restart;
mod tls;

use std::{future::pending, time::Duration};

use milepost::http::{Options, WebhookOptions};
use serde_json::{Value, json};

use crate::world::{World, errors, text};
use receiver::{Message, Receiver, Reply, until};

/// All that is known of a webhook but its log.
const ALL: &str =
    "webhook { id url description kinds state disabledBecause registeredAt cursor behind failingCount
    parkedCount failing { eventId kind attempts since nextAttemptAt status error }
    parked { eventId kind attempts since nextAttemptAt status error } }";

fn options() -> Options {
    let allow = vec!["127.0.0.1/32".parse().unwrap()];
    let webhooks = WebhookOptions { allow, tick: Duration::from_millis(10), ..WebhookOptions::default() };
    Options { webhooks, ..Options::default() }
}

/// As [`server`], for receivers that hang.
async fn impatient() -> World {
    let mut options = options();
    options.webhooks.timeout = Duration::from_millis(500);
    World::new().served_with(options, pending()).await.0
}

/// A server that may tell receivers on this machine.
async fn server() -> World {
    World::new().served_with(options(), pending()).await.0
}

impl World {
    /// Registers a receiver and answers its id and its secret.
    async fn hook(&self, input: Value) -> (String, String) {
        let made = self.call("registerWebhook", "webhook { id } secret", input).await;
        assert_eq!(errors(&made), [""; 0]);
        (text(&made["webhook"]["id"]), text(&made["secret"]))
    }

    /// What is known of a webhook.
    async fn hook_of(&self, id: &str, selection: &str) -> Value {
        let query = format!("query($id: ID!) {{ webhook(id: $id) {{ {selection} }} }}");
        Self::data(self.ask(&query, json!({ "id": id })).await)["webhook"].clone()
    }

    /// Waits until a field of a webhook has a value.
    async fn hook_has(&self, id: &str, field: &str, value: Value) {
        let read = || async { self.hook_of(id, field).await[field] == value };
        until(read, || format!("{field} is not {value}")).await;
    }

    async fn completes(&self, learner: &str, course: &str) -> Value {
        let input = json!({ "learner": { "id": learner }, "course": course });
        self.call("completeCourse", "", input).await["event"].clone()
    }

    /// The outcomes in the log, oldest first, each with its kind, status and error.
    async fn log(&self, id: &str) -> Vec<String> {
        let log = self.hook_of(id, "deliveries(first: 500) { kind status error outcome attempt }").await;
        let line = |it: &Value| {
            let (status, error) = (&it["status"], it["error"].as_str().unwrap_or(""));
            let status = if status.is_null() { String::new() } else { status.to_string() };
            format!("{} {} {status}{error} {}", text(&it["kind"]), it["attempt"], text(&it["outcome"]))
        };
        log["deliveries"].as_array().unwrap().iter().rev().map(line).collect()
    }
}
