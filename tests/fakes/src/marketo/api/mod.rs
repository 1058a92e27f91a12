//! The REST API: identity, leads, program members, programs, channels, My Tokens, usage.

mod envelope;
mod gate;
mod identity;
mod lead_query;
mod lead_sync;
mod member_query;
mod members;
mod paging;
mod programs;
mod request;
mod tokens;
mod usage;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

pub(super) use paging::Paging;

use super::refusal::Refusal;
use super::shared::State;

/// Largest body: more gets HTTP 413.
const BODY_LIMIT: usize = 1024 * 1024;

/// The identity service and everything under `/rest`.
pub(super) fn router(state: &State) -> Router {
    let rest = Router::new()
        .route("/rest/v1/leads.json", get(lead_query::by_filter).post(lead_sync::sync_or_query))
        .route("/rest/v1/lead/{file}", get(lead_query::by_id))
        .route("/rest/v1/programs/members/describe.json", get(members::describe))
        .route("/rest/v1/programs/{id}/members.json", get(member_query::query).post(members::write_or_query))
        .route("/rest/v1/programs/{id}/members/status.json", post(members::set_status))
        .route("/rest/v1/programs/{id}/members/delete.json", post(members::delete))
        .route("/rest/v1/stats/usage.json", get(usage::today))
        .route("/rest/asset/v1/program/{file}", get(programs::by_id))
        .route("/rest/asset/v1/channels.json", get(programs::channels))
        .route("/rest/asset/v1/channel/byName.json", get(programs::channel_by_name))
        .route("/rest/asset/v1/folder/{id}/tokens.json", get(tokens::list).post(tokens::set))
        .route("/rest/asset/v1/folder/{id}/tokens/delete.json", post(tokens::delete))
        .route("/rest/{*path}", axum::routing::any(not_found))
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(from_fn_with_state(state.clone(), gate::pass));
    Router::new()
        .route("/identity/oauth/token", get(identity::token).post(identity::token))
        .merge(rest)
        .with_state(state.clone())
}

async fn not_found() -> Refusal {
    Refusal::new(610, "Requested resource not found")
}

async fn wrong_method() -> Refusal {
    Refusal::new(605, "HTTP Method not supported")
}
