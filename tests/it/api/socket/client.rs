//! A client that speaks `graphql-transport-ws`.

use std::{net::SocketAddr, time::Duration};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

use crate::world::text;

pub const INIT: &str = r#"{"type":"connection_init"}"#;

pub struct Client(pub WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Client {
    /// A socket over which nothing has been said.
    pub async fn connect(address: SocketAddr) -> Self {
        let (socket, response) = connect_async(handshake(address, "graphql-transport-ws")).await.unwrap();
        assert_eq!(response.headers()["sec-websocket-protocol"], "graphql-transport-ws");
        Self(socket)
    }

    pub async fn open(address: SocketAddr) -> Self {
        let mut client = Self::connect(address).await;
        client.say(INIT).await;
        assert_eq!(client.next().await["type"], "connection_ack");
        client
    }

    pub async fn say(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    pub async fn send(&mut self, message: Value) {
        self.say(&message.to_string()).await;
    }

    pub async fn subscribe(&mut self, id: &str, query: &str) {
        self.send(json!({ "id": id, "type": "subscribe", "payload": { "query": query } })).await;
    }

    pub async fn follow(&mut self, id: &str, learner: &str, after: i64) {
        let query = "subscription($id: ID!, $after: Int) {
            learnerEvents(learner: { id: $id }, afterVersion: $after) { event { version kind } } }";
        let variables = json!({ "id": learner, "after": after });
        let payload = json!({ "query": query, "variables": variables });
        self.send(json!({ "id": id, "type": "subscribe", "payload": payload })).await;
    }

    /// The next message that is none of the WebSocket's own; `None`: the connection has ended in order.
    pub async fn receive(&mut self) -> Option<Message> {
        loop {
            let message =
                timeout(Duration::from_secs(10), self.0.next()).await.expect("a message in time")?;
            let message = message.expect("an orderly end");
            if !matches!(message, Message::Ping(_) | Message::Pong(_)) {
                return Some(message);
            }
        }
    }

    pub async fn next(&mut self) -> Value {
        let message = self.receive().await.expect("a message");
        serde_json::from_str(message.to_text().unwrap()).unwrap_or_else(|_| panic!("{message:?}"))
    }

    /// What comes next, in short, such as `next a`, `error a NOT_FOUND` or `close 4400`.
    pub async fn hear(&mut self) -> String {
        match self.receive().await {
            Some(Message::Text(text)) => short(&serde_json::from_str(&text).unwrap()),
            Some(Message::Close(frame)) => {
                let frame = frame.expect("a code");
                assert!(frame.reason.len() <= 123 && !frame.reason.is_empty());
                assert!(self.receive().await.is_none(), "nothing comes after the end");
                format!("close {}", u16::from(frame.code))
            }
            other => panic!("{other:?}"),
        }
    }

    pub async fn hears(&mut self, n_messages: usize) -> Vec<String> {
        let mut heard = vec![];
        while heard.len() < n_messages {
            heard.push(self.hear().await);
        }
        heard
    }

    /// The next event that the subscription of that id tells of.
    pub async fn event(&mut self, id: &str) -> String {
        let message = self.next().await;
        assert_eq!((&message["type"], &message["id"]), (&json!("next"), &json!(id)), "{message}");
        let event = &message["payload"]["data"]["learnerEvents"]["event"];
        format!("{} {}", event["version"], text(&event["kind"]))
    }
}

fn short(message: &Value) -> String {
    let id = message["id"].as_str().map(|it| format!(" {it}")).unwrap_or_default();
    let kind = text(&message["type"]);
    match &*kind {
        "error" => format!("error{id} {}", text(&message["payload"][0]["extensions"]["code"])),
        "pong" if !message["payload"].is_null() => format!("pong {}", message["payload"]),
        _ => format!("{kind}{id}"),
    }
}

pub fn handshake(address: SocketAddr, protocols: &'static str) -> axum::http::Request<()> {
    let mut request = format!("ws://{address}/graphql").into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static(protocols));
    request
}
