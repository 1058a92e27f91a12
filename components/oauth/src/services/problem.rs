//! What is wrong with a service as a whole (R2).

use super::registry;
use crate::app::{App, ServicePath};
use axum::extract::State;
use domain::records::ServiceState;
use domain::{Code, Error, Problem, ServiceId};
use http::StatusCode;
use platform::peers::ServiceProblem;
use platform::{ApiError, Body};

/// `POST /internal/problem/{service_id}`: a component met a problem of the service, or (with `null`) did what failed
/// before. Nothing is said of a service that cannot be used anyway.
pub(crate) async fn note_problem(
    State(app): State<App>,
    ServicePath(id): ServicePath,
    Body(ServiceProblem { problem }): Body<ServiceProblem>,
) -> Result<StatusCode, ApiError> {
    note(&app, &id, problem).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Writes down what is wrong with a service that can be used, or that nothing is.
pub(super) async fn note(app: &App, id: &ServiceId, problem: Option<Problem>) -> Result<(), Error> {
    let _held = app.hold(id).await;
    let mut service = registry::get(app, id).await?.ok_or(Code::ServiceNotFound)?;
    if service.state != ServiceState::Active || service.problem == problem {
        return Ok(());
    }
    match &problem {
        Some(problem) => platform::log!("service.problem", service = id, code = problem.code),
        None => platform::log!("service.recovered", service = id),
    }
    if problem.as_ref().is_some_and(|problem| problem.code == Code::ServiceNeedsSignIn) {
        service.state = ServiceState::NeedsSignIn;
    }
    service.problem = problem;
    registry::save(app, &service).await
}

/// Zoom refuses the grant: only an admin who signs in again can help. The caller holds the service.
pub(crate) async fn needs_sign_in(app: &App, id: &ServiceId) -> Result<(), Error> {
    let mut service = registry::usable(app, id).await?;
    service.state = ServiceState::NeedsSignIn;
    service.problem = Some(Problem::of(Code::ServiceNeedsSignIn));
    registry::save(app, &service).await?;
    platform::log!("service.needs_sign_in", service = id);
    Ok(())
}
