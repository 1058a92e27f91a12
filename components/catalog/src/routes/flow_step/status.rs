//! `GET /flow-step/status`: problems of services and programs, as sentences. Marketo asks when an admin saves the
//! credentials and every night, and shows the lines in the service's log.

use crate::connections::{statuses, steps};
use crate::state::AppState;
use crate::store;
use axum::extract::State;
use domain::Problem;
use domain::records::ServiceUsability;
use platform::ApiError;
use platform::auth::MarketoAuth;
use platform::http::Json;
use serde::Serialize;

/// Adobe's `serviceStatus`.
#[derive(Debug, Default, Serialize)]
pub(super) struct ServiceStatus {
    info: Vec<String>,
    warnings: Vec<String>,
    errors: Vec<String>,
}

/// Returns the problem of every service and of every connected program.
pub(super) async fn status(_: MarketoAuth, State(state): State<AppState>) -> Result<Json<ServiceStatus>, ApiError> {
    let mut status = ServiceStatus::default();
    for service in store::services::all(state.ports.store()).await? {
        let usability = ServiceUsability::of(Some(&service), None);
        match service.problem.or_else(|| usability.problem()) {
            Some(problem) => status.errors.push(line("Service", &service.name, &problem)),
            None => status.info.push(format!("Service \"{}\" works.", service.name)),
        }
    }
    for connection in state.ports.connections().all().await? {
        let name = &connection.program_name;
        let warnings = steps::warnings(&connection).into_iter();
        status.warnings.extend(warnings.map(|warning| format!("Program \"{name}\": {warning}")));
        if let Some(problem) = statuses::problem(&connection).or(connection.problem) {
            status.warnings.push(line("Program", &connection.program_name, &problem));
        }
    }
    if status.info.is_empty() && status.errors.is_empty() {
        status.warnings.push("No Zoom account is connected yet; sign in to Zoom in the console.".to_owned());
    }
    Ok(Json(status))
}

fn line(kind: &str, name: &str, problem: &Problem) -> String {
    format!("{kind} \"{name}\": {} ({})", problem.detail, problem.code)
}
