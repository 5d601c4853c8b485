//! What no library would send: the bytes themselves.

use std::{net::SocketAddr, time::Duration};

use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use milepost::http::{Options, router};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use crate::world::World;

pub struct Raw {
    stream: TcpStream,
    head: String,
}

impl Raw {
    pub async fn open(address: SocketAddr, protocol: &str) -> Self {
        Self::ask(address, &format!("Sec-WebSocket-Protocol: {protocol}\r\n")).await
    }

    /// Sends the request with that end of its head, and reads the head of the answer.
    async fn ask(address: SocketAddr, headers: &str) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!(
            "GET /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Version: 13\r\n{headers}\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = vec![];
        while !head.ends_with(b"\r\n\r\n") {
            head.push(timeout(Duration::from_secs(5), stream.read_u8()).await.expect("in time").unwrap());
        }
        Self { stream, head: String::from_utf8(head).unwrap() }
    }

    /// A short text, masked with zeros.
    pub async fn text(&mut self, text: &str) {
        let length = 0x80 | u8::try_from(text.len()).unwrap();
        let frame = [&[0x81, length, 0, 0, 0, 0], text.as_bytes()].concat();
        self.stream.write_all(&frame).await.unwrap();
    }

    /// The kinds of the frames that come, up to the one that closes, with its code.
    pub async fn frames(&mut self) -> Vec<String> {
        let mut kinds = vec![];
        loop {
            let mut head = [0; 2];
            let read = timeout(Duration::from_secs(10), self.stream.read_exact(&mut head)).await;
            read.expect("a frame in time").unwrap();
            let mut payload = vec![0; usize::from(head[1])];
            self.stream.read_exact(&mut payload).await.unwrap();
            match head[0] {
                0x81 => kinds.push("text".to_owned()),
                0x89 => kinds.push("ping".to_owned()),
                0x88 => {
                    kinds.push(format!("close {}", u16::from_be_bytes([payload[0], payload[1]])));
                    return kinds;
                }
                other => panic!("a frame {other}"),
            }
        }
    }
}

#[tokio::test]
async fn frames_that_break_the_rules_close_the_socket() {
    let (_world, address) = World::new().served().await;
    for (frame, code) in [
        (&[0x81, 0x02, b'{', b'}'][..], "close 1002"),
        (&[0xC1, 0x80, 0, 0, 0, 0], "close 1002"),
        (&[0x83, 0x80, 0, 0, 0, 0], "close 1002"),
        (&[0x81, 0x82, 0, 0, 0, 0, 0xC3, 0x28], "close 1007"),
        (&[0x81, 0xFF, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], "close 1009"),
    ] {
        let mut raw = Raw::open(address, "graphql-transport-ws").await;
        raw.stream.write_all(frame).await.unwrap();
        assert_eq!(raw.frames().await, [code], "{frame:?}");
    }
}

#[tokio::test]
async fn what_is_no_handshake_is_refused() {
    let (_world, address) = World::new().served().await;
    for headers in ["", "Sec-WebSocket-Protocol: graphql-ws\r\n", "Sec-WebSocket-Protocol: \r\n"] {
        assert!(Raw::ask(address, headers).await.head.starts_with("HTTP/1.1 400 "), "{headers}");
    }
    let twice = "Sec-WebSocket-Protocol: graphql-ws\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n";
    assert!(Raw::ask(address, twice).await.head.starts_with("HTTP/1.1 101 "));
}

/// Python's gql looks the subprotocol up under the name that it wrote itself, letter by letter.
#[tokio::test]
async fn the_answer_spells_the_subprotocol_as_the_client_does() {
    let world = World::new();
    let router = router(world.app.clone(), Options::default()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let service = TowerToHyperService::new(router);
        let mut server = hyper::server::conn::http1::Builder::new();
        let connection = server.preserve_header_case(true).serve_connection(TokioIo::new(stream), service);
        connection.with_upgrades().await.unwrap();
    });
    let raw = Raw::open(address, "graphql-ws, graphql-transport-ws").await;
    assert!(raw.head.contains("\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n"), "{}", raw.head);
}
