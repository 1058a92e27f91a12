//! The problem of a service as a whole (R2), kept in the service's record.

use super::{services, token_store};
use crate::state::AppState;
use domain::records::ServiceState;
use domain::{Error, ErrorCode, Problem, ProgramId, ServiceId};

/// Records the problem of an active service, or with `None` that it has none. `program` names the program that the
/// problem concerns, if it concerns a single one. `token_hash` is the SHA-256 of the access
/// token with which the problem was met; a report about an earlier token is ignored.
pub(crate) async fn record(
    app: &AppState,
    id: &ServiceId,
    problem: Option<Problem>,
    program: Option<ProgramId>,
    token_hash: Option<&str>,
) -> Result<(), Error> {
    let _guard = app.lock_service(id).await;
    let mut service = services::get(app, id).await?.ok_or(ErrorCode::ServiceNotFound)?;
    if service.state != ServiceState::Active || service.problem == problem {
        return Ok(());
    }
    if let Some(hash) = token_hash
        && !token_store::is_current_access_token(app, id, hash).await?
    {
        return Ok(());
    }
    match &problem {
        Some(problem) => platform::log!(Warn, "service.problem_recorded", service = id, code = problem.code),
        None => platform::log!(Info, "service.recovered", service = id),
    }
    if problem.as_ref().is_some_and(|problem| problem.code == ErrorCode::ServiceNeedsSignIn) {
        service.state = ServiceState::NeedsSignIn;
    }
    service.problem_program = program.filter(|_| problem.is_some());
    service.problem = problem;
    services::save(app, &service).await
}

/// Records that Zoom rejects the grant, so that an admin has to sign in again. The caller holds the service's lock.
pub(crate) async fn require_sign_in(app: &AppState, id: &ServiceId) -> Result<(), Error> {
    let mut service = services::get_usable(app, id).await?;
    service.state = ServiceState::NeedsSignIn;
    service.problem = Some(Problem::of(ErrorCode::ServiceNeedsSignIn));
    service.problem_program = None;
    services::save(app, &service).await?;
    platform::log!(Error, "service.sign_in_required", service = id);
    Ok(())
}

/// Records why Zoom does not renew a grant that is still valid. The caller holds the service's lock.
pub(crate) async fn record_renewal_problem(app: &AppState, id: &ServiceId, problem: Problem) -> Result<(), Error> {
    let mut service = services::get_usable(app, id).await?;
    if service.problem.as_ref() != Some(&problem) {
        platform::log!(Warn, "service.problem_recorded", service = id, code = problem.code);
        service.problem = Some(problem);
        service.problem_program = None;
        services::save(app, &service).await?;
    }
    Ok(())
}
