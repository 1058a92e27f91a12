//! `GET /registration/health`.

use super::survey::Survey;
use crate::app::App;
use axum::extract::State;
use domain::records::Outcome;
use domain::time::Timestamp;
use platform::ApiError;
use platform::entrance::Admin;
use platform::respond::Json;
use serde::Serialize;
use std::sync::Arc;

/// What waits, and how much failed.
#[derive(Debug, Serialize)]
pub struct Health {
    /// Chunks that were accepted and not yet called back.
    outbox: usize,
    /// When the oldest of these was accepted.
    oldest: Option<Timestamp>,
    /// As many as `GET /registration/failures` lists.
    failures: usize,
}

/// Answers with the state of the component. Reads the whole ledger: for people, now and then.
pub async fn show(_: Admin, State(app): State<Arc<App>>) -> Result<Json<Health>, ApiError> {
    Ok(Json(health(&Survey::of(&app, None).await?)))
}

fn health(survey: &Survey) -> Health {
    let under_way = || survey.chunks.iter().filter(|chunk| !chunk.is_given_up);
    let failed = survey.ledger.iter().filter(|entry| {
        matches!(entry.outcome, Outcome::Failed { .. }) && !survey.beside.contains(&(entry.program, entry.lead))
    });
    let outbox = under_way().count();
    Health {
        outbox,
        oldest: under_way().map(|chunk| chunk.accepted_at).min(),
        failures: failed.count() + survey.beside.len() + survey.chunks.len() - outbox,
    }
}
