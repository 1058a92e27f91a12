//! `GET /catalog/webinars?service={id}`.

use super::views::WebinarView;
use crate::state::AppState;
use crate::webinars::details;
use crate::webinars::listing::{self, HostProblem, IneligibleWebinar};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use domain::{ErrorCode, ServiceId};
use platform::ApiError;
use platform::auth::AdminAuth;
use platform::http::Json;
use platform::services;
use serde::{Deserialize, Serialize};

/// The query.
#[derive(Deserialize)]
pub(crate) struct WebinarsQuery {
    service: String,
}

/// The answer.
#[derive(Serialize)]
pub(crate) struct WebinarsResponse {
    /// Eligible webinars by start time. A row of a long list may lack `registration`: see [`details::complete`].
    webinars: Vec<WebinarView>,
    /// Webinars of the hosts that cannot be connected, and why.
    left_out: Vec<IneligibleWebinar>,
    /// Hosts whose webinars are missing, and why.
    problems: Vec<HostProblem>,
}

/// Lists the upcoming webinars of a service.
pub(crate) async fn list(
    _: AdminAuth,
    State(state): State<AppState>,
    query: Result<Query<WebinarsQuery>, QueryRejection>,
) -> Result<Json<WebinarsResponse>, ApiError> {
    let Ok(Query(WebinarsQuery { service })) = query else {
        return Err(ApiError::invalid("The query names no service; add ?service={id}."));
    };
    let id = ServiceId::parse(&service).ok_or(ErrorCode::ServiceNotFound)?;
    let service = services::usable(state.ports.store(), &id).await?;
    let deadline = state.deadline();
    let listing = listing::upcoming(&state.zoom(&service.id, deadline), &service, state.now()).await?;
    let rows = details::complete(&state, &service.id, listing.webinars, deadline).await;
    let webinars = rows.into_iter().map(WebinarView::of_listed).collect();
    Ok(Json(WebinarsResponse { webinars, left_out: listing.ineligible, problems: listing.problems }))
}
