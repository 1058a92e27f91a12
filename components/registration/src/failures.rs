//! What failed and why, for the admin; and trying again.

use crate::app::App;
use crate::push::batch::Run;
use crate::push::candidate::person;
use crate::push::leads::{self, Pushed};
use crate::push::outcome::Settled;
use crate::push::{target, write_back};
use axum::extract::State;
use domain::records::{self, Lead, OutboxId, Registration};
use domain::time::Timestamp;
use domain::{Code, Error, LeadId, Problem, ProgramId};
use marketo_client::BATCH;
use marketo_client::leads::Lead as MarketoLead;
use platform::entrance::Admin;
use platform::patience::RUN_LIMIT;
use platform::ports::StoreError;
use platform::respond::Json;
use platform::{ApiError, Body};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What failed, the newest first.
#[derive(Debug, Serialize)]
pub struct Failures {
    failures: Vec<Failure>,
}

/// One failure.
#[derive(Debug, Serialize)]
struct Failure {
    program_id: Option<ProgramId>,
    lead_id: Option<LeadId>,
    code: Code,
    detail: String,
    at: Timestamp,
    next_try: Option<Timestamp>,
}

/// What to try again.
#[derive(Debug, Deserialize)]
pub struct Retry {
    program_id: ProgramId,
    #[serde(default)]
    lead_ids: Option<Vec<LeadId>>,
}

/// What trying again came to.
#[derive(Debug, Serialize)]
pub struct Retried {
    leads: Vec<RetriedLead>,
}

#[derive(Debug, Serialize)]
struct RetriedLead {
    lead_id: LeadId,
    outcome: &'static str,
    code: Option<Code>,
    detail: Option<String>,
}

/// `GET /registration/failures`. Reads the whole ledger: for people, now and then.
pub async fn list(_: Admin, State(app): State<Arc<App>>) -> Result<Json<Failures>, ApiError> {
    let mut failures = Vec::new();
    for entry in ledger(&app).await? {
        let records::Outcome::Failed { problem, next_try } = entry.outcome else { continue };
        let Problem { code, detail } = problem;
        let (program_id, lead_id) = (Some(entry.program), Some(entry.lead));
        failures.push(Failure { program_id, lead_id, code, detail, at: entry.at, next_try });
    }
    for key in app.ports.store().keys("outbox:").await? {
        let Some(id) = OutboxId::from_key(&key) else { continue };
        let Some(head) = crate::outbox::load_head(&app, &id).await? else { continue };
        let Some(problem) = head.problem else { continue };
        let detail = format!("A chunk of leads could not be called back. {}", problem.detail);
        let (program_id, at) = (head.program, head.accepted_at);
        failures.push(Failure { program_id, lead_id: None, code: problem.code, detail, at, next_try: None });
    }
    failures.sort_unstable_by_key(|failure| std::cmp::Reverse(failure.at));
    Ok(Json(Failures { failures }))
}

/// `POST /registration/failures/retry`: pushes the failed leads of a program again, within 25 seconds.
pub async fn retry(
    _: Admin,
    State(app): State<Arc<App>>,
    Body(request): Body<Retry>,
) -> Result<Json<Retried>, ApiError> {
    let connection = target::connection(&app, Some(request.program_id)).await?;
    let wanted = request.lead_ids;
    let is_wanted = |lead: &LeadId| wanted.as_ref().is_none_or(|wanted| wanted.contains(lead));
    let failed = ledger(&app).await?.into_iter().filter(|entry| {
        entry.program == request.program_id && matches!(entry.outcome, records::Outcome::Failed { .. })
    });
    // A lead that failed at two webinars is listed twice; Marketo answers with it once.
    let failed: Vec<_> = failed.map(|entry| entry.lead).filter(is_wanted).collect();
    let now = app.ports.clock.now();
    let deadline = now + RUN_LIMIT;
    let marketo = app.marketo(deadline);
    let mut retried = Vec::new();
    for batch in failed.chunks(BATCH) {
        let found = marketo.leads_by_id(batch).await.map_err(Error::from)?;
        let leads: Vec<_> = found.into_iter().map(|found| lead(&connection.channel, found)).collect();
        // An answer to an earlier add call may have been lost: look before adding again.
        let run = Run { since: now, resumed: true, deadline };
        let pushed = leads::push(&app, &marketo, &connection, &leads, run).await?;
        let settled: Vec<_> = pushed.iter().filter_map(|pushed| Some((pushed.lead, pushed.outcome()?))).collect();
        let written = write_back::write_back(&marketo, connection.program, &connection.channel, &settled).await;
        written.map_err(Error::from)?;
        retried.extend(pushed.iter().map(row));
    }
    Ok(Json(Retried { leads: retried }))
}

/// A lead as Marketo has it now. It failed after it had become Registered, which may have moved its status on to
/// Registration Error; trying again means Registered.
fn lead(channel: &domain::status::Channel, found: MarketoLead) -> Lead {
    let fields = person(found.email, found.first_name, found.last_name, found.company, found.phone);
    let registered = channel.find(domain::status::Known::Registered);
    let status = registered.map(|status| status.name.clone());
    Lead { id: found.id, fields, choice: None, status }
}

fn row(pushed: &Pushed) -> RetriedLead {
    let (outcome, problem) = match &pushed.settled {
        Settled::Now(outcome) => (outcome.name(), outcome.problem()),
        Settled::Later(problem) => ("waiting", Some(problem)),
    };
    let (code, detail) = problem.map(|problem| (problem.code, problem.detail.clone())).unzip();
    RetriedLead { lead_id: pushed.lead, outcome, code, detail }
}

async fn ledger(app: &App) -> Result<Vec<Registration>, StoreError> {
    let mut entries = Vec::new();
    for key in app.ports.store().keys("registration:").await? {
        let Some(key) = crate::push::ledger::parse_key(&key) else { continue };
        entries.extend(app.ports.store().get(&key).await?);
    }
    Ok(entries)
}
