//! `GET /registration/failures` and `POST /registration/failures/retry`.

use crate::outcome::{Disposition, LeadResult};
use crate::registering::retry::retry_leads;
use crate::registering::target;
use crate::state::AppState;
use crate::store::{failures, ledger, outbox};
use axum::extract::State;
use domain::records::{Failure, OutboxKey, Record, Registration, RegistrationOutcome, WorkerCrashes};
use domain::time::Timestamp;
use domain::{ErrorCode, LeadId, Problem, ProgramId};
use platform::auth::AdminAuth;
use platform::http::Json;
use platform::retry::RUN_TIMEOUT;
use platform::{ApiError, JsonBody};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// All failures, newest first.
#[derive(Debug, Serialize)]
pub struct FailureList {
    failures: Vec<ListedFailure>,
}

/// One failure.
#[derive(Debug, Serialize)]
struct ListedFailure {
    program_id: Option<ProgramId>,
    /// `None` for a chunk whose callback was given up.
    lead_id: Option<LeadId>,
    code: ErrorCode,
    detail: String,
    at: Timestamp,
    /// Number of attempts.
    tries: u32,
    /// When the tick retries it; `None` when it does not.
    next_try: Option<Timestamp>,
}

/// Lists all failures: of failure records, of the ledger, and of callbacks that were given up. Reads the whole ledger.
pub async fn list(_: AdminAuth, State(state): State<Arc<AppState>>) -> Result<Json<FailureList>, ApiError> {
    let mut listed = Vec::new();
    let records = failures::all(&state).await?.records;
    for entry in ledger::read_failed(&state).await? {
        // A failure record is more precise than the ledger.
        if records.iter().any(|record| (record.program, record.lead) == (entry.program, entry.lead)) {
            continue;
        }
        let RegistrationOutcome::Failed { problem, next_try, .. } = entry.outcome else { continue };
        let tries = u32::from(entry.adds.count.max(1));
        insert(&mut listed, failure_row(Some(entry.program), Some(entry.lead), problem, entry.at, tries, next_try));
    }
    let now = state.ports.clock.now();
    for record in records {
        if record.is_under_way(now) {
            continue;
        }
        let (program, lead) = (Some(record.program), Some(record.lead));
        let tries = record.tries.max(1);
        insert(&mut listed, failure_row(program, lead, record.problem, record.since, tries, record.next_try));
    }
    for OutboxKey { id } in state.ports.store().list().await? {
        let Some(head) = outbox::load_readable_head(&state, &id).await? else { continue };
        let Some(mut problem) = head.problem else { continue };
        problem.detail =
            format!("The outcomes of a chunk of leads could not be delivered to Marketo. {}", problem.detail);
        insert(&mut listed, failure_row(head.program, None, problem, head.accepted_at, head.callback_tries, None));
    }
    Ok(Json(FailureList { failures: listed }))
}

/// Inserts a failure in order, newest first.
fn insert(failures: &mut Vec<ListedFailure>, failure: ListedFailure) {
    let place = failures.partition_point(|other| other.at > failure.at);
    failures.insert(place, failure);
}

fn failure_row(
    program_id: Option<ProgramId>,
    lead_id: Option<LeadId>,
    problem: Problem,
    at: Timestamp,
    tries: u32,
    next_try: Option<Timestamp>,
) -> ListedFailure {
    ListedFailure { program_id, lead_id, code: problem.code, detail: problem.detail, at, tries, next_try }
}

/// The leads to retry.
#[derive(Debug, Deserialize)]
pub struct RetryRequest {
    program_id: ProgramId,
    /// All failed leads of the program if absent.
    #[serde(default)]
    lead_ids: Option<Vec<LeadId>>,
}

/// The results of the retries.
#[derive(Debug, Serialize)]
pub struct RetryResponse {
    leads: Vec<RetriedLead>,
}

#[derive(Debug, Serialize)]
struct RetriedLead {
    lead_id: LeadId,
    outcome: &'static str,
    code: Option<ErrorCode>,
    detail: Option<String>,
}

/// Retries the failed leads of a program within [`RUN_TIMEOUT`].
pub async fn retry(
    _: AdminAuth,
    State(state): State<Arc<AppState>>,
    JsonBody(request): JsonBody<RetryRequest>,
) -> Result<Json<RetryResponse>, ApiError> {
    let program = request.program_id;
    let connection = target::program_connection(&state, Some(program)).await?;
    let mut failed = failures::all(&state).await?.records;
    failed.retain(|failure| failure.program == program);
    let entries = ledger::read_failed(&state).await?;
    for entry in entries.into_iter().filter(|entry| entry.program == program) {
        // A lead that failed at two webinars is listed twice and retried once.
        if !failed.iter().any(|known| known.lead == entry.lead) {
            failed.extend(failure_of_entry(entry));
        }
    }
    let now = state.ports.clock.now();
    // A webhook request still processes these.
    failed.retain(|failure| !failure.is_under_way(now));
    if let Some(lead_ids) = request.lead_ids {
        failed.retain(|failure| lead_ids.contains(&failure.lead));
    }
    let results = retry_leads(&state, &connection, &failed, now + RUN_TIMEOUT).await?;
    Ok(Json(RetryResponse { leads: results.iter().map(retried_lead).collect() }))
}

/// Converts a failure that only the ledger has.
fn failure_of_entry(entry: Registration) -> Option<Failure> {
    let Registration { program, lead, at: since, outcome, .. } = entry;
    let RegistrationOutcome::Failed { problem, next_try, .. } = outcome else { return None };
    Some(Failure {
        v: Failure::VERSION,
        program,
        lead,
        choice: None,
        problem,
        since,
        tries: 1,
        next_try,
        status_unknown: false,
        claim: None,
        crashes: WorkerCrashes::default(),
    })
}

fn retried_lead(result: &LeadResult) -> RetriedLead {
    let (outcome, problem) = match &result.disposition {
        Disposition::Final(outcome) => (outcome.name(), outcome.problem()),
        Disposition::Deferred(problem) | Disposition::Postponed(problem) => ("waiting", Some(problem)),
    };
    let (code, detail) = problem.map(|problem| (problem.code, problem.detail.clone())).unzip();
    RetriedLead { lead_id: result.lead, outcome, code, detail }
}
