//! `GET /registration/programs/{program_id}`.

use super::survey;
use crate::app::App;
use axum::extract::{Path, State};
use domain::records::{Outcome, ProgramKey};
use domain::{Code, Error, LeadId, ProgramId};
use http::StatusCode;
use platform::ApiError;
use platform::entrance::Admin;
use platform::respond::Json;
use serde::Serialize;
use std::collections::HashSet;
use std::sync::Arc;

/// How many people a program has in Zoom's webinar, and how many not.
#[derive(Debug, Serialize)]
pub struct Counts {
    program_id: ProgramId,
    /// In Zoom, with a link of their own.
    registered: usize,
    /// In Zoom, waiting for the host.
    pending: usize,
    /// People who failed, each once.
    failed: usize,
    /// Accepted from Marketo and under way.
    waiting: usize,
}

/// Counts the people of a connected program. Reads the webinar's ledger: for people, now and then.
pub async fn show(_: Admin, State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Json<Counts>, ApiError> {
    let program = id.parse().map_err(|_| ApiError::invalid("The id of a Marketo program is a number."))?;
    Ok(Json(count(&app, program).await?.ok_or_else(not_connected)?))
}

/// Asked for by its address, a connection that is not there is "not found".
pub(super) fn not_connected() -> ApiError {
    ApiError::from(Code::ProgramNotConnected).with_status(StatusCode::NOT_FOUND)
}

async fn count(app: &App, program: ProgramId) -> Result<Option<Counts>, Error> {
    let Some(connection) = app.ports.store().get(&ProgramKey { id: program }).await? else { return Ok(None) };
    let (mut registered, mut pending) = (0, 0);
    let mut failed: HashSet<LeadId> = HashSet::new();
    for entry in survey::ledger_of(app, Some(connection.snapshot.id)).await? {
        if entry.program != program {
            continue;
        }
        match entry.outcome {
            Outcome::Registered { .. } => registered += 1,
            Outcome::Pending { .. } => pending += 1,
            Outcome::Failed { .. } => _ = failed.insert(entry.lead),
        }
    }
    let beside = survey::beside_ledger(app).await?;
    failed.extend(beside.into_iter().filter(|(of, _)| *of == program).map(|(_, lead)| lead));
    let waiting = survey::waiting(app, program).await?.len();
    Ok(Some(Counts { program_id: program, registered, pending, failed: failed.len(), waiting }))
}
