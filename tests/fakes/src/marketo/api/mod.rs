//! The REST API: identity, leads, activities, program members, programs, channels, My Tokens, usage.

mod activities;
mod admission;
mod envelope;
mod identity;
mod leads;
mod members;
mod my_tokens;
pub(super) mod paging;
mod programs;
mod request;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::extract::State;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use serde_json::json;

use crate::marketo::api::envelope::ApiResult;
use crate::marketo::api_error::MarketoApiError;
use crate::marketo::state::SharedState;
use crate::support::sync::lock;

/// Largest body: more gets HTTP 413.
const BODY_LIMIT: usize = 1024 * 1024;

/// Returns the routes of the identity service and of everything under `/rest`.
pub(super) fn router(state: &SharedState) -> Router {
    let rest = Router::new()
        .route("/rest/v1/leads.json", get(leads::by_filter).post(leads::sync_or_query))
        .route("/rest/v1/leads/describe2.json", get(leads::describe))
        .route("/rest/v1/leads/partitions.json", get(leads::partitions))
        .route("/rest/v1/lead/{file}", get(leads::by_id))
        .route("/rest/v1/programs/members/describe.json", get(members::describe))
        .route("/rest/v1/programs/{id}/members.json", get(members::query).post(members::write_or_query))
        .route("/rest/v1/programs/{id}/members/status.json", post(members::set_status))
        .route("/rest/v1/programs/{id}/members/delete.json", post(members::delete))
        .route("/rest/v1/activities/pagingtoken.json", get(activities::paging_token))
        .route("/rest/v1/activities.json", get(activities::query))
        .route("/rest/v1/stats/usage.json", get(usage_today))
        .route("/rest/asset/v1/program/{file}", get(programs::by_id))
        .route("/rest/asset/v1/channels.json", get(programs::channels))
        .route("/rest/asset/v1/channel/byName.json", get(programs::channel_by_name))
        .route("/rest/asset/v1/folder/{id}/tokens.json", get(my_tokens::list).post(my_tokens::set))
        .route("/rest/asset/v1/folder/{id}/tokens/delete.json", post(my_tokens::delete))
        .route("/rest/{*path}", axum::routing::any(not_found))
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(from_fn_with_state(state.clone(), admission::admit));
    Router::new()
        .route("/identity/oauth/token", get(identity::token).post(identity::token))
        .merge(rest)
        .with_state(state.clone())
}

async fn not_found() -> MarketoApiError {
    MarketoApiError::new(610, "Requested resource not found")
}

async fn wrong_method() -> MarketoApiError {
    MarketoApiError::new(605, "HTTP Method not supported")
}

/// `GET /rest/v1/stats/usage.json`
async fn usage_today(State(state): State<SharedState>) -> ApiResult {
    let (date, total) = lock(&state.limits).today(state.now());
    envelope::results(vec![json!({
        "date": date, "total": total, "users": [{"userId": "zoom-bridge@example.com", "count": total}],
    })])
}
