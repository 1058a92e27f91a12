//! `POST /registration/trace`: shows the registration of one person, by e-mail address. The address is in the body, so
//! that no log contains it, and the ledger's key is its hash.

use super::status::not_connected;
use crate::registering::daily_limit;
use crate::state::AppState;
use crate::store::{chunk_leads, failures, ledger};
use axum::extract::State;
use domain::records::{ProgramConnection, Registration, RegistrationOutcome};
use domain::time::Timestamp;
use domain::{Email, Error, ErrorCode, LeadId, Problem, ProgramId, RegistrantId, Sensitive, WebinarId};
use marketo_client::MarketoError;
use platform::auth::AdminAuth;
use platform::http::Json;
use platform::retry::RUN_TIMEOUT;
use platform::{ApiError, JsonBody};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The person to trace.
#[derive(Debug, Deserialize)]
pub struct TraceRequest {
    program_id: ProgramId,
    email: Sensitive,
}

/// A person's registration in a program. Contains neither the address nor the join link.
#[derive(Debug, Serialize)]
pub struct Trace {
    program_id: ProgramId,
    webinar_id: WebinarId,
    /// The ledger's entry; `None` for a person who never got that far.
    pushed: Option<LedgerRow>,
    /// A failure record.
    failure: Option<FailureRow>,
    /// Whether the person is in a chunk of the outbox.
    waiting: bool,
    /// The members of the program with this address. Empty if Marketo failed; then `marketo_problem` says why.
    members: Vec<MemberRow>,
    marketo_problem: Option<Problem>,
}

/// A ledger entry.
#[derive(Debug, Serialize)]
struct LedgerRow {
    lead_id: LeadId,
    /// When the entry was last written.
    at: Timestamp,
    outcome: &'static str,
    registrant_id: Option<RegistrantId>,
    code: Option<ErrorCode>,
    detail: Option<String>,
    next_try: Option<Timestamp>,
    /// Add-registrant calls today (R12).
    adds_today: u8,
}

/// A failure record.
#[derive(Debug, Serialize)]
struct FailureRow {
    lead_id: LeadId,
    code: ErrorCode,
    detail: String,
    since: Timestamp,
    tries: u32,
    next_try: Option<Timestamp>,
}

/// A membership in Marketo.
#[derive(Debug, Serialize)]
struct MemberRow {
    lead_id: LeadId,
    status: Option<String>,
    /// Whether `{{member.webinar url}}` has a link.
    link_written: bool,
    registrant_id: Option<RegistrantId>,
}

/// Traces a person.
pub async fn trace(
    _: AdminAuth,
    State(state): State<Arc<AppState>>,
    JsonBody(request): JsonBody<TraceRequest>,
) -> Result<Json<Trace>, ApiError> {
    let email = Email::parse(request.email.expose());
    let email = email.ok_or_else(|| ApiError::invalid("The e-mail address is not valid."))?;
    let connection = state.ports.connections().find(request.program_id).await?;
    let connection = connection.ok_or_else(not_connected)?;
    Ok(Json(trace_of(&state, &connection, &email).await?))
}

async fn trace_of(state: &AppState, connection: &ProgramConnection, email: &Email) -> Result<Trace, Error> {
    let (program, webinar) = (connection.program, connection.snapshot.id);
    // The entry may be of another program that shares the webinar.
    let entry = ledger::read(state, webinar, email).await?;
    let (leads, members, marketo_problem) = match marketo_members(state, program, email).await {
        Ok((leads, members)) => (leads, members, None),
        Err(error) => (Vec::new(), Vec::new(), Some(Error::from(error).problem())),
    };
    let mut known = leads;
    known.extend(entry.as_ref().map(|entry| entry.lead).filter(|lead| !known.contains(lead)));
    let waiting = chunk_leads::has_lead(state, program, &known).await?;
    Ok(Trace {
        program_id: program,
        webinar_id: webinar,
        failure: failure(state, program, &known).await?,
        pushed: entry.map(|entry| ledger_row(entry, state.ports.clock.now())),
        waiting,
        members,
        marketo_problem,
    })
}

/// Returns Marketo's leads with the address, and their memberships in the program.
async fn marketo_members(
    state: &AppState,
    program: ProgramId,
    email: &Email,
) -> Result<(Vec<LeadId>, Vec<MemberRow>), MarketoError> {
    let marketo = state.marketo(state.ports.clock.now() + RUN_TIMEOUT);
    let leads: Vec<_> = marketo.leads_by_email(&[email]).await?.into_iter().map(|lead| lead.id).collect();
    if leads.is_empty() {
        return Ok((leads, Vec::new()));
    }
    let members = marketo.members_of(program, &leads).await?.into_iter().map(|member| MemberRow {
        lead_id: member.lead_id,
        status: member.status_name,
        link_written: member.webinar_url.is_some_and(|url| !url.expose().is_empty()),
        registrant_id: member.registration_code.filter(|id| !id.as_str().is_empty()),
    });
    Ok((leads, members.collect()))
}

/// Returns the first failure record of one of the leads.
async fn failure(state: &AppState, program: ProgramId, leads: &[LeadId]) -> Result<Option<FailureRow>, Error> {
    for &lead in leads {
        if let Some(record) = failures::read(state, program, lead).await? {
            return Ok(Some(FailureRow {
                lead_id: lead,
                code: record.problem.code,
                detail: record.problem.detail,
                since: record.since,
                tries: record.tries,
                next_try: record.next_try,
            }));
        }
    }
    Ok(None)
}

fn ledger_row(entry: Registration, now: Timestamp) -> LedgerRow {
    let adds_today = daily_limit::add_calls_today(Some(&entry), now).count;
    let (outcome, registrant_id, problem, next_try) = match entry.outcome {
        RegistrationOutcome::Registered { registrant, .. } => ("registered", Some(registrant), None, None),
        RegistrationOutcome::Pending { registrant } => ("pending", Some(registrant), None, None),
        RegistrationOutcome::Failed { problem, next_try, .. } => ("failed", None, Some(problem), next_try),
    };
    let (code, detail) = problem.map(|problem| (problem.code, problem.detail)).unzip();
    LedgerRow { lead_id: entry.lead, at: entry.at, outcome, registrant_id, code, detail, next_try, adds_today }
}
