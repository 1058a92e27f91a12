//! What concerns the service as a whole: whether it can be used (R1), and that a connected webinar that was never
//! started shows on it (R14).

use crate::app::App;
use domain::records::{Connection, ServiceKey};
use domain::time::SignedDuration;
use domain::{Code, Error, Problem};
use platform::peers::{self, Component, ServiceProblem};
use serde::de::IgnoredAny;

/// Telling is quick or given up: the program's own record says the same.
const TELLING_LIMIT: SignedDuration = SignedDuration::from_secs(2);

/// Whether the connection's service can be used. `oauth` hands out no token of one that cannot, but one in memory may go
/// on working at Zoom: when another admin signed the account in, nobody revokes the earlier grant.
pub(super) async fn must_be_usable(app: &App, connection: &Connection) -> Result<(), Error> {
    let service = app.store().get(&ServiceKey { id: connection.service.clone() }).await?;
    let obstacle = service.ok_or(Code::ServiceNotFound)?.state.obstacle();
    obstacle.map_or(Ok(()), |code| Err(code.into()))
}

pub(super) async fn tell_never_started(app: &App, connection: &Connection) {
    let what = format!("Webinar {}{}", connection.snapshot.id, of_program(connection));
    tell(app, connection, Some(Problem::because(Code::WebinarNeverStarted, what))).await;
}

/// Takes back what may have been told of a program, whichever webinar that was. The service's problem itself says whether
/// it was, so that it does not matter what the program's record forgot meanwhile, and that a problem of another program
/// stays.
pub(super) async fn take_back_never_started(app: &App, connection: &Connection) {
    let service = app.store().get(&ServiceKey { id: connection.service.clone() }).await;
    let problem = service.ok().flatten().and_then(|service| service.problem);
    let is_ours = |problem: &Problem| {
        problem.code == Code::WebinarNeverStarted && problem.detail.contains(&of_program(connection))
    };
    if problem.is_some_and(|problem| is_ours(&problem)) {
        tell(app, connection, None).await;
    }
}

/// How a problem of the service names one of its programs.
fn of_program(connection: &Connection) -> String {
    format!(" of program {}:", connection.program)
}

async fn tell(app: &App, connection: &Connection, problem: Option<Problem>) {
    let path = format!("/internal/problem/{}", connection.service);
    let report = ServiceProblem { problem, token: None };
    let told: Result<IgnoredAny, Error> =
        peers::call(&app.ports, Component::Oauth, &path, &report, TELLING_LIMIT).await;
    if let Err(error) = told {
        platform::log!("attendance.service_not_told", service = connection.service, error = error);
    }
}
