//! `/catalog/programs`: connections of Marketo programs to webinars.

use super::views::ConnectionView;
use crate::checks::{self, Check};
use crate::connections::connect::{self, ConnectOutcome, ConnectRequest};
use crate::connections::refresh::{self, RefreshScope};
use crate::connections::settings::{self, SettingsRequest};
use crate::my_tokens::render;
use crate::state::AppState;
use crate::store;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use domain::records::ProgramConnection;
use domain::{Error, ErrorCode, ProgramId};
use http::StatusCode;
use platform::auth::AdminAuth;
use platform::http::Json;
use platform::{ApiError, JsonBody};
use serde::{Deserialize, Serialize};

/// The answer to `GET /catalog/programs`.
#[derive(Serialize)]
pub(crate) struct ProgramsResponse {
    programs: Vec<ConnectionView>,
}

/// The answer to `GET /catalog/programs/{program_id}/tokens`.
#[derive(Serialize)]
pub(crate) struct MyTokensResponse {
    tokens: Vec<MyTokenView>,
    /// Whether Marketo may still have earlier values.
    due: bool,
}

#[derive(Serialize)]
struct MyTokenView {
    name: String,
    value: String,
}

/// Query of `GET /catalog/programs`.
#[derive(Deserialize)]
pub(crate) struct ListQuery {
    /// Lists the programs whose webinar ended long ago, instead of the others.
    #[serde(default)]
    archived: bool,
}

/// `GET /catalog/programs`: lists every connection that is not archived, or those that are.
pub(crate) async fn list(
    _: AdminAuth,
    State(state): State<AppState>,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Json<ProgramsResponse>, ApiError> {
    let Ok(Query(query)) = query else {
        return Err(ApiError::invalid("The parameter archived is true or false."));
    };
    let services = store::services::all(state.ports.store()).await?;
    let connections = state.ports.connections();
    let connections = if query.archived { connections.archived().await? } else { connections.all().await? };
    let programs = connections.into_iter().map(|connection| ConnectionView::of(connection, &services)).collect();
    Ok(Json(ProgramsResponse { programs }))
}

/// `GET /catalog/programs/{program_id}`: shows a connection.
pub(crate) async fn show(
    _: AdminAuth,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<ConnectionView>, ApiError> {
    let connection = find_connection(&state, &id).await?;
    Ok(Json(view(&state, connection).await?))
}

/// `PUT /catalog/programs/{program_id}`: connects or re-connects a program.
pub(crate) async fn connect(
    _: AdminAuth,
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<ConnectRequest>,
) -> Result<Json<ConnectionView>, ApiError> {
    let (connection, replaced) = match connect::connect(&state, program_id(&id)?, &request).await? {
        ConnectOutcome::Connected(connection, replaced) => (*connection, replaced),
        ConnectOutcome::RegisteredUnknown(problem, channel) => {
            let statuses = channel.statuses.into_iter().map(|status| status.name);
            return Err(ApiError::new(problem).with_extension("statuses", statuses.collect()));
        }
    };
    Ok(Json(view(&state, connection).await?.replacing(replaced)))
}

/// `DELETE /catalog/programs/{program_id}`: disconnects a program.
pub(crate) async fn disconnect(
    _: AdminAuth,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let connection = find_connection(&state, &id).await?;
    state.ports.connections().remove(connection.program).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `PUT /catalog/programs/{program_id}/settings`: changes the settings of a connection.
pub(crate) async fn change_settings(
    _: AdminAuth,
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<SettingsRequest>,
) -> Result<Json<ConnectionView>, ApiError> {
    let changed = settings::change(&state, program_id(&id)?, request).await?;
    let connection = changed.ok_or_else(not_connected)?;
    Ok(Json(view(&state, connection).await?))
}

/// The answer to `POST /catalog/programs/{program_id}/check`.
#[derive(Serialize)]
pub(crate) struct ChecksResponse {
    checks: Vec<Check>,
}

/// `POST /catalog/programs/{program_id}/check`: checks a connection on the real accounts. Changes nothing.
pub(crate) async fn check(
    _: AdminAuth,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<ChecksResponse>, ApiError> {
    let connection = find_connection(&state, &id).await?;
    Ok(Json(ChecksResponse { checks: checks::run(&state, &connection).await? }))
}

/// `POST /catalog/programs/{program_id}/refresh`: refreshes a connection.
pub(crate) async fn refresh(
    _: AdminAuth,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<ConnectionView>, ApiError> {
    let connection = find_connection(&state, &id).await?;
    let connection = refresh::refresh(&state, connection, RefreshScope::Everything, state.deadline()).await?;
    Ok(Json(view(&state, connection).await?))
}

/// `GET /catalog/programs/{program_id}/tokens`: shows the My Tokens that are in Marketo, or will be after the next
/// refresh (R4).
pub(crate) async fn my_tokens(
    _: AdminAuth,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<MyTokensResponse>, ApiError> {
    let connection = find_connection(&state, &id).await?;
    let tokens = render::my_tokens(&connection.snapshot).into_iter();
    let tokens = tokens.map(|token| MyTokenView { name: token.name, value: token.value }).collect();
    Ok(Json(MyTokensResponse { tokens, due: connection.my_tokens_stale }))
}

fn program_id(text: &str) -> Result<ProgramId, ApiError> {
    text.parse().map_err(|_| ApiError::invalid("The program id is not a number; copy it from the program's address."))
}

/// Returns the program's connection (R15). A missing one is 404 here, because the path names it.
async fn find_connection(state: &AppState, id: &str) -> Result<ProgramConnection, ApiError> {
    let connection = state.ports.connections().find(program_id(id)?).await?;
    connection.ok_or_else(not_connected)
}

fn not_connected() -> ApiError {
    ApiError::from(ErrorCode::ProgramNotConnected).with_status(StatusCode::NOT_FOUND)
}

async fn view(state: &AppState, connection: ProgramConnection) -> Result<ConnectionView, Error> {
    let services = store::services::all(state.ports.store()).await?;
    Ok(ConnectionView::of(connection, &services))
}
