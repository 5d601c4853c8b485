//! A WebSocket without what is said over it: whole messages within bounds, and an orderly end.

use futures_util::{SinkExt as _, StreamExt as _};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::{io::AsyncReadExt as _, time::timeout};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};

use crate::http::LiveOptions;

/// How many bytes a message may have, and a frame of one.
pub(super) const MAX_MESSAGE: usize = 256 * 1024;
/// How many bytes are read at a time.
const READ: usize = 4 * 1024;

/// What is sent and received over a WebSocket.
pub(super) struct Wire {
    stream: WebSocketStream<TokioIo<Upgraded>>,
    options: LiveOptions,
    /// What comes is not read as frames anymore.
    is_deaf: bool,
}

/// Why a socket ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The server closes it, with a code and a reason of at most 123 bytes.
    Close(u16, &'static str),
    /// The client closes it.
    Closed,
    /// The client is gone, or as good as.
    Gone,
}

impl Wire {
    pub(super) async fn new(connection: TokioIo<Upgraded>, options: LiveOptions) -> Self {
        let mut config = WebSocketConfig::default();
        config.max_message_size = Some(MAX_MESSAGE);
        config.max_frame_size = Some(MAX_MESSAGE);
        config.read_buffer_size = READ;
        config.write_buffer_size = 0;
        let stream = WebSocketStream::from_raw_socket(connection, Role::Server, Some(config)).await;
        Self { stream, options, is_deaf: false }
    }

    /// The next message.
    pub(super) async fn next(&mut self) -> Result<Message, End> {
        match self.stream.next().await {
            Some(Ok(Message::Close(_))) => Err(End::Closed),
            Some(Ok(message)) => Ok(message),
            Some(Err(error)) => {
                self.is_deaf = true;
                Err(end_of(&error))
            }
            None => Err(End::Gone),
        }
    }

    /// Sends a message, and waits until the client's side has taken it: until then nothing else is made.
    pub(super) async fn send(&mut self, message: Message) -> Result<(), End> {
        match timeout(self.options.write_timeout, self.stream.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(End::Gone),
        }
    }

    /// Ends it so that the client learns why: the connection is given up when both have said that it is closed.
    pub(super) async fn close(mut self, end: End) {
        let farewell = async {
            match end {
                End::Gone => return,
                End::Closed => {}
                End::Close(code, reason) => {
                    let frame = CloseFrame { code: CloseCode::from(code), reason: reason.into() };
                    if self.stream.send(Message::Close(Some(frame))).await.is_err() {
                        return;
                    }
                }
            }
            while !self.is_deaf {
                match self.stream.next().await {
                    Some(Ok(_)) => {}
                    Some(Err(_)) => self.is_deaf = true,
                    None => return,
                }
            }
            // Bytes that nobody reads would make the system reset the connection, and the reason would be lost.
            let mut ignored = [0; READ];
            while let Ok(1..) = self.stream.get_mut().read(&mut ignored).await {}
        };
        // Whoever does not agree in time is left.
        let _ = timeout(self.options.close_timeout, farewell).await;
    }
}

fn end_of(error: &Error) -> End {
    match error {
        Error::Capacity(_) => End::Close(1009, "a message must have at most 256 KiB"),
        Error::Utf8(_) => End::Close(1007, "text must be UTF-8"),
        Error::Protocol(_) => End::Close(1002, "this is no frame of a WebSocket"),
        _ => End::Gone,
    }
}
