//! `GET /oauth/services`, `DELETE /oauth/services/{id}`, `PUT /oauth/services/{id}/users`.

use crate::removal::deletion::{self, Deletion};
use crate::services::enabled_users;
use crate::state::AppState;
use crate::store;
use axum::extract::{FromRequestParts, Path, State};
use domain::records::{Service, ServiceState};
use domain::time::Timestamp;
use domain::{AccountId, ErrorCode, Problem, ServiceId};
use http::StatusCode;
use http::request::Parts;
use platform::auth::AdminAuth;
use platform::http::Json;
use platform::{ApiError, JsonBody};
use serde::{Deserialize, Serialize};

/// The service id in a path. Rejects text that cannot be an id.
pub(crate) struct ServicePath(pub(crate) ServiceId);

impl<S: Send + Sync> FromRequestParts<S> for ServicePath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let id = path.ok().and_then(|Path(text)| ServiceId::parse(&text));
        id.map(Self).ok_or_else(|| ErrorCode::ServiceNotFound.into())
    }
}

/// All services.
#[derive(Serialize)]
pub(crate) struct ServiceList {
    services: Vec<ServiceView>,
}

/// A service as the API shows it to the admin.
#[derive(Serialize)]
pub(crate) struct ServiceView {
    id: ServiceId,
    name: String,
    /// Empty once the account's data was deleted.
    account_id: AccountId,
    /// Empty once the account's data was deleted.
    admin_email: String,
    state: ServiceState,
    users: Vec<String>,
    created_at: Timestamp,
    problem: Option<Problem>,
}

impl From<Service> for ServiceView {
    fn from(service: Service) -> Self {
        let is_deauthorized = service.state == ServiceState::Deauthorized;
        Self {
            admin_email: if is_deauthorized { String::new() } else { service.admin_email.expose().to_owned() },
            users: service.users.iter().map(|user| user.expose().to_owned()).collect(),
            account_id: if service.is_account_forgotten() { "".into() } else { service.account_id },
            id: service.id,
            name: service.name,
            state: service.state,
            created_at: service.created_at,
            problem: service.problem,
        }
    }
}

/// Lists all services.
pub(crate) async fn list(_: AdminAuth, State(app): State<AppState>) -> Result<Json<ServiceList>, ApiError> {
    let services = store::services::all(&app).await?;
    Ok(Json(ServiceList { services: services.into_iter().map(ServiceView::from).collect() }))
}

/// Deletes a service: 204 when it is deleted, 202 when Zoom did not revoke the grant yet and the tick retries.
pub(crate) async fn delete(
    _: AdminAuth,
    State(app): State<AppState>,
    ServicePath(id): ServicePath,
) -> Result<StatusCode, ApiError> {
    Ok(match deletion::delete(&app, &id).await? {
        Deletion::Complete => StatusCode::NO_CONTENT,
        Deletion::RevocationPending => StatusCode::ACCEPTED,
    })
}

/// Body of `PUT /oauth/services/{id}/users`.
#[derive(Deserialize)]
pub(crate) struct EnabledUsersRequest {
    users: Vec<String>,
}

/// Replaces the enabled users of a service (R3).
pub(crate) async fn enable_users(
    _: AdminAuth,
    State(app): State<AppState>,
    ServicePath(id): ServicePath,
    JsonBody(request): JsonBody<EnabledUsersRequest>,
) -> Result<Json<ServiceView>, ApiError> {
    Ok(Json(enabled_users::replace(&app, &id, &request.users).await?.into()))
}
