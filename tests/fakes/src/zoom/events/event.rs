//! An event, and the record of its delivery.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

/// An event to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) body: Value,
}

/// Returns an event with the fields that all events have.
pub(super) fn envelope(name: &str, payload: Value, now: Timestamp) -> Event {
    let body = json!({ "event": name, "event_ts": now.as_millisecond(), "payload": payload });
    Event { name: name.to_owned(), body }
}

/// A sent event and the response to it.
#[derive(Clone, Debug, Serialize)]
pub struct EventDelivery {
    /// Index among the deliveries, from 0; [`Zoom::resend`](crate::zoom::Zoom::resend) takes it.
    pub seq: usize,
    /// Name of the event.
    pub event: String,
    /// The URL that the event was sent to.
    pub url: String,
    /// When the event was sent, by the clock of the fake.
    pub at: Timestamp,
    /// HTTP status of the response; none if there was no response within Zoom's three seconds.
    pub status: Option<u16>,
    /// Why there was no response.
    pub error: Option<String>,
    /// The body that was sent.
    pub body: Value,
}
