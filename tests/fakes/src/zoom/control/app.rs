//! Control calls for accounts, users, sign-in and events.

use axum::extract::{Path, State};
use axum::routing::{get, patch, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::zoom::control::answer::{ControlResult, respond};
use crate::zoom::events::event::EventDelivery;
use crate::zoom::fake::Zoom;
use crate::zoom::handle::app::EventSettings;
use crate::zoom::options::ReportTiming;
use crate::zoom::state::accounts::{Account, NewUser, User, UserChange};
use crate::zoom::state::authorizations::{DisabledBy, SignIn};

pub(super) fn router() -> Router<Zoom> {
    Router::new()
        .route("/_control/state", get(async |State(zoom): State<Zoom>| Json(zoom.state())))
        .route("/_control/accounts", post(put_account))
        .route("/_control/accounts/{id}/revoke", post(revoke))
        .route("/_control/accounts/{id}/deauthorize", post(deauthorize))
        .route("/_control/accounts/{id}/exhaust", post(exhaust))
        .route("/_control/users", post(add_user))
        .route("/_control/users/{id}", patch(change_user).delete(remove_user))
        .route("/_control/users/{id}/scopes", post(change_scopes))
        .route("/_control/sign-in", post(sign_in))
        .route("/_control/app", post(disable_app))
        .route("/_control/tokens/expire", post(expire_tokens))
        .route("/_control/api-url", post(api_url))
        .route("/_control/secrets", get(async |State(zoom): State<Zoom>| Json(zoom.secrets())))
        .route("/_control/personal", get(async |State(zoom): State<Zoom>| Json(zoom.personal())))
        .route("/_control/report-timing", post(report_timing))
        .route("/_control/event-url", post(event_url))
        .route("/_control/validate-endpoint", post(validate_endpoint))
        .route("/_control/events", post(send_event))
        .route("/_control/deliveries", get(async |State(zoom): State<Zoom>| Json(zoom.deliveries())))
        .route("/_control/deliveries/{seq}/resend", post(resend))
}

async fn put_account(State(zoom): State<Zoom>, Json(account): Json<Account>) -> StatusCode {
    zoom.put_account(account);
    StatusCode::NO_CONTENT
}

async fn revoke(State(zoom): State<Zoom>, Path(id): Path<String>) -> StatusCode {
    zoom.revoke_authorizations(&id);
    StatusCode::NO_CONTENT
}

async fn deauthorize(State(zoom): State<Zoom>, Path(id): Path<String>) -> ControlResult<Option<EventDelivery>> {
    respond(zoom.deauthorize(&id).await)
}

async fn exhaust(State(zoom): State<Zoom>, Path(id): Path<String>) -> StatusCode {
    zoom.exhaust_heavy_calls(&id);
    StatusCode::NO_CONTENT
}

async fn add_user(State(zoom): State<Zoom>, Json(new): Json<NewUser>) -> ControlResult<User> {
    respond(zoom.add_user(new))
}

async fn change_user(
    State(zoom): State<Zoom>,
    Path(id): Path<String>,
    Json(change): Json<UserChange>,
) -> ControlResult<User> {
    respond(zoom.change_user(&id, change))
}

#[derive(Deserialize)]
struct Scopes {
    scopes: Vec<String>,
}

async fn change_scopes(State(zoom): State<Zoom>, Path(id): Path<String>, Json(new): Json<Scopes>) -> ControlResult<()> {
    respond(zoom.change_scopes(&id, &new.scopes))
}

#[derive(Deserialize)]
struct AppState {
    disabled_by: Option<DisabledBy>,
}

async fn disable_app(State(zoom): State<Zoom>, Json(app): Json<AppState>) -> StatusCode {
    zoom.disable_app(app.disabled_by);
    StatusCode::NO_CONTENT
}

async fn remove_user(State(zoom): State<Zoom>, Path(id): Path<String>) -> ControlResult<()> {
    respond(zoom.remove_user(&id))
}

async fn sign_in(State(zoom): State<Zoom>, Json(sign_in): Json<SignIn>) -> ControlResult<()> {
    respond(zoom.set_sign_in(sign_in))
}

async fn expire_tokens(State(zoom): State<Zoom>) -> StatusCode {
    zoom.expire_access_tokens();
    StatusCode::NO_CONTENT
}

async fn report_timing(State(zoom): State<Zoom>, Json(timing): Json<ReportTiming>) -> StatusCode {
    zoom.set_report_timing(timing);
    StatusCode::NO_CONTENT
}

async fn event_url(State(zoom): State<Zoom>, Json(settings): Json<EventSettings>) -> StatusCode {
    zoom.set_events(settings);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Endpoint {
    url: String,
}

async fn api_url(State(zoom): State<Zoom>, Json(region): Json<Endpoint>) -> StatusCode {
    zoom.set_api_url(&region.url);
    StatusCode::NO_CONTENT
}

async fn validate_endpoint(State(zoom): State<Zoom>, Json(endpoint): Json<Endpoint>) -> ControlResult<()> {
    respond(zoom.validate_endpoint(&endpoint.url).await)
}

#[derive(Deserialize)]
struct CustomEvent {
    event: String,
    payload: Value,
}

async fn send_event(State(zoom): State<Zoom>, Json(event): Json<CustomEvent>) -> ControlResult<EventDelivery> {
    respond(zoom.send_event(&event.event, event.payload).await)
}

async fn resend(State(zoom): State<Zoom>, Path(seq): Path<usize>) -> ControlResult<EventDelivery> {
    respond(zoom.resend(seq).await)
}
