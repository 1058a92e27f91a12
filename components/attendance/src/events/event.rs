//! What an event means to us. Pure.

use domain::WebinarId;
use domain::time::Timestamp;
use domain::webinar::CHANGES;
use platform::peers::Component;
use serde_json::Value;

/// An event as far as it matters here.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// Zoom asks whether we know the secret.
    UrlValidation {
        /// What to answer with.
        plain_token: String,
    },
    /// A webinar is over. Its practice session is not meant.
    Ended {
        /// Which.
        webinar: WebinarId,
        /// When, if the event tells.
        at: Option<Timestamp>,
    },
    /// Another component hears of it.
    For(Component),
    /// Not for us. New kinds of events are no error.
    Nothing,
}

impl Event {
    pub(super) fn read(body: &Value) -> Self {
        let payload = &body["payload"];
        match body["event"].as_str().unwrap_or_default() {
            "endpoint.url_validation" => match payload["plainToken"].as_str() {
                Some(token) => Self::UrlValidation { plain_token: token.to_owned() },
                None => Self::Nothing,
            },
            "webinar.ended" if is_practice(payload) => Self::Nothing,
            // The id is a string in some events, a number in others (zoom.md section 4).
            "webinar.ended" => match domain::json::from_value(&payload["object"]["id"]) {
                Ok(webinar) => Self::Ended { webinar, at: end(body) },
                Err(_) => Self::Nothing,
            },
            event if event.starts_with("webinar.registration_") => Self::For(Component::Registration),
            event if CHANGES.contains(&event) => Self::For(Component::Catalog),
            _ => Self::Nothing,
        }
    }
}

/// When it ended, or else when the event was made.
fn end(body: &Value) -> Option<Timestamp> {
    let told = body["payload"]["object"]["end_time"].as_str().and_then(|text| text.parse().ok());
    told.or_else(|| body["event_ts"].as_i64().map(Timestamp::from_millisecond))
}

/// Hosts rehearse in practice sessions, and their end raises `webinar.ended` as well.
fn is_practice(payload: &Value) -> bool {
    let flag = &payload["object"]["practice_session"];
    flag.as_bool().unwrap_or_else(|| flag.as_str() == Some("true"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_event_has_its_meaning() {
        let ended = |object: Value| json!({"event": "webinar.ended", "payload": {"object": object}});
        for (body, expected) in [
            (ended(json!({"id": "9"})), Event::Ended { webinar: 9.into(), at: None }),
            (
                ended(json!({"id": "9", "end_time": "2026-11-02T10:00:00Z"})),
                Event::Ended { webinar: 9.into(), at: Some(Timestamp::from_second(1_793_613_600)) },
            ),
            (ended(json!({"id": 9, "practice_session": false})), Event::Ended { webinar: 9.into(), at: None }),
            (ended(json!({"id": 9, "practice_session": true})), Event::Nothing),
            (ended(json!({"id": 9, "practice_session": "true"})), Event::Nothing),
            (ended(json!({"id": "nine"})), Event::Nothing),
            (ended(json!(null)), Event::Nothing),
            (json!({"event": "webinar.updated"}), Event::For(Component::Catalog)),
            (json!({"event": "webinar.registration_approved"}), Event::For(Component::Registration)),
            (json!({"event": "webinar.participant_joined"}), Event::Nothing),
            (json!({"event": "meeting.ended"}), Event::Nothing),
            (json!({"event": 7}), Event::Nothing),
            (json!([1]), Event::Nothing),
            (json!("text"), Event::Nothing),
        ] {
            assert_eq!(Event::read(&body), expected, "{body}");
        }
    }
}
