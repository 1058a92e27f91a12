//! Registers one lead within a request. The lead has a failure record while the request runs, so that the tick finishes
//! what a crash interrupts.

use super::attempt::AttemptContext;
use super::leads::{record_unconnected, register_leads};
use super::{eligibility, target, write_back};
use crate::outcome::{Disposition, LeadOutcome, LeadResult};
use crate::state::AppState;
use crate::store::failures;
use domain::records::{Failure, OutboxLead, ProgramConnection};
use domain::{Error, ProgramId};
use platform::retry::RUN_TIMEOUT;

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

/// Registers a lead of a connected program, and records a failure.
async fn register_recorded(state: &AppState, connection: &ProgramConnection, lead: OutboxLead) -> Disposition {
    let (program, id) = (connection.program, lead.id);
    let mut record = failures::before_first_attempt(state, program, id, lead.status.is_none());
    let result = match register_claimed(state, connection, lead, &mut record).await {
        Ok(result) => result,
        Err(error) => LeadResult::deferred(id, error.problem()),
    };
    // Marketo does not repeat a webhook call, so the tick retries a deferred lead. The answer does not depend on it.
    if let Err(error) = failures::finish(state, record, &result).await {
        platform::log!(Error, "failure.record_failed", program = program, lead = id, error = error);
    }
    result.disposition
}

async fn register_claimed(
    state: &AppState,
    connection: &ProgramConnection,
    lead: OutboxLead,
    record: &mut Failure,
) -> Result<LeadResult, Error> {
    let now = state.ports.clock.now();
    let deadline = now + RUN_TIMEOUT;
    if record.status_unknown
        && let Some(before) = failures::read(state, connection.program, lead.id).await?
    {
        // The earlier record shows whether this component set the status Registration Error.
        *record = before;
    }
    if lead.status.is_none() || eligibility::is_registered_status(lead.status.as_deref()) {
        // From here on the lead survives a crash.
        failures::claim(state, record).await?;
    }
    let marketo = state.marketo(deadline);
    let attempt = AttemptContext {
        requested_at: now,
        is_retry: false,
        deadline,
        chunk: None,
        write_ahead: true,
        crashed_before: false,
    };
    let results = register_leads(state, &marketo, connection, &[lead], attempt).await?;
    let result = results.into_iter().next().ok_or_else(|| Error::Internal("no result".to_owned()))?;
    if let Disposition::Final(outcome) = &result.disposition {
        let outcomes = [(result.lead, outcome)];
        write_back::write_back(&marketo, connection.program, &connection.channel, &outcomes).await?;
    }
    Ok(result)
}
