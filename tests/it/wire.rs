//! Bytes over a socket, for what no HTTP library would send.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// Nothing takes as long, unless it hangs.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub struct Wire(TcpStream);

impl Wire {
    pub async fn open(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.expect("a connection"))
    }

    /// Whether the server still took all of it.
    pub async fn send(&mut self, bytes: &[u8]) -> bool {
        timeout(PATIENCE, self.0.write_all(bytes)).await.expect("the server reads or closes").is_ok()
    }

    /// What comes until the server closes.
    pub async fn rest(&mut self) -> String {
        let mut bytes = vec![];
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match timeout(PATIENCE, self.0.read(&mut buffer)).await.expect("the server answers or closes") {
                Ok(0) | Err(_) => return String::from_utf8_lossy(&bytes).into_owned(),
                Ok(n_bytes) => bytes.extend_from_slice(&buffer[..n_bytes]),
            }
        }
    }

    /// One answer with a `content-length`; the connection may stay open.
    pub async fn answer(&mut self) -> String {
        let mut bytes = vec![];
        loop {
            let text = String::from_utf8_lossy(&bytes);
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head.lines().find_map(|it| it.strip_prefix("content-length: "));
                if length.is_none_or(|it| it.parse::<usize>().expect("a length") <= body.len()) {
                    return text.into_owned();
                }
            }
            match timeout(PATIENCE, self.0.read_u8()).await.expect("the server answers or closes") {
                Ok(byte) => bytes.push(byte),
                Err(_) => return text.into_owned(),
            }
        }
    }
}

/// Sends it all and reads until the server closes.
pub async fn talk(address: SocketAddr, bytes: &[u8]) -> String {
    let mut wire = Wire::open(address).await;
    wire.send(bytes).await;
    wire.rest().await
}

/// A POST of JSON to the endpoint, with further lines of head.
pub fn post(head: &str, body: &str) -> String {
    format!(
        "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{head}\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The status of an answer, and its code where it has one.
pub fn summary(answer: &str) -> String {
    let status = answer.split(' ').nth(1).unwrap_or("closed");
    let code = answer.split(r#""code":""#).nth(1).and_then(|it| it.split('"').next()).unwrap_or_default();
    format!("{status} {code}").trim_end().to_owned()
}
