//! To which webinar a lead goes: the one that its program is connected to (R15), or one that the flow step names;
//! by a service that is live (R1).

use crate::app::App;
use domain::records::{Connection, ProgramKey, ServiceKey};
use domain::time::SignedDuration;
use domain::webinar::Snapshot;
use domain::{Code, Error, ProgramId, ServiceId, WebinarId};
use platform::peers::{self, Component, ServiceWebinar};

/// The flow step's first choice: the webinar that the program is connected to.
pub const OF_PROGRAM: &str = "program";

/// How long `catalog` may take to find a webinar.
const CATALOG_LIMIT: SignedDuration = SignedDuration::from_secs(15);

/// A webinar and the service that reaches it.
#[derive(Debug, Clone)]
pub struct Target {
    /// Whose webinar it is.
    pub service: ServiceId,
    /// The webinar.
    pub webinar: Snapshot,
}

/// A program's connection.
///
/// # Errors
/// `PROGRAM_REQUIRED` without a program, `PROGRAM_NOT_CONNECTED` for one that was never connected here (R15).
pub async fn connection(app: &App, program: Option<ProgramId>) -> Result<Connection, Error> {
    let id = program.ok_or(Code::ProgramRequired)?;
    let connection = app.ports.store().get(&ProgramKey { id }).await?;
    connection.ok_or_else(|| Code::ProgramNotConnected.into())
}

/// Whether a program, if there is one, is connected.
pub async fn is_connected(app: &App, program: Option<ProgramId>) -> Result<bool, Error> {
    match connection(app, program).await {
        Ok(_) => Ok(true),
        Err(Error::Caller(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// What a flow step's choice means in a program.
pub async fn resolve(app: &App, connection: &Connection, choice: Option<&str>) -> Result<Target, Error> {
    let own = || Target { service: connection.service.clone(), webinar: connection.snapshot.clone() };
    let target = match choice.map(str::trim) {
        None | Some("" | OF_PROGRAM) => own(),
        Some(text) => {
            let webinar: WebinarId = text.parse().map_err(|_| Code::WebinarNotFound)?;
            if webinar == connection.snapshot.id {
                own()
            } else {
                let path = format!("/internal/webinar/{webinar}");
                let found: ServiceWebinar =
                    peers::call(&app.ports, Component::Catalog, &path, &(), CATALOG_LIMIT).await?;
                Target { service: found.service, webinar: found.snapshot }
            }
        }
    };
    must_be_usable(app, &target).await?;
    Ok(target)
}

/// Whether the service is live and the webinar's host enabled (R1, R3).
async fn must_be_usable(app: &App, target: &Target) -> Result<(), Error> {
    let service = app.ports.store().get(&ServiceKey { id: target.service.clone() }).await?;
    let obstacle = service.ok_or(Code::ServiceNotFound)?.obstacle_to(&target.webinar);
    obstacle.map_or(Ok(()), |code| Err(code.into()))
}
