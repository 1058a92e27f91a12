//! What is wrong with a service as a whole (R2).

use super::registry;
use crate::app::{App, ServicePath};
use crate::tokens;
use axum::extract::State;
use domain::records::ServiceState;
use domain::{Code, Error, Problem, ServiceId};
use http::StatusCode;
use platform::peers::ServiceProblem;
use platform::{ApiError, Body};
use zoom_client::Zoom;

/// `POST /internal/problem/{service_id}`: a component met a problem of the service, or (with `null`) did what failed
/// before. Nothing is said of a service that cannot be used anyway.
pub(crate) async fn note_problem(
    State(app): State<App>,
    ServicePath(id): ServicePath,
    Body(ServiceProblem { problem, token }): Body<ServiceProblem>,
) -> Result<StatusCode, ApiError> {
    note(&app, &id, problem, token.as_deref()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Writes down what is wrong with a service that can be used, or that nothing is. `token` is the SHA-256 of the access
/// token that it was met with.
pub(super) async fn note(
    app: &App,
    id: &ServiceId,
    problem: Option<Problem>,
    token: Option<&str>,
) -> Result<(), Error> {
    let _held = app.hold(id).await;
    let mut service = registry::get(app, id).await?.ok_or(Code::ServiceNotFound)?;
    if service.state != ServiceState::Active || service.problem == problem {
        return Ok(());
    }
    if let Some(token) = token
        && !tokens::is_current(app, id, token).await?
    {
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

/// Zoom does not renew the grant for a reason that is not the grant's. The caller holds the service.
pub(crate) async fn cannot_renew(app: &App, id: &ServiceId, problem: Problem) -> Result<(), Error> {
    let mut service = registry::usable(app, id).await?;
    if service.problem.as_ref() != Some(&problem) {
        platform::log!("service.problem", service = id, code = problem.code);
        service.problem = Some(problem);
        registry::save(app, &service).await?;
    }
    Ok(())
}

/// Whether a right that was missing is back (R2). Done by the tick, so that the problem goes even when nobody has work
/// for the service. The admin's role shows in reading an enabled user's webinars, or the admin's own; a scope, and
/// whether the app is enabled, in a renewal.
pub(crate) async fn look_again(app: &App, id: &ServiceId) -> Result<(), Error> {
    let service = registry::usable(app, id).await?;
    match &service.problem {
        Some(problem) if *problem == Problem::of(Code::ServiceLacksPermission) => {}
        Some(problem) if problem.code == Code::ServiceLacksPermission => return tokens::look_again(app, id).await,
        _ => return Ok(()),
    }
    let token = tokens::obtain(app, id, None).await?;
    let user = service.users.first().unwrap_or(&service.admin_email);
    if Zoom::with_token(&app.ports, token).may_read_webinars(user).await.map_err(Error::from)? {
        note(app, id, None, None).await?;
    }
    Ok(())
}
