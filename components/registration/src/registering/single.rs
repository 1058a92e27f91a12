//! Registers one lead within a request. The lead has a failure record while the request runs, so that the tick finishes
//! what a crash interrupts.

use super::attempt::{AttemptContext, WorkClaim};
use super::leads::{record_unconnected, register_leads};
use super::{eligibility, target, write_back};
use crate::outcome::{Disposition, LeadOutcome, LeadResult};
use crate::state::AppState;
use crate::store::failures;
use domain::records::{Failure, FailureKey, OutboxLead, ProgramConnection};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ErrorCode, Problem, ProgramId};
use platform::retry::RUN_TIMEOUT;

/// How often a request looks whether another worker is done with its lead.
const CLAIM_POLL_INTERVAL: SignedDuration = SignedDuration::from_millis(250);

/// Registers a lead of a program.
pub async fn register_single(state: &AppState, program: ProgramId, lead: OutboxLead) -> Disposition {
    match target::program_connection(state, Some(program)).await {
        Ok(connection) => register_recorded(state, &connection, lead).await,
        Err(Error::Rejected(problem)) => {
            let marketo = state.marketo(state.ports.clock.now() + RUN_TIMEOUT);
            record_unconnected(state, &marketo, program, &[lead], &problem).await;
            Disposition::Final(LeadOutcome::Failed(problem))
        }
        Err(error) => error.into(),
    }
}

/// Registers a lead of a connected program, and records a failure. Waits while another worker registers the lead.
async fn register_recorded(state: &AppState, connection: &ProgramConnection, lead: OutboxLead) -> Disposition {
    let (program, id) = (connection.program, lead.id);
    let deadline = state.ports.clock.now() + RUN_TIMEOUT;
    let busy = || Disposition::Postponed(Problem::of(ErrorCode::Busy));
    let key = FailureKey { program, lead: id };
    let Some(_guard) = state.locks.lock_until(&state.ports, &key.to_string(), deadline).await else { return busy() };
    loop {
        let claimed = match claim(state, connection, &lead).await {
            Ok(claimed) => claimed,
            Err(error) => return Disposition::Postponed(error.problem()),
        };
        if let Some(record) = claimed {
            let result = match register_claimed(state, connection, &lead, &record, deadline).await {
                Ok(result) => result,
                Err(error) => LeadResult::postponed(id, error.problem()),
            };
            // Marketo does not repeat a webhook call, so the tick retries a deferred lead. The answer does not depend on it.
            if let Err(error) = failures::finish(state, record, &result).await {
                platform::log!(Error, "failure.record_failed", program = program, lead = id, error = error);
            }
            if result.disposition != busy() {
                return result.disposition;
            }
        }
        // Another worker has the lead. The ledger has the outcome once that worker is done.
        if state.ports.clock.now() + CLAIM_POLL_INTERVAL > deadline {
            return busy();
        }
        state.ports.clock.sleep(CLAIM_POLL_INTERVAL).await;
    }
}

/// Claims a lead that is to be registered, so that it survives a crash from here on. Returns `None` while another worker
/// has it. A lead with another status needs no claim.
async fn claim(state: &AppState, connection: &ProgramConnection, lead: &OutboxLead) -> Result<Option<Failure>, Error> {
    let is_cancellation = eligibility::to_cancel(lead, connection, lead.status.as_deref()).is_some();
    // A retry of a cancellation asks Marketo for the status. Otherwise it would register the lead.
    let status_unknown = lead.status.is_none() || is_cancellation;
    let record =
        failures::before_first_attempt(state, connection.program, lead.id, status_unknown, Some(connection.into()));
    if status_unknown || eligibility::is_registered(Some(connection), lead.status.as_deref()) {
        return failures::claim_first(state, record).await;
    }
    Ok(Some(record))
}

async fn register_claimed(
    state: &AppState,
    connection: &ProgramConnection,
    lead: &OutboxLead,
    record: &Failure,
    deadline: Timestamp,
) -> Result<LeadResult, Error> {
    let marketo = state.marketo(deadline);
    let attempt = AttemptContext {
        requested_at: state.ports.clock.now(),
        is_retry: false,
        deadline,
        chunk: None,
        write_ahead: true,
        crashed_before: false,
        claim: WorkClaim::Leads(std::slice::from_ref(record)),
    };
    let results = register_leads(state, &marketo, connection, std::slice::from_ref(lead), attempt).await?;
    let result = results.into_iter().next().ok_or_else(|| Error::Internal("no result".to_owned()))?;
    if let Some(outcome) = result.to_write() {
        let outcomes = [outcome];
        let leads = std::slice::from_ref(lead);
        write_back::write_back_to_present(&marketo, connection, &outcomes, leads).await?;
    }
    Ok(result)
}
