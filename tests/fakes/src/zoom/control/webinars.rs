//! Control calls for webinars, registrants and sessions.

use anyhow::Context;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::zoom::control::answer::{ControlResult, respond};
use crate::zoom::events::event::EventDelivery;
use crate::zoom::fake::Zoom;
use crate::zoom::handle::sessions::{Joining, StartedSession};
use crate::zoom::state::registrant::{NewRegistrant, Registrant};
use crate::zoom::state::session::HeldSession;
use crate::zoom::state::webinar::{NewWebinar, Panelist, Webinar, WebinarChange};

pub(super) fn router() -> Router<Zoom> {
    Router::new()
        .route("/_control/webinars", post(add))
        .route("/_control/webinars/{id}", get(one).patch(update).delete(delete))
        .route("/_control/webinars/{id}/recover", post(recover))
        .route("/_control/webinars/{id}/transfer", post(transfer))
        .route("/_control/webinars/{id}/panelists", post(add_panelist))
        .route("/_control/webinars/{id}/registrants", post(register))
        .route("/_control/webinars/{id}/registration", post(set_registration))
        .route("/_control/webinars/{id}/start", post(start))
        .route("/_control/webinars/{id}/practice", post(practice))
        .route("/_control/webinars/{id}/join", post(join))
        .route("/_control/webinars/{id}/leave", post(leave))
        .route("/_control/webinars/{id}/end", post(end))
        .route("/_control/webinars/{id}/hold", post(hold))
}

async fn add(State(zoom): State<Zoom>, Json(new): Json<NewWebinar>) -> ControlResult<Webinar> {
    respond(zoom.add_webinar(new))
}

async fn one(State(zoom): State<Zoom>, Path(id): Path<u64>) -> ControlResult<Webinar> {
    respond(zoom.webinar(id).with_context(|| format!("no webinar {id}")))
}

async fn update(
    State(zoom): State<Zoom>,
    Path(id): Path<u64>,
    Json(change): Json<WebinarChange>,
) -> ControlResult<Option<EventDelivery>> {
    respond(zoom.update_webinar(id, change).await)
}

async fn delete(State(zoom): State<Zoom>, Path(id): Path<u64>) -> ControlResult<Option<EventDelivery>> {
    respond(zoom.delete_webinar(id).await)
}

async fn recover(State(zoom): State<Zoom>, Path(id): Path<u64>) -> ControlResult<Option<EventDelivery>> {
    respond(zoom.recover_webinar(id).await)
}

#[derive(Deserialize)]
struct Transfer {
    host: String,
}

async fn transfer(State(zoom): State<Zoom>, Path(id): Path<u64>, Json(to): Json<Transfer>) -> ControlResult<()> {
    respond(zoom.transfer_webinar(id, &to.host))
}

async fn add_panelist(
    State(zoom): State<Zoom>,
    Path(id): Path<u64>,
    Json(panelist): Json<Panelist>,
) -> ControlResult<()> {
    respond(zoom.add_panelist(id, panelist))
}

async fn register(
    State(zoom): State<Zoom>,
    Path(id): Path<u64>,
    Json(new): Json<NewRegistrant>,
) -> ControlResult<Registrant> {
    respond(zoom.register_on_zoom(id, new).await)
}

#[derive(Deserialize)]
struct RegistrationChange {
    email: String,
    action: String,
}

async fn set_registration(
    State(zoom): State<Zoom>,
    Path(id): Path<u64>,
    Json(change): Json<RegistrationChange>,
) -> ControlResult<Option<EventDelivery>> {
    respond(zoom.set_registration(id, &change.email, &change.action).await)
}

async fn start(State(zoom): State<Zoom>, Path(id): Path<u64>) -> ControlResult<StartedSession> {
    respond(zoom.start_webinar(id).await)
}

async fn practice(State(zoom): State<Zoom>, Path(id): Path<u64>) -> ControlResult<StartedSession> {
    respond(zoom.start_practice(id).await)
}

async fn join(State(zoom): State<Zoom>, Path(id): Path<u64>, Json(joining): Json<Joining>) -> ControlResult<Value> {
    respond(zoom.join(id, joining).await.map(|user_id| json!({ "user_id": user_id })))
}

#[derive(Deserialize)]
struct Leaving {
    user_id: String,
}

async fn leave(State(zoom): State<Zoom>, Path(id): Path<u64>, Json(leaving): Json<Leaving>) -> ControlResult<()> {
    respond(zoom.leave(id, &leaving.user_id).await)
}

async fn end(State(zoom): State<Zoom>, Path(id): Path<u64>) -> ControlResult<Option<EventDelivery>> {
    respond(zoom.end_webinar(id).await)
}

async fn hold(
    State(zoom): State<Zoom>,
    Path(id): Path<u64>,
    Json(held): Json<HeldSession>,
) -> ControlResult<StartedSession> {
    respond(zoom.hold_webinar(id, held).await)
}
