//! WebSockets with the subprotocol `graphql-transport-ws`, and with no other.

mod handshake;
mod operations;
mod protocol;
mod session;
mod wire;

use axum::{
    extract::Request,
    response::{IntoResponse as _, Response},
};
use hyper_util::rt::TokioIo;

use super::Server;
use session::Session;
use wire::Wire;

/// Answers a request to become a WebSocket, and talks over it from then on.
pub(super) async fn open(server: Server, mut request: Request) -> Response {
    let response = match handshake::agree(&request) {
        Ok(response) => response,
        Err(refusal) => return refusal.into_response(),
    };
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        // A client that leaves before it has the answer leaves nothing behind.
        if let Ok(connection) = upgrade.await {
            let wire = Wire::new(TokioIo::new(connection), server.options.live).await;
            Session::new(server, wire).run().await;
        }
    });
    let mut response = response;
    // They keep how the client spells the names of headers, and hyper spells the answer's alike: the client gql of
    // Python finds the subprotocol under that name only.
    *response.extensions_mut() = std::mem::take(request.extensions_mut());
    response
}
