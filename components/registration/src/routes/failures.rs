//! `GET /registration/failures` and `POST /registration/failures/retry`.

use crate::outcome::{Disposition, LeadResult};
use crate::registering::retry::retry_leads;
use crate::registering::target;
use crate::state::AppState;
use crate::store::{counts, failures, given_up, outbox};
use axum::extract::State;
use domain::records::OutboxId;
use domain::time::Timestamp;
use domain::{ErrorCode, LeadId, Problem, ProgramId};
use platform::auth::AdminAuth;
use platform::http::Json;
use platform::retry::RUN_TIMEOUT;
use platform::{ApiError, JsonBody};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Maximum number of leads in a list, and of leads that an admin retries at once.
const MAX_LEADS: usize = 1000;

/// Failures, newest first: at most `MAX_LEADS` leads.
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
    /// The chunk whose callback was given up.
    chunk_id: Option<String>,
    code: ErrorCode,
    detail: String,
    at: Timestamp,
    /// Number of attempts.
    tries: u32,
    /// When the tick retries it; `None` when it does not.
    next_try: Option<Timestamp>,
}

/// Lists failed leads, and callbacks that were given up.
pub async fn list(_: AdminAuth, State(state): State<Arc<AppState>>) -> Result<Json<FailureList>, ApiError> {
    let mut listed = Vec::new();
    let now = state.ports.clock.now();
    for record in failures::indexed(&state, None, MAX_LEADS).await?.records {
        if record.is_under_way(now) {
            continue;
        }
        let (program, lead) = (Some(record.program), Some(record.lead));
        let tries = record.tries.max(1);
        insert(&mut listed, failure_row(program, lead, record.problem, record.since, tries, record.next_try));
    }
    for id in given_up::all(&state).await? {
        let Some(head) = outbox::load_readable_head(&state, &id).await? else { continue };
        let Some(mut problem) = head.problem else { continue };
        problem.detail =
            format!("The outcomes of a chunk of leads could not be delivered to Marketo. {}", problem.detail);
        let row = failure_row(head.program, None, problem, head.accepted_at, head.callback_tries, None);
        insert(&mut listed, ListedFailure { chunk_id: Some(id.to_string()), ..row });
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
    ListedFailure {
        program_id,
        lead_id,
        chunk_id: None,
        code: problem.code,
        detail: problem.detail,
        at,
        tries,
        next_try,
    }
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
    let mut failed = failures::indexed(&state, Some(program), MAX_LEADS).await?.records;
    let now = state.ports.clock.now();
    // A webhook request still processes these.
    failed.retain(|failure| !failure.is_under_way(now));
    if let Some(lead_ids) = request.lead_ids {
        failed.retain(|failure| lead_ids.contains(&failure.lead));
    }
    let results = retry_leads(&state, &connection, &failed, now + RUN_TIMEOUT).await?;
    counts::flush(&state).await;
    Ok(Json(RetryResponse { leads: results.iter().map(retried_lead).collect() }))
}

fn retried_lead(result: &LeadResult) -> RetriedLead {
    let (outcome, problem) = match &result.disposition {
        Disposition::Final(outcome) => (outcome.name(), outcome.problem()),
        Disposition::Deferred(problem) | Disposition::Postponed(problem) => ("waiting", Some(problem)),
    };
    let (code, detail) = problem.map(|problem| (problem.code, problem.detail.clone())).unzip();
    RetriedLead { lead_id: result.lead, outcome, code, detail }
}

/// The chunk to dismiss.
#[derive(Debug, Deserialize)]
pub struct DismissRequest {
    chunk_id: String,
}

/// Dismisses a chunk whose callback was given up: deletes what is left of it.
pub async fn dismiss(
    _: AdminAuth,
    State(state): State<Arc<AppState>>,
    JsonBody(request): JsonBody<DismissRequest>,
) -> Result<Json<serde_json::Value>, ApiError> {
    let id = OutboxId::parse(&request.chunk_id).ok_or_else(|| ApiError::invalid("This is no id of a chunk."))?;
    if outbox::dismiss(&state, &id).await? { Ok(Json(serde_json::json!({}))) } else { Err(ErrorCode::NotFound.into()) }
}
