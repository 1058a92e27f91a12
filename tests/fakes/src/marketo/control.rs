//! The control interface, under `/_control`, and the callback, which is not part of the REST API either.

use axum::extract::{Path, State as Extract};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::campaign::{self, Campaign, RunId};
use super::install;
use super::shared::State;
use super::webhook;
use super::world::{ChangedBy, Channel, Field, NewProgram, StatusChange};
use crate::support::lock;

/// The routes for tests and people.
pub(super) fn router(state: &State) -> Router {
    Router::new()
        .route("/callback/{run}/{chunk}", post(campaign::receive))
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
        .route("/_control/webhook", post(call_webhook))
        .route("/_control/token/expire", post(expire_token))
        .route("/_control/usage", post(spend_quota))
        .route("/_control/secrets", get(async |Extract(state): Extract<State>| Json(state.secrets())))
        .route("/_control/callback-secrets", get(async |Extract(state): Extract<State>| Json(state.callback_secrets())))
        .route("/_control/personal", get(async |Extract(state): Extract<State>| Json(state.personal())))
        .with_state(state.clone())
        .merge(state.backstage.control())
}

/// What a control call answers when it cannot be done: a sentence.
type Outcome = Result<Response, (StatusCode, String)>;

fn unprocessable(error: impl std::fmt::Display) -> (StatusCode, String) {
    (StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
}

async fn everything(Extract(state): Extract<State>) -> Json<Value> {
    Json(state.state())
}

async fn add_leads(Extract(state): Extract<State>, Json(leads): Json<Vec<Map<String, Value>>>) -> Json<Value> {
    let ids: Vec<i64> = leads.into_iter().map(|fields| state.add_lead(fields)).collect();
    Json(json!({"ids": ids}))
}

async fn add_lead_field(Extract(state): Extract<State>, Json(field): Json<Field>) -> StatusCode {
    lock(&state.world).leads.fields.push(field);
    StatusCode::NO_CONTENT
}

async fn add_member_field(Extract(state): Extract<State>, Json(field): Json<Field>) -> StatusCode {
    lock(&state.world).member_fields.push(field);
    StatusCode::NO_CONTENT
}

async fn add_channel(Extract(state): Extract<State>, Json(channel): Json<Channel>) -> Json<Value> {
    Json(json!({"id": lock(&state.world).add_channel(channel)}))
}

async fn add_program(Extract(state): Extract<State>, Json(program): Json<NewProgram>) -> Outcome {
    let now = state.now();
    let mut world = lock(&state.world);
    if !world.channels.contains_key(&program.channel) {
        return Err(unprocessable(format!("there is no channel '{}'", program.channel)));
    }
    Ok(Json(json!({"id": world.add_program(program, now)})).into_response())
}

#[derive(Deserialize)]
struct Membership {
    program_id: i64,
    lead_id: i64,
    status: String,
    #[serde(default)]
    data: Map<String, Value>,
}

async fn set_member(Extract(state): Extract<State>, Json(to): Json<Membership>) -> Outcome {
    let now = state.now();
    let mut world = lock(&state.world);
    let change = world.change_status(to.program_id, to.lead_id, &to.status, ChangedBy::Seed, now);
    if let StatusChange::Skipped(reason) = change {
        return Err(unprocessable(reason.message));
    }
    world.write_member(to.program_id, to.lead_id, to.data, now).map_err(|reason| unprocessable(reason.message))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn start_campaign(Extract(state): Extract<State>, Json(campaign): Json<Campaign>) -> Outcome {
    let id = campaign::start(&state, campaign).map_err(unprocessable)?;
    Ok((StatusCode::ACCEPTED, Json(json!({"id": id}))).into_response())
}

async fn run(Extract(state): Extract<State>, Path(id): Path<RunId>) -> Outcome {
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

async fn redeliver(Extract(state): Extract<State>, Path(id): Path<RunId>, Json(again): Json<Redelivery>) -> Outcome {
    let delivery = campaign::redeliver(&state, &id, again.chunk).await.map_err(unprocessable)?;
    Ok(Json(delivery).into_response())
}

#[derive(Deserialize)]
struct Installation {
    base_url: String,
    api_key: String,
}

async fn install_check(Extract(state): Extract<State>, Json(of): Json<Installation>) -> Response {
    Json(install::check(&state, &of.base_url, &of.api_key).await).into_response()
}

#[derive(Deserialize)]
struct WebhookStep {
    url: String,
    api_key: String,
    payload: Value,
}

async fn call_webhook(Extract(state): Extract<State>, Json(step): Json<WebhookStep>) -> Response {
    Json(webhook::call(&state, &step.url, &step.api_key, &step.payload).await).into_response()
}

async fn expire_token(Extract(state): Extract<State>) -> StatusCode {
    lock(&state.access).expire();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Usage {
    spend: u64,
}

async fn spend_quota(Extract(state): Extract<State>, Json(usage): Json<Usage>) -> StatusCode {
    lock(&state.meters).spend(usage.spend, state.now());
    StatusCode::NO_CONTENT
}
