//! Retries failed leads, for the admin and for the tick: batch by batch, as many leads as fit. Leads for which no time is
//! left are not touched.

use super::attempt::{AttemptContext, WorkClaim};
use super::lead_fields::{self, CurrentLead};
use super::leads::register_leads;
use super::write_back;
use crate::flow_step::process::MARKETO_RESERVE;
use crate::outcome::{Disposition, LeadOutcome, LeadResult};
use crate::state::AppState;
use crate::store::failures;
use domain::records::{Failure, OutboxLead, ProgramConnection};
use domain::status::Meaning;
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ErrorCode, LeadId, Problem, ProgramId};
use marketo_client::{BATCH, MarketoClient};
use std::collections::BTreeMap;

/// Maximum duration of a batch. Shorter than the claims on its leads last.
const BATCH_TIMEOUT: SignedDuration = SignedDuration::from_secs(45);

/// Minimum time for the add calls of a batch.
const MIN_ADD_TIME: SignedDuration = SignedDuration::from_secs(3);

/// Number of leads that are expected to be registered in a second. Zoom allows 30 add calls on its smallest plan for
/// webinars.
const LEADS_PER_SECOND: i64 = 20;

/// Maximum number of leads of the first batch. While Zoom or the service cannot be used, no more are claimed in vain.
const PROBE: usize = 8;

/// How many leads a batch may have.
#[derive(Debug, Default)]
pub struct BatchSize {
    /// Whether a batch of this run was attempted.
    is_probed: bool,
}

impl BatchSize {
    /// Returns the maximum number of leads of the next batch; `None` if there is no time for one. The end of the time is
    /// reserved for Marketo.
    pub fn next(&self, now: Timestamp, deadline: Timestamp) -> Option<usize> {
        let time = deadline.duration_since(now).min(BATCH_TIMEOUT) - MARKETO_RESERVE;
        if time < MIN_ADD_TIME {
            return None;
        }
        let fitting = usize::try_from(time.as_secs() * LEADS_PER_SECOND).unwrap_or_default();
        Some(fitting.min(if self.is_probed { BATCH } else { PROBE }))
    }

    /// Records the results of a batch. Returns whether leads can be attempted now.
    pub fn record(&mut self, results: &[LeadResult]) -> bool {
        let is_attempted = |result: &LeadResult| !matches!(result.disposition, Disposition::Postponed(_));
        // Leads that other workers have show nothing.
        self.is_probed |= results.iter().any(is_attempted);
        results.is_empty() || results.iter().any(is_attempted)
    }
}

/// Retries leads of a program with their current fields in Marketo, and records the results, until the deadline.
///
/// Skips leads that another worker is retrying. Returns the results of the leads that were claimed.
///
/// # Errors
/// The first batch failed. What fails later is left to the tick.
pub async fn retry_leads(
    state: &AppState,
    connection: &ProgramConnection,
    failed: &[Failure],
    deadline: Timestamp,
) -> Result<Vec<LeadResult>, Error> {
    let (mut all, mut size, mut rest) = (Vec::new(), BatchSize::default(), failed);
    while let Some(next) = size.next(state.ports.clock.now(), deadline).filter(|_| !rest.is_empty()) {
        let (batch, later) = rest.split_at(next.min(rest.len()));
        rest = later;
        match retry_batch(state, connection, batch, deadline).await {
            Ok(results) => {
                let goes_on = size.record(&results);
                all.extend(results);
                if !goes_on {
                    break;
                }
            }
            Err(error) if all.is_empty() => return Err(error),
            Err(_) => break,
        }
    }
    Ok(all)
}

/// Retries a batch of leads of a program, and records the results. Skips leads that another worker is retrying.
///
/// # Errors
/// The store or Marketo failed. Then the leads wait, which does not count as a try.
pub async fn retry_batch(
    state: &AppState,
    connection: &ProgramConnection,
    failed: &[Failure],
    deadline: Timestamp,
) -> Result<Vec<LeadResult>, Error> {
    let deadline = deadline.min(state.ports.clock.now() + BATCH_TIMEOUT);
    let claimed = failures::claim_all(state, failed).await?;
    if claimed.is_empty() {
        return Ok(Vec::new());
    }
    let results = retry_claimed(state, connection, &claimed, deadline).await;
    if let Err(error) = &results {
        for failure in claimed {
            if let Some(claimed) = failures::read_claimed(state, &failure).await? {
                let result = LeadResult::postponed(failure.lead, error.problem());
                failures::finish(state, claimed, &result).await?;
            }
        }
    }
    results
}

async fn retry_claimed(
    state: &AppState,
    connection: &ProgramConnection,
    claimed: &[Failure],
    deadline: Timestamp,
) -> Result<Vec<LeadResult>, Error> {
    let (program, marketo) = (connection.program, state.marketo(deadline));
    let of_lead = |id: LeadId| claimed.iter().find(|failure| failure.lead == id);
    let attempt = AttemptContext {
        requested_at: state.ports.clock.now(),
        // Each add call was recorded before or after it was made, so the ledger shows whose answer was lost.
        is_retry: false,
        deadline: deadline - MARKETO_RESERVE,
        chunk: None,
        write_ahead: true,
        crashed_before: false,
        claim: WorkClaim::Leads(claimed),
    };
    let ids: Vec<_> = claimed.iter().map(|failure| failure.lead).collect();
    let found = lead_fields::read_current(state, &marketo, &ids).await?;
    let has_unreadable = found.unreadable > 0;
    let statuses = contrary_statuses(&marketo, connection, claimed).await?;
    let lead = |found: CurrentLead| current_lead(connection, of_lead(found.id), statuses.get(&found.id), found);
    let leads: Vec<_> = found.into_iter().map(lead).collect();
    let mut results = register_leads(state, &marketo, connection, &leads, attempt).await?;
    let outcomes: Vec<_> = results.iter().filter_map(LeadResult::to_write).collect();
    let written = write_back::write_back(&marketo, connection, &outcomes).await;
    written.map_err(Error::from)?;
    write_back::set_registered(&marketo, connection, &outcomes).await.map_err(Error::from)?;
    keep_unknown_statuses(connection, &statuses, &mut results);
    failures::finish_all(state, program, claimed, &results).await?;
    let missing: Vec<_> = ids.iter().copied().filter(|id| !results.iter().any(|result| result.lead == *id)).collect();
    for missing in missing {
        if !has_unreadable {
            results.push(record_gone(state, program, missing).await?);
        } else if let Some(claimed) = failures::read(state, program, missing).await? {
            // It may be the lead that could not be read (R22).
            let unread = LeadResult::deferred(missing, Problem::of(ErrorCode::MarketoUnavailable));
            failures::finish(state, claimed, &unread).await?;
        }
    }
    Ok(results)
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
        _ => failures::forget(state, program, lead).await?,
    }
    Ok(LeadResult::failed(lead, problem))
}

/// Returns the present statuses of those leads that were given another status since they failed (R7).
async fn contrary_statuses(
    marketo: &MarketoClient,
    connection: &ProgramConnection,
    claimed: &[Failure],
) -> Result<BTreeMap<LeadId, String>, Error> {
    // Marketo is asked for the status of the others in any case.
    let with_status = claimed.iter().filter(|failure| !failure.status_unknown);
    let leads: Vec<_> = with_status.map(|failure| failure.lead).collect();
    let mut statuses = BTreeMap::new();
    for batch in leads.chunks(BATCH) {
        for member in marketo.members_of(connection.program, batch).await? {
            let is_usual = |status: &str| {
                [Meaning::Registered, Meaning::RegistrationError].iter().any(|one| connection.is_status(*one, status))
            };
            let contrary = member.status_name.filter(|status| !is_usual(status));
            statuses.extend(contrary.map(|status| (member.lead_id, status)));
        }
    }
    Ok(statuses)
}

/// Keeps the failures of leads whose present status means nothing to the connection: it may be the status Registration Error, since
/// renamed or mapped otherwise. Nothing is written to their memberships.
fn keep_unknown_statuses(
    connection: &ProgramConnection,
    statuses: &BTreeMap<LeadId, String>,
    results: &mut [LeadResult],
) {
    let mapping = connection.mapping();
    for result in results {
        let is_unknown = statuses.get(&result.lead).is_some_and(|status| mapping.meaning_of(status).is_none());
        if let Disposition::Final(LeadOutcome::Skipped { problem, .. }) = &result.disposition
            && is_unknown
        {
            result.disposition = Disposition::Final(LeadOutcome::Failed(problem.clone()));
        }
    }
}

/// Builds a lead from its current fields in Marketo. It failed after it had become Registered, and may be Registration
/// Error since, so its status counts as Registered unless it has a contrary one. If its status was never known, Marketo is
/// asked instead (R7).
fn current_lead(
    connection: &ProgramConnection,
    failure: Option<&Failure>,
    contrary: Option<&String>,
    found: CurrentLead,
) -> OutboxLead {
    let status_unknown = failure.is_some_and(|failure| failure.status_unknown);
    let registered = connection.status_for(Meaning::Registered).filter(|_| !status_unknown);
    let status = contrary.or(registered.map(|status| &status.name)).cloned();
    OutboxLead {
        id: found.id,
        fields: found.fields,
        choice: failure.and_then(|failure| failure.choice.clone()),
        status,
        is_forgotten: false,
    }
}
