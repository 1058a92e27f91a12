//! `GET /registration/failures`.

use super::record::{self, PREFIX};
use crate::app::App;
use crate::push::ledger;
use axum::extract::State;
use domain::records::{OutboxId, Outcome, Registration};
use domain::time::Timestamp;
use domain::{Code, Error, LeadId, Problem, ProgramId};
use platform::ApiError;
use platform::entrance::Admin;
use platform::respond::Json;
use serde::Serialize;
use std::sync::Arc;

/// What failed, the newest first.
#[derive(Debug, Serialize)]
pub struct Failures {
    failures: Vec<Failed>,
}

/// One failure.
#[derive(Debug, Serialize)]
struct Failed {
    program_id: Option<ProgramId>,
    /// `None` for a chunk whose callback Marketo did not take.
    lead_id: Option<LeadId>,
    code: Code,
    detail: String,
    at: Timestamp,
    /// How often it was tried.
    tries: u32,
    /// When it is tried again by itself; `None` when somebody has to do something first.
    next_try: Option<Timestamp>,
}

/// Answers with all failures. Reads the whole ledger: for people, now and then.
pub async fn list(_: Admin, State(app): State<Arc<App>>) -> Result<Json<Failures>, ApiError> {
    let mut failures = Vec::new();
    let records = record::read(&app, &app.ports.store().keys(PREFIX).await?).await?;
    for entry in failed(&app).await? {
        // The record beside the ledger knows more.
        if records.iter().any(|record| (record.program, record.lead) == (entry.program, entry.lead)) {
            continue;
        }
        let Outcome::Failed { problem, next_try } = entry.outcome else { continue };
        let tries = u32::from(entry.adds.count.max(1));
        insert(&mut failures, row(Some(entry.program), Some(entry.lead), problem, entry.at, tries, next_try));
    }
    let now = app.ports.clock.now();
    for record in records {
        if record.is_under_way(now) {
            continue;
        }
        let (program, lead) = (Some(record.program), Some(record.lead));
        insert(&mut failures, row(program, lead, record.problem, record.since, record.tries.max(1), record.next_try));
    }
    for key in app.ports.store().keys("outbox:").await? {
        let Some(id) = OutboxId::from_key(&key) else { continue };
        let Some(head) = crate::outbox::load_head(&app, &id).await? else { continue };
        let Some(mut problem) = head.problem else { continue };
        problem.detail = format!("A chunk of leads could not be called back. {}", problem.detail);
        insert(&mut failures, row(head.program, None, problem, head.accepted_at, head.callback_tries, None));
    }
    Ok(Json(Failures { failures }))
}

/// Keeps the newest first.
fn insert(failures: &mut Vec<Failed>, failure: Failed) {
    let place = failures.partition_point(|other| other.at > failure.at);
    failures.insert(place, failure);
}

fn row(
    program_id: Option<ProgramId>,
    lead_id: Option<LeadId>,
    problem: Problem,
    at: Timestamp,
    tries: u32,
    next_try: Option<Timestamp>,
) -> Failed {
    Failed { program_id, lead_id, code: problem.code, detail: problem.detail, at, tries, next_try }
}

/// The ledger's failures.
pub async fn failed(app: &App) -> Result<Vec<Registration>, Error> {
    let mut failed = Vec::new();
    for key in app.ports.store().keys("registration:").await? {
        let Some(key) = ledger::parse_key(&key) else { continue };
        let entry = app.ports.store().get(&key).await?;
        failed.extend(entry.filter(|entry| matches!(entry.outcome, Outcome::Failed { .. })));
    }
    Ok(failed)
}
