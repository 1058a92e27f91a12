//! The internal API: `POST /internal/token/{id}`, `POST /internal/problem/{id}`, `POST /internal/data-keys`,
//! `POST /internal/import-services`, `POST /internal/tick`.

use super::services::ServicePath;
use crate::jobs::tick::{self, TickCounts};
use crate::services::import;
use crate::state::AppState;
use crate::store::data_keys::OwnKeys;
use crate::store::service_problems;
use crate::tokens::access;
use axum::extract::State;
use http::StatusCode;
use platform::http::Json;
use platform::internal_api::{
    ImportReport, ImportServicesRequest, ServiceProblem, TickRequest, TokenRequest, ZoomToken,
};
use platform::sealing::{DataKeys, KeySource};
use platform::{ApiError, JsonBody};

/// Returns an access token to another component.
pub(crate) async fn token(
    State(app): State<AppState>,
    ServicePath(id): ServicePath,
    JsonBody(request): JsonBody<TokenRequest>,
) -> Result<Json<ZoomToken>, ApiError> {
    Ok(Json(access::obtain(&app, &id, request.refused.as_deref()).await?))
}

/// Records a problem that another component met, or with `null` that it succeeded (R2). A service that cannot be used
/// anyway keeps its problem.
pub(crate) async fn problem(
    State(app): State<AppState>,
    ServicePath(id): ServicePath,
    JsonBody(ServiceProblem { problem, program, token }): JsonBody<ServiceProblem>,
) -> Result<StatusCode, ApiError> {
    service_problems::record(&app, &id, problem, program, token.as_deref()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Returns the keys that seal records to another component.
pub(crate) async fn data_keys(State(app): State<AppState>) -> Result<Json<DataKeys>, ApiError> {
    Ok(Json(OwnKeys(app.ports.clone()).load().await?))
}

/// Restores services from a backup that are missing.
pub(crate) async fn import_services(
    State(app): State<AppState>,
    JsonBody(request): JsonBody<ImportServicesRequest>,
) -> Result<Json<ImportReport>, ApiError> {
    Ok(Json(import::import(&app, &request).await?))
}

/// Runs the jobs.
pub(crate) async fn tick(
    State(app): State<AppState>,
    JsonBody(request): JsonBody<TickRequest>,
) -> Result<Json<TickCounts>, ApiError> {
    Ok(Json(tick::run(&app, request.deadline).await?))
}
