//! What stands behind a stand-in's stage: its clock, its faults, its record, and the control calls for them.

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, response::IntoResponse};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Clock, Fault, Faults, Log};

/// The clock, faults and record of one stand-in. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Backstage {
    /// The stand-in's clock.
    pub clock: Clock,
    /// The faults in force.
    pub faults: Faults,
    /// What was asked and answered.
    pub log: Log,
}

impl Backstage {
    /// The control calls that every stand-in has: `/_control/faults`, `/_control/time`, `/_control/requests`.
    pub fn control(&self) -> Router {
        Router::new()
            .route("/_control/faults", post(add_faults).get(pending_faults).delete(clear_faults))
            .route("/_control/time", post(advance).get(now))
            .route("/_control/requests", get(requests).delete(forget_requests))
            .with_state(self.clone())
    }
}

/// One rule, or a list of them.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(Fault),
    More(Vec<Fault>),
}

async fn add_faults(State(backstage): State<Backstage>, Json(faults): Json<OneOrMore>) -> StatusCode {
    match faults {
        OneOrMore::One(fault) => backstage.faults.add(fault),
        OneOrMore::More(faults) => faults.into_iter().for_each(|fault| backstage.faults.add(fault)),
    }
    StatusCode::NO_CONTENT
}

async fn pending_faults(State(backstage): State<Backstage>) -> impl IntoResponse {
    Json(backstage.faults.pending())
}

async fn clear_faults(State(backstage): State<Backstage>) -> StatusCode {
    backstage.faults.clear();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Advance {
    advance_seconds: i64,
}

async fn advance(State(backstage): State<Backstage>, Json(by): Json<Advance>) -> Json<Value> {
    backstage.clock.advance(SignedDuration::from_secs(by.advance_seconds));
    Json(json!({ "now": backstage.clock.now() }))
}

async fn now(State(backstage): State<Backstage>) -> Json<Value> {
    Json(json!({ "now": backstage.clock.now() }))
}

/// Which requests to show: of a method, to paths that fit a pattern.
#[derive(Deserialize)]
struct Wanted {
    method: Option<String>,
    path: Option<String>,
}

async fn requests(State(backstage): State<Backstage>, Query(wanted): Query<Wanted>) -> Json<Value> {
    let shown: Vec<_> = backstage
        .log
        .entries()
        .into_iter()
        .filter(|entry| wanted.method.as_ref().is_none_or(|method| *method == entry.method))
        .filter(|entry| wanted.path.as_ref().is_none_or(|path| super::path_matches(path, &entry.path)))
        .collect();
    Json(json!({ "count": shown.len(), "requests": shown }))
}

async fn forget_requests(State(backstage): State<Backstage>) -> StatusCode {
    backstage.log.clear();
    StatusCode::NO_CONTENT
}
