//! The request that turns a connection into a WebSocket.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header},
    response::Response,
};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::{
    graphql::code,
    http::{
        protocol::items,
        refusal::{Refusal, refuse},
    },
};

const SUBPROTOCOL: &str = "graphql-transport-ws";

/// The answer with which the connection becomes a WebSocket, or why it does not.
pub(super) fn agree(request: &Request) -> Result<Response, Refusal> {
    let headers = request.headers();
    let is_upgrade = request.method() == Method::GET
        && items(headers, &header::CONNECTION).any(|it| it.eq_ignore_ascii_case("upgrade"))
        && items(headers, &header::UPGRADE).any(|it| it.eq_ignore_ascii_case("websocket"));
    let key = headers.get(header::SEC_WEBSOCKET_KEY).filter(|it| it.len() == 24);
    let (true, Some(key)) = (is_upgrade, key) else {
        return Err(refuse(
            StatusCode::BAD_REQUEST,
            code::BAD_REQUEST,
            "this is no handshake of a WebSocket",
        ));
    };
    if headers.get(header::SEC_WEBSOCKET_VERSION).is_none_or(|it| it != "13") {
        let message = "open the WebSocket with version 13 of the protocol";
        let refusal = refuse(StatusCode::UPGRADE_REQUIRED, code::BAD_REQUEST, message);
        return Err(refusal.with(header::SEC_WEBSOCKET_VERSION, "13"));
    }
    if !items(headers, &header::SEC_WEBSOCKET_PROTOCOL).any(|it| it == SUBPROTOCOL) {
        let message = "offer the subprotocol `graphql-transport-ws`";
        return Err(refuse(StatusCode::BAD_REQUEST, code::BAD_REQUEST, message));
    }
    Ok(switching(&derive_accept_key(key.as_bytes())))
}

fn switching(accept: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, HeaderValue::from_str(accept).expect("it is Base64"));
    headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    response
}
