//! The control calls under `/_control`, and the callback, which is not part of the REST API.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::marketo::campaign::definition::Campaign;
use crate::marketo::campaign::report::RunId;
use crate::marketo::campaign::{callback, flow};
use crate::marketo::install::installer;
use crate::marketo::state::SharedState;
use crate::marketo::subscription::field::Field;
use crate::marketo::subscription::member::{ChangedBy, StatusChange};
use crate::marketo::subscription::program::{Channel, NewProgram};
use crate::marketo::webhook;
use crate::support::sync::lock;

/// Returns the control calls and the callback.
pub(super) fn router(state: &SharedState) -> Router {
    Router::new()
        .route("/callback/{run}/{chunk}", post(callback::receive))
        .route("/_control/state", get(everything))
        .route("/_control/leads", post(add_leads))
        .route("/_control/lead-fields", post(add_lead_field))
        .route("/_control/member-fields", post(add_member_field))
        .route("/_control/channels", post(add_channel))
        .route("/_control/programs", post(add_program))
        .route("/_control/members", post(set_member))
        .route("/_control/campaigns", post(start_campaign))
        .route("/_control/campaigns/{id}", get(run))
        .route("/_control/campaigns/{id}/redeliver", post(redeliver))
        .route("/_control/install", post(install_check))
        .route("/_control/sent-fields", post(choose_sent_fields))
        .route("/_control/webhook", post(call_webhook))
        .route("/_control/token/expire", post(expire_token))
        .route("/_control/usage", post(spend_quota))
        .route("/_control/secrets", get(async |State(state): State<SharedState>| Json(state.secrets())))
        .route(
            "/_control/callback-secrets",
            get(async |State(state): State<SharedState>| Json(state.callback_secrets())),
        )
        .route("/_control/personal", get(async |State(state): State<SharedState>| Json(state.personal())))
        .with_state(state.clone())
        .merge(state.control.routes())
}

/// The response of a control call; an error is one sentence.
type ControlResponse = Result<Response, (StatusCode, String)>;

fn unprocessable(error: impl std::fmt::Display) -> (StatusCode, String) {
    (StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
}

async fn everything(State(state): State<SharedState>) -> Json<Value> {
    Json(state.state())
}

async fn add_leads(State(state): State<SharedState>, Json(leads): Json<Vec<Map<String, Value>>>) -> Json<Value> {
    let ids: Vec<i64> = leads.into_iter().map(|fields| state.add_lead(fields)).collect();
    Json(json!({"ids": ids}))
}

async fn add_lead_field(State(state): State<SharedState>, Json(field): Json<Field>) -> StatusCode {
    lock(&state.subscription).leads.fields.push(field);
    StatusCode::NO_CONTENT
}

async fn add_member_field(State(state): State<SharedState>, Json(field): Json<Field>) -> StatusCode {
    lock(&state.subscription).member_fields.push(field);
    StatusCode::NO_CONTENT
}

async fn add_channel(State(state): State<SharedState>, Json(channel): Json<Channel>) -> Json<Value> {
    Json(json!({"id": lock(&state.subscription).add_channel(channel)}))
}

async fn add_program(State(state): State<SharedState>, Json(program): Json<NewProgram>) -> ControlResponse {
    let now = state.now();
    let mut subscription = lock(&state.subscription);
    if !subscription.channels.contains_key(&program.channel) {
        return Err(unprocessable(format!("there is no channel '{}'", program.channel)));
    }
    Ok(Json(json!({"id": subscription.add_program(program, now)})).into_response())
}

#[derive(Deserialize)]
struct Membership {
    program_id: i64,
    lead_id: i64,
    status: String,
    #[serde(default)]
    data: Map<String, Value>,
}

async fn set_member(State(state): State<SharedState>, Json(to): Json<Membership>) -> ControlResponse {
    let now = state.now();
    let mut subscription = lock(&state.subscription);
    let change = subscription.change_status(to.program_id, to.lead_id, &to.status, ChangedBy::Seed, now);
    if let StatusChange::Skipped(reason) = change {
        return Err(unprocessable(reason.message));
    }
    subscription
        .write_member(to.program_id, to.lead_id, to.data, now)
        .map_err(|reason| unprocessable(reason.message))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn start_campaign(State(state): State<SharedState>, Json(campaign): Json<Campaign>) -> ControlResponse {
    let id = flow::start(&state, campaign).map_err(unprocessable)?;
    Ok((StatusCode::ACCEPTED, Json(json!({"id": id}))).into_response())
}

async fn run(State(state): State<SharedState>, Path(id): Path<RunId>) -> ControlResponse {
    match lock(&state.campaigns).runs.get(&id) {
        Some(run) => Ok(Json(run).into_response()),
        None => Err((StatusCode::NOT_FOUND, format!("there is no run {id}"))),
    }
}

#[derive(Deserialize)]
struct Redelivery {
    #[serde(default)]
    chunk: usize,
}

async fn redeliver(
    State(state): State<SharedState>,
    Path(id): Path<RunId>,
    Json(again): Json<Redelivery>,
) -> ControlResponse {
    let delivery = flow::redeliver(&state, &id, again.chunk).await.map_err(unprocessable)?;
    Ok(Json(delivery).into_response())
}

#[derive(Deserialize)]
struct Installation {
    base_url: String,
    api_key: String,
}

async fn install_check(State(state): State<SharedState>, Json(of): Json<Installation>) -> Response {
    Json(installer::install(&state, &of.base_url, &of.api_key).await).into_response()
}

async fn choose_sent_fields(
    State(state): State<SharedState>,
    Json(fields): Json<BTreeMap<String, String>>,
) -> ControlResponse {
    state.choose_sent_fields(fields).map_err(unprocessable)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[derive(Deserialize)]
struct WebhookStep {
    url: String,
    api_key: String,
    payload: Value,
}

async fn call_webhook(State(state): State<SharedState>, Json(step): Json<WebhookStep>) -> Response {
    Json(webhook::call(&state, &step.url, &step.api_key, &step.payload).await).into_response()
}

async fn expire_token(State(state): State<SharedState>) -> StatusCode {
    lock(&state.access_tokens).expire();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Usage {
    spend: u64,
}

async fn spend_quota(State(state): State<SharedState>, Json(usage): Json<Usage>) -> StatusCode {
    lock(&state.limits).spend(usage.spend, state.now());
    StatusCode::NO_CONTENT
}
