//! `GET /registration/health`.

use super::survey;
use crate::app::App;
use axum::extract::State;
use domain::Error;
use domain::records::Outcome;
use domain::time::Timestamp;
use platform::ApiError;
use platform::entrance::Admin;
use platform::respond::Json;
use serde::Serialize;
use std::collections::HashSet;
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
    Ok(Json(look(&app).await?))
}

async fn look(app: &App) -> Result<Health, Error> {
    let (given_up, under_way): (Vec<_>, Vec<_>) =
        survey::chunks(app).await?.into_iter().partition(|(_, head)| head.problem.is_some());
    let beside: HashSet<_> = survey::beside_ledger(app).await?.into_iter().collect();
    let ledger = survey::ledger_of(app, None).await?;
    let failed = ledger.iter().filter(|entry| {
        matches!(entry.outcome, Outcome::Failed { .. }) && !beside.contains(&(entry.program, entry.lead))
    });
    Ok(Health {
        outbox: under_way.len(),
        oldest: under_way.iter().map(|(_, head)| head.accepted_at).min(),
        failures: failed.count() + beside.len() + given_up.len(),
    })
}
