//! Restores from a backup what is missing. What is there stays as it is, so that an import can be repeated.

use super::{Backup, VERSION};
use crate::state::AppState;
use domain::records::{ProgramConnection, ProgramKey, read};
use domain::{Error, ErrorCode, Problem};
use platform::internal_api::{self, Component, ImportReport, ImportServicesRequest};
use platform::services;
use serde::Serialize;

/// The answer to an import.
#[derive(Debug, Serialize)]
pub(crate) struct Imported {
    /// Services need a sign-in under the same name: a backup has no tokens.
    services: ImportReport,
    programs: ImportReport,
    /// Number of programs for which there was no time. Importing the same backup again continues.
    left: usize,
}

/// Restores the services and the connections of a backup that are missing.
///
/// # Errors
/// `INVALID_REQUEST` for a backup of a newer form; then nothing has changed.
pub(crate) async fn import(state: &AppState, backup: Backup) -> Result<Imported, Error> {
    if backup.v > VERSION {
        let detail = "A newer build exported this backup; import it with that build or a later one.";
        return Err(Problem::because(ErrorCode::InvalidRequest, detail).into());
    }
    let deadline = state.deadline();
    let request = ImportServicesRequest { services: backup.services };
    let timeout = deadline.duration_since(state.now());
    let imported_services =
        internal_api::call(&state.ports, Component::Oauth, &["import-services"], &request, timeout).await?;
    let (mut programs, mut left) = (ImportReport::default(), 0);
    for value in &backup.programs {
        if state.now() >= deadline {
            left += 1;
            continue;
        }
        let Ok(connection) = read::<ProgramConnection>(value.to_string().as_bytes()) else {
            programs.unreadable += 1;
            continue;
        };
        // Its account removed the app: nothing of it comes back (R17).
        if services::is_app_removed(state.ports.store(), &connection.service).await? {
            programs.ended += 1;
            continue;
        }
        // One that cannot be read is there, too.
        if state.ports.store().exists(&ProgramKey { id: connection.program }).await? {
            programs.kept += 1;
            continue;
        }
        state.ports.connections().add(&connection).await?;
        programs.imported += 1;
    }
    platform::log!(Info, "backup.imported", programs = programs.imported, left = left);
    Ok(Imported { services: imported_services, programs, left })
}
