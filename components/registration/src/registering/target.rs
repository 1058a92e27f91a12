//! The webinar that a lead goes to: the one of its program's connection (R15), or the one that the flow step chose. The
//! service that reaches it must be usable (R1, R3).

use crate::state::AppState;
use domain::records::{ProgramConnection, RecordSource};
use domain::time::SignedDuration;
use domain::webinar::Snapshot;
use domain::{Error, ErrorCode, ProgramId, WebinarId};
use platform::internal_api::{self, Component, ServiceWebinar};
use platform::services;

/// The flow step's choice of the program's connected webinar.
pub const PROGRAM_CHOICE: &str = "program";

/// Timeout of a webinar look-up at `catalog`.
const CATALOG_TIMEOUT: SignedDuration = SignedDuration::from_secs(15);

/// A webinar and the service that reaches it.
#[derive(Debug, Clone)]
pub struct Target {
    /// The service, with its account.
    pub source: RecordSource,
    /// The webinar.
    pub webinar: Snapshot,
}

/// Reads a program's connection.
///
/// # Errors
/// `PROGRAM_REQUIRED` without a program, `PROGRAM_NOT_CONNECTED` for a program without a connection (R15).
pub async fn program_connection(state: &AppState, program: Option<ProgramId>) -> Result<ProgramConnection, Error> {
    let id = program.ok_or(ErrorCode::ProgramRequired)?;
    let connection = state.ports.connections().find(id).await?;
    connection.ok_or_else(|| ErrorCode::ProgramNotConnected.into())
}

/// Returns the service that a program is connected through; `None` if there is no program or it is not connected.
pub async fn source(state: &AppState, program: Option<ProgramId>) -> Result<Option<RecordSource>, Error> {
    match program_connection(state, program).await {
        Ok(connection) => Ok(Some((&connection).into())),
        Err(Error::Rejected(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Resolves a webinar through the first of its programs whose service can be used. One whose service needs a sign-in
/// does not stop the others.
///
/// # Errors
/// That of the first program, if the service of none can be used.
pub async fn resolve_any(
    state: &AppState,
    connections: &[ProgramConnection],
    webinar: WebinarId,
) -> Result<Target, Error> {
    let (choice, mut refusal) = (webinar.to_string(), None);
    for connection in connections {
        match resolve(state, connection, Some(&choice)).await {
            Err(error @ Error::Internal(_)) => return Err(error),
            Err(error) => refusal = refusal.or(Some(error)),
            target => return target,
        }
    }
    Err(refusal.unwrap_or_else(|| ErrorCode::ProgramNotConnected.into()))
}

/// Resolves the flow step's choice in a program.
pub async fn resolve(state: &AppState, connection: &ProgramConnection, choice: Option<&str>) -> Result<Target, Error> {
    let of_program = || (connection.service.clone(), connection.snapshot.clone());
    let (service, webinar) = match choice.map(str::trim) {
        None | Some("" | PROGRAM_CHOICE) => of_program(),
        Some(text) => {
            let webinar: WebinarId = text.parse().map_err(|_| ErrorCode::WebinarNotFound)?;
            if webinar == connection.snapshot.id {
                of_program()
            } else {
                let path = ["webinar", &webinar.to_string()];
                let found: ServiceWebinar =
                    internal_api::call(&state.ports, Component::Catalog, &path, &(), CATALOG_TIMEOUT).await?;
                (found.service, found.snapshot)
            }
        }
    };
    // Is the service live (R1) and the webinar's host enabled (R3)?
    let source = (&services::usable_for(state.ports.store(), &service, &webinar).await?).into();
    Ok(Target { source, webinar })
}
