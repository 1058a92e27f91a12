//! `POST /zoom/events`: Zoom's webhook. What must not be lost is written before the answer, the rest runs in the
//! background, so that the answer can come within 300 ms. Nothing enforces that time.
//!
//! Events about webinars are hints: the tick finds what a lost one reported. Events about registrants are applied as they
//! are, and a lost one is not recovered (R18).

use crate::jobs::trigger;
use crate::state::AppState;
use crate::store::signals;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::time::{self, Timestamp};
use domain::webinar::WEBINAR_CHANGE_EVENTS;
use domain::{Error, WebinarId};
use http::{HeaderMap, StatusCode};
use platform::auth::verify;
use platform::http::{Json, RawBody};
use platform::internal_api::{self, Component};
use platform::retry::RUN_TIMEOUT;
use platform::{ApiError, JsonBody};
use serde::de::IgnoredAny;
use serde_json::{Value, json};

pub(crate) async fn receive(
    State(state): State<AppState>,
    headers: HeaderMap,
    RawBody(raw): RawBody,
) -> Result<Response, ApiError> {
    verify::zoom(&state.ports, &headers, &raw).await?;
    let JsonBody(body) = JsonBody::<Value>::from_bytes(&raw)?;
    if !body["event"].is_string() {
        return Err(ApiError::invalid("The field event must be the name of the event."));
    }
    match ZoomEvent::parse(&body) {
        ZoomEvent::UrlValidation { plain_token } => {
            let encrypted = verify::zoom_validation(&state.ports, &plain_token).await?;
            return Ok(Json(json!({ "plainToken": plain_token, "encryptedToken": encrypted })).into_response());
        }
        ZoomEvent::WebinarEnded { webinar, at } => {
            signals::mark_webinar_ended(&state, webinar, at).await?;
            platform::log!(Info, "webinar.ended", webinar = webinar);
            state.ports.background.spawn(Box::pin(trigger::run(state.clone())));
        }
        ZoomEvent::Forward(component) => {
            state.ports.background.spawn(Box::pin(forward(state.clone(), component, body)));
        }
        ZoomEvent::Ignored => {}
    }
    state.ports.background.spawn(Box::pin(signals::record_event(state.clone())));
    Ok(StatusCode::OK.into_response())
}

/// Forwards an event unchanged to another component. The tick finds changes of webinars whose event was lost, but not
/// changes of registrants (R18).
async fn forward(state: AppState, component: Component, body: Value) {
    let answer: Result<IgnoredAny, Error> =
        internal_api::call(&state.ports, component, "/internal/zoom-events", &body, RUN_TIMEOUT).await;
    if let Err(error) = answer {
        platform::log!(Warn, "zoom_event.forward_failed", to = component.host(), error = error);
    }
}

/// What an event means for this application.
#[derive(Debug, PartialEq, Eq)]
enum ZoomEvent {
    /// Zoom validates the webhook's URL and secret.
    UrlValidation {
        /// The token to encrypt.
        plain_token: String,
    },
    /// A webinar ended; not its practice session.
    WebinarEnded {
        /// The webinar.
        webinar: WebinarId,
        /// The end, if the event has one.
        at: Option<Timestamp>,
    },
    /// The event belongs to another component.
    Forward(Component),
    /// Any other event. Unknown ones are not errors.
    Ignored,
}

impl ZoomEvent {
    fn parse(body: &Value) -> Self {
        let payload = &body["payload"];
        match body["event"].as_str().unwrap_or_default() {
            "endpoint.url_validation" => match payload["plainToken"].as_str() {
                Some(token) => Self::UrlValidation { plain_token: token.to_owned() },
                None => Self::Ignored,
            },
            "webinar.ended" if is_practice(payload) => Self::Ignored,
            // The id is a string in some events and a number in others (docs/reference/zoom.md).
            "webinar.ended" => match domain::json::from_value(&payload["object"]["id"]) {
                Ok(webinar) => Self::WebinarEnded { webinar, at: end(body) },
                Err(_) => Self::Ignored,
            },
            event if event.starts_with("webinar.registration_") => Self::Forward(Component::Registration),
            event if WEBINAR_CHANGE_EVENTS.contains(&event) => Self::Forward(Component::Catalog),
            _ => Self::Ignored,
        }
    }
}

/// Returns the end of the webinar, else the time of the event.
fn end(body: &Value) -> Option<Timestamp> {
    let end = body["payload"]["object"]["end_time"].as_str().and_then(time::parse);
    end.or_else(|| body["event_ts"].as_i64().map(time::from_millisecond))
}

/// Returns whether only the practice session ended, which also sends `webinar.ended`.
fn is_practice(payload: &Value) -> bool {
    let flag = &payload["object"]["practice_session"];
    flag.as_bool().unwrap_or_else(|| flag.as_str() == Some("true"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_event_is_parsed() {
        let ended = |object: Value| json!({"event": "webinar.ended", "payload": {"object": object}});
        for (body, expected) in [
            (ended(json!({"id": "9"})), ZoomEvent::WebinarEnded { webinar: 9.into(), at: None }),
            (
                ended(json!({"id": "9", "end_time": "2026-11-02T10:00:00Z"})),
                ZoomEvent::WebinarEnded { webinar: 9.into(), at: Some(Timestamp::constant(1_793_613_600, 0)) },
            ),
            (
                ended(json!({"id": 9, "practice_session": false})),
                ZoomEvent::WebinarEnded { webinar: 9.into(), at: None },
            ),
            (ended(json!({"id": 9, "practice_session": true})), ZoomEvent::Ignored),
            (ended(json!({"id": 9, "practice_session": "true"})), ZoomEvent::Ignored),
            (ended(json!({"id": "nine"})), ZoomEvent::Ignored),
            (ended(json!(null)), ZoomEvent::Ignored),
            (json!({"event": "webinar.updated"}), ZoomEvent::Forward(Component::Catalog)),
            (json!({"event": "webinar.registration_approved"}), ZoomEvent::Forward(Component::Registration)),
            (json!({"event": "webinar.participant_joined"}), ZoomEvent::Ignored),
            (json!({"event": "meeting.ended"}), ZoomEvent::Ignored),
            (json!({"event": 7}), ZoomEvent::Ignored),
            (json!([1]), ZoomEvent::Ignored),
            (json!("text"), ZoomEvent::Ignored),
        ] {
            assert_eq!(ZoomEvent::parse(&body), expected, "{body}");
        }
    }
}
