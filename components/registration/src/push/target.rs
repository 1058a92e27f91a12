//! To which webinar a lead goes: the one that its program is connected to (R15), or one that the flow step names;
//! by a service that is live (R1).

use crate::app::App;
use domain::records::{Connection, ProgramKey, ServiceKey, ServiceState};
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
    must_be_live(app, &target.service).await?;
    Ok(target)
}

/// Whether a service can be used (R1).
async fn must_be_live(app: &App, service: &ServiceId) -> Result<(), Error> {
    let record = app.ports.store().get(&ServiceKey { id: service.clone() }).await?;
    match record.ok_or(Code::ServiceNotFound)?.state {
        ServiceState::Active => Ok(()),
        ServiceState::Superseded => Err(Code::ServiceSuperseded.into()),
        ServiceState::NeedsSignIn => Err(Code::ServiceNeedsSignIn.into()),
        ServiceState::Deauthorized => Err(Code::ServiceNotFound.into()),
    }
}
