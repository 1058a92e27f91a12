//! What concerns the service as a whole: whether it can be used (R1), and the problem that a connected webinar never
//! started (R14).

use crate::state::AppState;
use domain::records::{ProgramConnection, ServiceKey};
use domain::time::SignedDuration;
use domain::{Error, ErrorCode, Problem};
use platform::internal_api::{self, Component, ServiceProblem};
use platform::services;
use serde::de::IgnoredAny;

/// Timeout of a report to `oauth`. A lost report is acceptable because the program's record has the same problem.
const REPORT_TIMEOUT: SignedDuration = SignedDuration::from_secs(2);

/// Returns an error if the connection's service cannot be used. `oauth` issues no token for such a service, but a
/// cached token may still work at Zoom: a sign-in by another admin does not revoke the earlier grant.
pub(super) async fn require_usable(state: &AppState, connection: &ProgramConnection) -> Result<(), Error> {
    services::usable(state.store(), &connection.service).await.map(drop)
}

/// Reports to the service that the webinar never started.
pub(super) async fn report_never_started(state: &AppState, connection: &ProgramConnection) {
    let webinar = format!("Webinar {} of program {}:", connection.snapshot.id, connection.program);
    report(state, connection, Some(Problem::because(ErrorCode::WebinarNeverStarted, webinar))).await;
}

/// Clears the service's problem if this program reported it, for whichever webinar. The service's record names the
/// program, so that this does not depend on the program's record, and another program's problem remains.
pub(super) async fn clear_never_started(state: &AppState, connection: &ProgramConnection) {
    let service = state.store().get(&ServiceKey { id: connection.service.clone() }).await;
    let Some(service) = service.ok().flatten() else { return };
    let is_never_started = service.problem.is_some_and(|problem| problem.code == ErrorCode::WebinarNeverStarted);
    if is_never_started && service.problem_program == Some(connection.program) {
        report(state, connection, None).await;
    }
}

async fn report(state: &AppState, connection: &ProgramConnection, problem: Option<Problem>) {
    let path = ["problem", connection.service.as_str()];
    let report = ServiceProblem { problem, program: Some(connection.program), token: None };
    let answer: Result<IgnoredAny, Error> =
        internal_api::call(&state.ports, Component::Oauth, &path, &report, REPORT_TIMEOUT).await;
    if let Err(error) = answer {
        platform::log!(Warn, "service.report_failed", service = connection.service, error = error);
    }
}
