//! `POST /zoom/events`: Zoom's webhook. What must not be lost is written before the answer, the rest runs in the
//! background, so that the answer can come within 300 ms. Nothing enforces that time.
//!
//! Events are hints: the tick finds what a lost one reported. `registration` marks the webinar of an event about a
//! registrant before it answers, so such an event is acknowledged only then (R18).

use crate::alerts;
use crate::jobs::{live_worker, trigger};
use crate::live::{address_lookup, watch};
use crate::state::AppState;
use crate::store::{live_joins, signals};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::ids::InstanceUuid;
use domain::records::LiveJoin;
use domain::time::{SignedDuration, Timestamp};
use domain::webinar::WEBINAR_CHANGE_EVENTS;
use domain::{Email, Error, WebinarId};
use http::StatusCode;
use platform::ApiError;
use platform::http::{Json, RawBody};
use platform::internal_api::{self, Component};
use platform::retry::RUN_TIMEOUT;
use serde::de::IgnoredAny;
use zoom_client::events::{self, JoinedParticipant, SignatureHeaders, ZoomEvent, ZoomRequest};

/// How long the mark of a registrant event may take. Zoom waits 3 seconds for the acknowledgement.
const MARK_TIMEOUT: SignedDuration = SignedDuration::from_millis(2_500);

pub(crate) async fn receive(
    State(state): State<AppState>,
    headers: SignatureHeaders,
    RawBody(raw): RawBody,
) -> Result<Response, ApiError> {
    let event = match events::receive(&state.ports, &headers, &raw).await? {
        ZoomRequest::UrlValidation(answer) => {
            signals::record_validation(&state).await;
            return Ok(Json(answer).into_response());
        }
        ZoomRequest::Event(event) => event,
    };
    match Reaction::to(&event) {
        Reaction::WebinarStarted { webinar, session, at } => {
            signals::mark_webinar_started(&state, webinar, session, at).await?;
        }
        Reaction::WebinarEnded { webinar, session, at, may_be_practice } => {
            signals::mark_webinar_ended(&state, webinar, session, at, may_be_practice).await?;
            platform::log!(Info, "webinar.ended", webinar = webinar);
            state.ports.background.spawn(Box::pin(trigger::run(state.clone())));
        }
        Reaction::ParticipantJoined { webinar, participant } => joined(&state, webinar, participant).await?,
        Reaction::MarkRegistrants => {
            let marked: Result<IgnoredAny, Error> =
                internal_api::call(&state.ports, Component::Registration, &["zoom-events"], &event, MARK_TIMEOUT).await;
            // Zoom repeats an event after 5xx only.
            marked.map_err(|error| ApiError::new(error.problem()).with_status(StatusCode::SERVICE_UNAVAILABLE))?;
        }
        Reaction::Forward(component) => {
            state.ports.background.spawn(Box::pin(forward(state.clone(), component, event)));
        }
        Reaction::Ignore => {}
    }
    state.ports.background.spawn(Box::pin(after_event(state.clone())));
    Ok(StatusCode::OK.into_response())
}

/// Records that Zoom sent an event. Once a minute also looks whether the scheduler calls, since a tick that does not
/// come cannot.
async fn after_event(state: AppState) {
    if signals::record_event(&state).await {
        alerts::after_event(&state).await;
    }
}

/// Writes down a join that counts, and lets a worker set the person to Attended.
async fn joined(state: &AppState, webinar: WebinarId, participant: JoinedParticipant) -> Result<(), Error> {
    let JoinedParticipant { registrant, email, is_user, at } = participant;
    let now = state.now();
    let is_known = registrant.is_some() || email.is_some();
    if !is_known || !watch::counts(state, webinar, at.unwrap_or(now)).await? {
        return Ok(());
    }
    let hash = email.as_ref().map(Email::hash);
    // A user without a registration may be a colleague of the host: the report says so, the event does not.
    let unregistered = email.filter(|_| registrant.is_none() && !is_user);
    live_joins::append(state, webinar, LiveJoin { at: now, registrant, email: hash, leads: Vec::new() }).await?;
    if unregistered.is_some_and(|email| state.live.addresses.push(webinar, email)) {
        state.ports.background.spawn(Box::pin(address_lookup::run(state.clone(), webinar)));
    }
    state.ports.background.spawn(Box::pin(live_worker::start(state.clone(), webinar, now)));
    Ok(())
}

/// Forwards an event unchanged to another component. The tick finds changes whose event was lost.
async fn forward(state: AppState, component: Component, event: ZoomEvent) {
    let answer: Result<IgnoredAny, Error> =
        internal_api::call(&state.ports, component, &["zoom-events"], &event, RUN_TIMEOUT).await;
    if let Err(error) = answer {
        platform::log!(Warn, "zoom_event.forward_failed", to = component.host(), error = error);
    }
}

/// What this application does after an event.
#[derive(Debug, PartialEq, Eq)]
enum Reaction {
    /// A session of a webinar started.
    WebinarStarted {
        /// The webinar.
        webinar: WebinarId,
        /// The session.
        session: InstanceUuid,
        /// The start, if the event has one.
        at: Option<Timestamp>,
    },
    /// A session of a webinar ended.
    WebinarEnded {
        /// The webinar.
        webinar: WebinarId,
        /// The session, if the event has one.
        session: Option<InstanceUuid>,
        /// Whether it may have been a practice session. Zoom does not document whether the flag means that, or only
        /// that practice sessions are turned on (docs/reference/zoom.md).
        may_be_practice: bool,
        /// The end, if the event has one.
        at: Option<Timestamp>,
    },
    /// A person joined a webinar.
    ParticipantJoined {
        /// The webinar.
        webinar: WebinarId,
        /// The person.
        participant: JoinedParticipant,
    },
    /// A registrant changed.
    MarkRegistrants,
    /// The event belongs to another component.
    Forward(Component),
    /// Any other event. Unknown ones are not errors.
    Ignore,
}

impl Reaction {
    fn to(event: &ZoomEvent) -> Self {
        match event.name() {
            "webinar.started" => match (event.webinar(), event.session()) {
                (Some(webinar), Some(session)) => {
                    Self::WebinarStarted { webinar, session, at: event.webinar_started_at() }
                }
                _ => Self::Ignore,
            },
            "webinar.ended" => match event.webinar() {
                Some(webinar) => Self::WebinarEnded {
                    webinar,
                    session: event.session(),
                    at: event.webinar_ended_at(),
                    may_be_practice: event.is_practice(),
                },
                None => Self::Ignore,
            },
            "webinar.participant_joined" => match event.webinar() {
                Some(webinar) => Self::ParticipantJoined { webinar, participant: event.participant() },
                None => Self::Ignore,
            },
            name if name.starts_with("webinar.registration_") => Self::MarkRegistrants,
            name if WEBINAR_CHANGE_EVENTS.contains(&name) => Self::Forward(Component::Catalog),
            _ => Self::Ignore,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn each_event_is_parsed() {
        let event =
            |event: &str, object: Value| json!({"event": format!("webinar.{event}"), "payload": {"object": object}});
        let ended = |object: Value| event("ended", object);
        let end = |session: Option<&str>, at: Option<i64>, may_be_practice: bool| Reaction::WebinarEnded {
            webinar: 9.into(),
            session: session.map(InstanceUuid::from),
            at: at.map(|second| Timestamp::from_second(second).unwrap()),
            may_be_practice,
        };
        let started = Reaction::WebinarStarted {
            webinar: 9.into(),
            session: "/u==".into(),
            at: Some(Timestamp::constant(1_793_613_600, 0)),
        };
        for (body, expected) in [
            (ended(json!({"id": "9"})), end(None, None, false)),
            (ended(json!({"id": "9", "end_time": "2026-11-02T10:00:00Z"})), end(None, Some(1_793_613_600), false)),
            (ended(json!({"id": 9, "uuid": "/u==", "practice_session": false})), end(Some("/u=="), None, false)),
            (ended(json!({"id": 9, "uuid": "", "practice_session": true})), end(None, None, true)),
            (ended(json!({"id": 9, "practice_session": "true"})), end(None, None, true)),
            (event("started", json!({"id": "9", "uuid": "/u==", "start_time": "2026-11-02T10:00:00Z"})), started),
            (event("started", json!({"id": "9"})), Reaction::Ignore),
            (ended(json!({"id": "nine"})), Reaction::Ignore),
            (ended(json!(null)), Reaction::Ignore),
            (json!({"event": "webinar.updated"}), Reaction::Forward(Component::Catalog)),
            (json!({"event": "webinar.registration_approved"}), Reaction::MarkRegistrants),
            (json!({"event": "webinar.participant_joined"}), Reaction::Ignore),
            (
                event("participant_joined", json!({"id": "9", "participant": 5})),
                Reaction::ParticipantJoined { webinar: 9.into(), participant: JoinedParticipant::default() },
            ),
            (json!({"event": "meeting.ended"}), Reaction::Ignore),
            (json!({"event": 7}), Reaction::Ignore),
            (json!([1]), Reaction::Ignore),
            (json!("text"), Reaction::Ignore),
        ] {
            let event: ZoomEvent = serde_json::from_value(body.clone()).unwrap();
            assert_eq!(Reaction::to(&event), expected, "{body}");
        }
    }
}
