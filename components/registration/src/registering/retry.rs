//! Retries failed leads, for the admin and for the tick.

use super::attempt::{AttemptContext, WorkClaim};
use super::eligibility::person_fields;
use super::leads::register_leads;
use super::write_back;
use crate::outcome::LeadResult;
use crate::state::AppState;
use crate::store::failures;
use domain::records::{Failure, OutboxLead, ProgramConnection};
use domain::status::Meaning;
use domain::time::Timestamp;
use domain::{Error, ErrorCode, LeadId, Problem};
use marketo_client::BATCH;
use marketo_client::leads::Lead as MarketoLead;

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
        let found = marketo.leads_by_id(&ids).await.map_err(Error::from)?;
        let has_unreadable = found.unreadable > 0;
        let lead = |found: MarketoLead| current_lead(connection, of_lead(found.id), found);
        let leads: Vec<_> = found.into_iter().map(lead).collect();
        let results = register_leads(state, &marketo, connection, &leads, attempt).await?;
        let outcomes: Vec<_> = results.iter().filter_map(LeadResult::to_write).collect();
        let written = write_back::write_back(&marketo, connection, &outcomes).await;
        written.map_err(Error::from)?;
        write_back::set_registered(&marketo, connection, &outcomes).await.map_err(Error::from)?;
        failures::finish_all(state, program, failed, &results).await?;
        for &missing in ids.iter().filter(|id| !results.iter().any(|result| result.lead == **id)) {
            if !has_unreadable {
                // Marketo no longer has the lead.
                failures::delete(state, program, missing).await?;
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

/// Builds a lead from its current fields in Marketo. It failed after it had become Registered, and may be Registration
/// Error since, so its status counts as Registered. If its status was never known, Marketo is asked instead (R7).
fn current_lead(connection: &ProgramConnection, failure: Option<&Failure>, found: MarketoLead) -> OutboxLead {
    let fields = person_fields(found.email, found.first_name, found.last_name, found.company, found.phone);
    let status_unknown = failure.is_some_and(|failure| failure.status_unknown);
    let registered = connection.status_for(Meaning::Registered).filter(|_| !status_unknown);
    let status = registered.map(|status| status.name.clone());
    OutboxLead { id: found.id, fields, choice: failure.and_then(|failure| failure.choice.clone()), status }
}
