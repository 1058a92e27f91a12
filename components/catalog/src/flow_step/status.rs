//! `GET /flow-step/status`: services and programs in trouble, in words. Marketo asks when credentials are saved and
//! every night, and shows the lines in the service's log.

use crate::app::App;
use axum::extract::State;
use domain::Problem;
use domain::records::{ConnectedPrograms, ProgramKey, ProgramsKey, ServiceKey, ServicesKey};
use platform::ApiError;
use platform::entrance::MarketoItself;
use platform::respond::Json;
use serde::Serialize;

/// Adobe's `serviceStatus`.
#[derive(Debug, Default, Serialize)]
pub(super) struct ServiceStatus {
    info: Vec<String>,
    warnings: Vec<String>,
    errors: Vec<String>,
}

/// Answers with every service's and every connected program's problem.
pub(super) async fn handle(_: MarketoItself, State(app): State<App>) -> Result<Json<ServiceStatus>, ApiError> {
    let store = app.ports.store();
    let mut status = ServiceStatus::default();
    let services = store.get(&ServicesKey {}).await?.unwrap_or_default();
    for id in services.ids {
        let Some(service) = store.get(&ServiceKey { id }).await? else { continue };
        let obstacle = service.state.obstacle();
        match service.problem.or_else(|| obstacle.map(Problem::of)) {
            Some(problem) => status.errors.push(line("Service", &service.name, &problem)),
            None => status.info.push(format!("Service \"{}\" works.", service.name)),
        }
    }
    let programs = store.get(&ProgramsKey {}).await?.unwrap_or_else(ConnectedPrograms::default);
    for id in programs.ids {
        let Some(connection) = store.get(&ProgramKey { id }).await? else { continue };
        if let Some(problem) = connection.problem {
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
