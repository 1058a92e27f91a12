//! The control plane of a fake: its clock, its faults, its request log, and the control calls for them.

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, response::IntoResponse};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::support::fault_injection::{Fault, Faults, path_matches};
use crate::support::interruptions::Interruptions;
use crate::support::request_log::Log;
use crate::support::runtime::SharedRuntime;

/// The clock, the faults and the request log of one fake. Clones share them.
#[derive(Clone, Debug)]
pub struct Control {
    /// The clock of the fake.
    pub clock: Clock,
    /// The pending faults.
    pub faults: Faults,
    /// The pending interruptions.
    pub interruptions: Interruptions,
    /// The request log.
    pub log: Log,
    /// Time, outbound requests and tasks.
    pub(crate) runtime: SharedRuntime,
}

impl Control {
    /// Creates a control plane over a runtime.
    #[must_use]
    pub fn new(runtime: SharedRuntime) -> Self {
        Self {
            clock: Clock::new(runtime.clone()),
            faults: Faults::default(),
            interruptions: Interruptions::default(),
            log: Log::default(),
            runtime,
        }
    }

    /// Returns the control calls that both fakes have: `/_control/faults`, `/_control/time`, `/_control/requests`.
    pub fn routes(&self) -> Router {
        Router::new()
            .route("/_control/faults", post(add_faults).get(pending_faults).delete(clear_faults))
            .route("/_control/time", post(advance).get(now))
            .route("/_control/requests", get(requests).delete(forget_requests))
            .with_state(self.clone())
    }
}

/// On tokio and the wall clock.
#[cfg(feature = "server")]
impl Default for Control {
    fn default() -> Self {
        Self::new(Arc::new(crate::support::tokio_runtime::TokioRuntime::default()))
    }
}

/// One fault rule, or a list of them.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(Fault),
    More(Vec<Fault>),
}

async fn add_faults(State(control): State<Control>, Json(faults): Json<OneOrMore>) -> StatusCode {
    match faults {
        OneOrMore::One(fault) => control.faults.add(fault),
        OneOrMore::More(faults) => faults.into_iter().for_each(|fault| control.faults.add(fault)),
    }
    StatusCode::NO_CONTENT
}

async fn pending_faults(State(control): State<Control>) -> impl IntoResponse {
    Json(control.faults.pending())
}

async fn clear_faults(State(control): State<Control>) -> StatusCode {
    control.faults.clear();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Advance {
    advance_seconds: i64,
}

async fn advance(State(control): State<Control>, Json(by): Json<Advance>) -> Json<Value> {
    control.clock.advance(SignedDuration::from_secs(by.advance_seconds));
    Json(json!({ "now": control.clock.now() }))
}

async fn now(State(control): State<Control>) -> Json<Value> {
    Json(json!({ "now": control.clock.now() }))
}

/// Selects requests by method and by path pattern.
#[derive(Deserialize)]
struct RequestFilter {
    method: Option<String>,
    path: Option<String>,
}

async fn requests(State(control): State<Control>, Query(filter): Query<RequestFilter>) -> Json<Value> {
    let shown: Vec<_> = control
        .log
        .entries()
        .into_iter()
        .filter(|entry| filter.method.as_ref().is_none_or(|method| *method == entry.method))
        .filter(|entry| filter.path.as_ref().is_none_or(|path| path_matches(path, &entry.path)))
        .collect();
    Json(json!({ "count": shown.len(), "requests": shown }))
}

async fn forget_requests(State(control): State<Control>) -> StatusCode {
    control.log.clear();
    StatusCode::NO_CONTENT
}

/// The time of the runtime plus an offset. Clones share the offset.
#[derive(Clone, Debug)]
pub struct Clock {
    runtime: SharedRuntime,
    offset_ms: Arc<AtomicI64>,
}

impl Clock {
    fn new(runtime: SharedRuntime) -> Self {
        Self { runtime, offset_ms: Arc::default() }
    }

    /// Returns the current time of the fake.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let offset = SignedDuration::from_millis(self.offset_ms.load(Ordering::SeqCst));
        // Saturates at the ends of the calendar instead of failing.
        self.unshifted().saturating_add(offset).unwrap_or(Timestamp::MAX)
    }

    /// Returns the time without the offset, which is that of the application.
    #[must_use]
    pub fn unshifted(&self) -> Timestamp {
        self.runtime.now()
    }

    /// Moves the clock; a negative duration moves it back.
    pub fn advance(&self, by: SignedDuration) {
        let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.offset_ms.fetch_add(millis, Ordering::SeqCst);
    }
}
