//! `GET /registration/programs/{program_id}`.

use super::survey::{self, Survey};
use crate::app::App;
use axum::extract::State;
use domain::records::{Outcome, ProgramKey};
use domain::{Code, Error, LeadId, ProgramId};
use http::{StatusCode, Uri};
use platform::ApiError;
use platform::entrance::Admin;
use platform::respond::Json;
use serde::Serialize;
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
pub async fn show(_: Admin, State(app): State<Arc<App>>, uri: Uri) -> Result<Json<Counts>, ApiError> {
    // The route's one parameter is the last segment. axum's own way of reading it costs 10 kB of wasm.
    let id = uri.path().rsplit('/').next().and_then(|id| id.parse().ok());
    let program = id.ok_or_else(|| ApiError::invalid("The id of a Marketo program is a number."))?;
    Ok(Json(count(&app, program).await?.ok_or_else(not_connected)?))
}

/// Asked for by its address, a connection that is not there is "not found".
pub(super) fn not_connected() -> ApiError {
    ApiError::from(Code::ProgramNotConnected).with_status(StatusCode::NOT_FOUND)
}

async fn count(app: &App, program: ProgramId) -> Result<Option<Counts>, Error> {
    let Some(connection) = app.ports.store().get(&ProgramKey { id: program }).await? else { return Ok(None) };
    Ok(Some(counts(program, &Survey::of(app, Some(connection.snapshot.id)).await?)))
}

fn counts(program: ProgramId, survey: &Survey) -> Counts {
    let (mut registered, mut pending) = (0, 0);
    let mut failed: Vec<LeadId> =
        survey.beside.iter().filter(|(of, _)| *of == program).map(|(_, lead)| *lead).collect();
    for entry in survey.ledger.iter().filter(|entry| entry.program == program) {
        match entry.outcome {
            Outcome::Registered { .. } => registered += 1,
            Outcome::Pending { .. } => pending += 1,
            // Few fail, so looking through them is quick.
            Outcome::Failed { .. } if failed.contains(&entry.lead) => {}
            Outcome::Failed { .. } => failed.push(entry.lead),
        }
    }
    let waiting = survey::waiting(&survey.chunks, program).count();
    Counts { program_id: program, registered, pending, failed: failed.len(), waiting }
}
