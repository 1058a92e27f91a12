//! The problem of a service as a whole (R2), kept in the service's record.

use super::{services, token_store};
use crate::state::AppState;
use crate::zoom_oauth::scopes;
use domain::records::{Rejection, ServiceState};
use domain::time::{SignedDuration, Timestamp};
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
    // While Zoom rejects the service, probes decide.
    if service.state != ServiceState::Active || service.rejection.is_some() || service.problem == problem {
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
        // Zoom's gateway may reject calls for a while although the grant is good.
        service.rejection = Some(Rejection::new(app.now()));
    }
    service.problem_program = program.filter(|_| problem.is_some());
    service.problem = problem;
    services::save(app, &service).await
}

/// How long probes fail before the service counts as one that needs a sign-in.
const NEEDS_SIGN_IN_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// Records that Zoom rejected the call of a probe. `since`: when the rejection began. After an hour the service needs a
/// sign-in. The caller holds the service's lock.
pub(crate) async fn record_failed_probe(app: &AppState, id: &ServiceId, since: Timestamp) -> Result<(), Error> {
    let mut service = services::get_renewable(app, id).await?;
    let now = app.now();
    service.rejection = Some(Rejection { since, probed_at: now });
    service.problem = Some(Problem::of(ErrorCode::ServiceNeedsSignIn));
    if now.duration_since(since) >= NEEDS_SIGN_IN_AFTER && service.state == ServiceState::Active {
        service.state = ServiceState::NeedsSignIn;
        platform::log!(Error, "service.sign_in_required", service = id);
    }
    services::save(app, &service).await
}

/// Records a rejection again that the renewal of a probe took back. The caller holds the service's lock.
pub(crate) async fn keep_rejection(app: &AppState, id: &ServiceId, rejection: Rejection) -> Result<(), Error> {
    let mut service = services::get_renewable(app, id).await?;
    if service.rejection.is_some() {
        return Ok(());
    }
    service.rejection = Some(rejection);
    service.problem = Some(Problem::of(ErrorCode::ServiceNeedsSignIn));
    services::save(app, &service).await
}

/// Records that a probe succeeded, so that the service can be used again. The caller holds the service's lock.
pub(crate) async fn end_rejection(app: &AppState, id: &ServiceId) -> Result<(), Error> {
    let mut service = services::get_renewable(app, id).await?;
    service.rejection = None;
    service.state = ServiceState::Active;
    service.problem = scopes::missing_scopes_problem(&service.scopes);
    services::save(app, &service).await?;
    platform::log!(Info, "service.recovered", service = id);
    Ok(())
}

/// Records that Zoom rejects the grant, so that an admin has to sign in again. The caller holds the service's lock.
pub(crate) async fn require_sign_in(app: &AppState, id: &ServiceId) -> Result<(), Error> {
    let mut service = services::get_renewable(app, id).await?;
    let now = app.now();
    let since = service.rejection.map_or(now, |rejection| rejection.since);
    service.rejection = Some(Rejection { since, probed_at: now });
    service.state = ServiceState::NeedsSignIn;
    service.problem = Some(Problem::of(ErrorCode::ServiceNeedsSignIn));
    service.problem_program = None;
    services::save(app, &service).await?;
    platform::log!(Error, "service.sign_in_required", service = id);
    Ok(())
}

/// Records why Zoom does not renew a grant that is still valid. The caller holds the service's lock.
pub(crate) async fn record_renewal_problem(app: &AppState, id: &ServiceId, problem: Problem) -> Result<(), Error> {
    let mut service = services::get_renewable(app, id).await?;
    if service.problem.as_ref() != Some(&problem) {
        platform::log!(Warn, "service.problem_recorded", service = id, code = problem.code);
        service.problem = Some(problem);
        service.problem_program = None;
        services::save(app, &service).await?;
    }
    Ok(())
}
