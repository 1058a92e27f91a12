//! Retries failed leads, for the admin and for the tick.

use super::attempt::{AttemptContext, WorkClaim};
use super::lead_fields::{self, CurrentLead};
use super::leads::register_leads;
use super::write_back;
use crate::outcome::LeadResult;
use crate::state::AppState;
use crate::store::failures;
use domain::records::{Failure, OutboxLead, ProgramConnection};
use domain::status::Meaning;
use domain::time::Timestamp;
use domain::{Error, ErrorCode, LeadId, Problem, ProgramId};
use marketo_client::BATCH;

/// Retries leads of a program with their current fields in Marketo, and records the results. Skips leads that another
/// worker is retrying.
pub async fn retry_leads(
    state: &AppState,
    connection: &ProgramConnection,
    failed: &[Failure],
    deadline: Timestamp,
) -> Result<Vec<LeadResult>, Error> {
    let claimed = failures::claim_all(state, failed).await?;
    let results = retry_claimed(state, connection, &claimed, deadline).await;
    if let Err(error) = &results {
        // The attempt counts for every lead whose claim is still there.
        for failure in claimed {
            if let Some(claimed) = failures::read_claimed(state, &failure).await? {
                let result = LeadResult::deferred(failure.lead, error.problem());
                failures::finish(state, claimed, &result).await?;
            }
        }
    }
    results
}

async fn retry_claimed(
    state: &AppState,
    connection: &ProgramConnection,
    failed: &[Failure],
    deadline: Timestamp,
) -> Result<Vec<LeadResult>, Error> {
    let (program, marketo) = (connection.program, state.marketo(deadline));
    let of_lead = |id: LeadId| failed.iter().find(|failure| failure.lead == id);
    // The answer to an earlier add call may have been lost, so the leads are looked up first.
    let attempt = AttemptContext {
        requested_at: state.ports.clock.now(),
        is_retry: true,
        deadline,
        chunk: None,
        write_ahead: true,
        crashed_before: false,
        claim: WorkClaim::Leads(failed),
    };
    let mut all = Vec::new();
    for batch in failed.chunks(BATCH) {
        let ids: Vec<_> = batch.iter().map(|failure| failure.lead).collect();
        let found = lead_fields::read_current(state, &marketo, &ids).await?;
        let has_unreadable = found.unreadable > 0;
        let lead = |found: CurrentLead| current_lead(connection, of_lead(found.id), found);
        let leads: Vec<_> = found.into_iter().map(lead).collect();
        let mut results = register_leads(state, &marketo, connection, &leads, attempt).await?;
        let outcomes: Vec<_> = results.iter().filter_map(LeadResult::to_write).collect();
        let written = write_back::write_back(&marketo, connection, &outcomes).await;
        written.map_err(Error::from)?;
        write_back::set_registered(&marketo, connection, &outcomes).await.map_err(Error::from)?;
        failures::finish_all(state, program, failed, &results).await?;
        let missing: Vec<_> =
            ids.iter().copied().filter(|id| !results.iter().any(|result| result.lead == *id)).collect();
        for missing in missing {
            if !has_unreadable {
                results.push(record_gone(state, program, missing).await?);
            } else if let Some(claimed) = failures::read(state, program, missing).await? {
                // It may be the lead that could not be read (R22).
                let unread = LeadResult::deferred(missing, Problem::of(ErrorCode::MarketoUnavailable));
                failures::finish(state, claimed, &unread).await?;
            }
        }
        all.extend(results);
    }
    Ok(all)
}

/// Records that Marketo no longer has a lead, so that somebody learns it. The next retry deletes the record.
async fn record_gone(state: &AppState, program: ProgramId, lead: LeadId) -> Result<LeadResult, Error> {
    let detail = "Marketo no longer has this lead: it was deleted, or merged into another one. If it was merged, send the lead that \
                  is left through the campaign.";
    let problem = Problem { code: ErrorCode::NotFound, detail: detail.to_owned() };
    match failures::read(state, program, lead).await? {
        Some(failure) if failure.problem != problem => {
            let failure = Failure { problem: problem.clone(), next_try: None, claim: None, ..failure };
            failures::write(state, &failure).await?;
        }
        _ => failures::delete(state, program, lead).await?,
    }
    Ok(LeadResult::failed(lead, problem))
}

/// Builds a lead from its current fields in Marketo. It failed after it had become Registered, and may be Registration
/// Error since, so its status counts as Registered. If its status was never known, Marketo is asked instead (R7).
fn current_lead(connection: &ProgramConnection, failure: Option<&Failure>, found: CurrentLead) -> OutboxLead {
    let status_unknown = failure.is_some_and(|failure| failure.status_unknown);
    let registered = connection.status_for(Meaning::Registered).filter(|_| !status_unknown);
    let status = registered.map(|status| status.name.clone());
    OutboxLead {
        id: found.id,
        fields: found.fields,
        choice: failure.and_then(|failure| failure.choice.clone()),
        status,
    }
}
