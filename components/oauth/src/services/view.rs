//! `GET /oauth/services`.

use super::registry;
use crate::app::App;
use axum::extract::State;
use domain::records::{Service, ServiceState};
use domain::time::Timestamp;
use domain::{AccountId, Problem, ServiceId};
use platform::ApiError;
use platform::entrance::Admin;
use platform::respond::Json;
use serde::Serialize;

/// All services.
#[derive(Serialize)]
pub(crate) struct List {
    services: Vec<View>,
}

/// A service as the admin sees it.
#[derive(Serialize)]
pub(crate) struct View {
    id: ServiceId,
    name: String,
    account_id: AccountId,
    /// Empty once the account's data was deleted.
    admin_email: String,
    state: ServiceState,
    users: Vec<String>,
    created_at: Timestamp,
    problem: Option<Problem>,
}

impl From<Service> for View {
    fn from(service: Service) -> Self {
        let is_gone = service.state == ServiceState::Deauthorized;
        Self {
            admin_email: if is_gone { String::new() } else { service.admin_email.expose().to_owned() },
            users: service.users.iter().map(|user| user.expose().to_owned()).collect(),
            id: service.id,
            name: service.name,
            account_id: service.account_id,
            state: service.state,
            created_at: service.created_at,
            problem: service.problem,
        }
    }
}

pub(crate) async fn list(_: Admin, State(app): State<App>) -> Result<Json<List>, ApiError> {
    let services = registry::all(&app).await?;
    Ok(Json(List { services: services.into_iter().map(View::from).collect() }))
}
