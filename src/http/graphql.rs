//! `/graphql`: operations by POST, subscriptions by WebSocket.

use async_graphql::Request;
use async_graphql_axum::{GraphQLProtocol, GraphQLWebSocket};
use axum::{
    Json,
    body::Bytes,
    extract::{FromRequestParts, State, WebSocketUpgrade, rejection::BytesRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};

use super::{MAX_BODY, Server, media_type, refuse};

/// The one protocol that is spoken over WebSockets.
const PROTOCOL: &str = "graphql-transport-ws";

/// Executes one operation from a JSON body.
pub(super) async fn post(
    State(server): State<Server>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    if media_type(headers.get(header::CONTENT_TYPE)).as_deref() != Some("application/json") {
        let message = "send the operation as JSON, with `Content-Type: application/json`";
        return refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", message);
    }
    let Ok(body) = body else {
        let message = format!("the body must have at most {MAX_BODY} bytes");
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", &message);
    };
    // An array would be read as the fields of a request, one after the other.
    let object = body.trim_ascii_start().starts_with(b"{");
    let Some(request) = object.then(|| serde_json::from_slice::<Request>(&body).ok()).flatten() else {
        let message =
            "the body must be a JSON object with `query`, and perhaps `variables` and `operationName`";
        return refuse(StatusCode::BAD_REQUEST, "BAD_REQUEST", message);
    };
    Json(server.schema.execute(request).await).into_response()
}

/// Opens a WebSocket; whoever comes without wanting one is told how to ask.
pub(super) async fn socket(State(server): State<Server>, mut parts: Parts) -> Response {
    if !parts.headers.contains_key(header::UPGRADE) {
        return method_not_allowed().await;
    }
    let Ok(upgrade) = WebSocketUpgrade::from_request_parts(&mut parts, &()).await else {
        return refuse(StatusCode::BAD_REQUEST, "BAD_REQUEST", "this is no WebSocket handshake");
    };
    let offered = parts.headers.get(header::SEC_WEBSOCKET_PROTOCOL).and_then(|it| it.to_str().ok());
    if !offered.is_some_and(|it| it.split(',').any(|it| it.trim() == PROTOCOL)) {
        let message = format!("offer the WebSocket subprotocol `{PROTOCOL}`");
        return refuse(StatusCode::BAD_REQUEST, "BAD_REQUEST", &message);
    }
    // Of all that a client offers the integration takes what comes first; only one is spoken here.
    parts.headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PROTOCOL));
    let Ok(protocol) = GraphQLProtocol::from_request_parts(&mut parts, &()).await else {
        return refuse(
            StatusCode::BAD_REQUEST,
            "BAD_REQUEST",
            "the WebSocket subprotocol is not spoken here",
        );
    };
    upgrade
        .protocols([PROTOCOL])
        .max_message_size(MAX_BODY)
        .on_upgrade(move |socket| GraphQLWebSocket::new(socket, server.schema, protocol).serve())
}

/// Says which methods there are.
pub(super) async fn method_not_allowed() -> Response {
    let message = "send operations by POST; open a WebSocket for subscriptions";
    let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", message);
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    response
}
