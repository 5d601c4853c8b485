//! What receivers of webhooks read: an event as exports have it, with the ids and the cursor that the API has for it.

use serde_json::json;

use super::{
    id::{NodeId, id_of},
    page::write_cursor,
    subscription::CURSOR_VERSION,
};
use crate::app::{Content, Parcel};

/// A message to a receiver.
#[derive(Debug)]
pub struct Letter {
    /// The same whenever it is sent again.
    pub id: String,
    /// JSON.
    pub body: Vec<u8>,
}

/// What to send.
pub fn letter(parcel: &Parcel) -> Letter {
    let (id, body) = match &parcel.content {
        Content::Event(event, cursor) => {
            let id = NodeId::Event(event.learner, event.version).encode().0;
            let event_json = serde_json::to_value(event).expect("an event is plain data");
            let data = json!({
                "eventId": id, "learnerId": id_of(event.learner),
                "cursor": write_cursor(CURSOR_VERSION, &cursor.to_bytes()), "event": event_json,
            });
            let kind = &data["event"]["kind"];
            let body = json!({ "type": kind, "timestamp": event.recorded_at, "data": data });
            (id, body)
        }
        Content::Test(id) => {
            let body = json!({ "type": "milepost.test", "timestamp": parcel.now, "data": {} });
            (format!("test_{id}"), body)
        }
    };
    Letter { id, body: serde_json::to_vec(&body).expect("plain data") }
}
