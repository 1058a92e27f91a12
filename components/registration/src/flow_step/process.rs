//! Processes a chunk: registers its leads, writes back to Marketo, sends the callback, deletes the chunk. Every step
//! can be repeated, and the chunk stays in the outbox until its callback is delivered.

use super::callback::{self, Delivery};
use super::run_limit::RunPermit;
use super::write_back_queue::AnnouncedChunk;
use crate::outcome::{Disposition, LeadResult};
use crate::registering::attempt::{AttemptContext, WorkClaim};
use crate::registering::leads::{record_unconnected, register_leads};
use crate::registering::{target, write_back};
use crate::state::AppState;
use crate::store::outbox::{self, ClaimedChunk, WrittenChunk};
use crate::store::{counts, failures};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ErrorCode, Problem};
use futures::future::{Either, select};
use std::pin::pin;

/// How long a run after the response may last. The tick resumes what is left.
const BACKGROUND_TIMEOUT: SignedDuration = SignedDuration::from_mins(10);

/// How long a chunk without progress waits for Zoom before its deferred leads are reported as failed. Progress is an
/// outcome of a further lead, so a chunk that waits for its turn behind thousands of leads is not given up. Marketo keeps
/// the leads before the next flow step in the meantime, and does not document for how long. Only deferred leads are given
/// up: a run that ends in an error, because the store or Marketo's REST API fails (a status is read, an outcome is
/// written), is retried by every tick without end.
const GIVE_UP_AFTER: SignedDuration = SignedDuration::from_mins(30);

/// The part of a run's time that is reserved for Marketo, so that a Zoom that hangs does not prevent the callback.
pub const MARKETO_RESERVE: SignedDuration = SignedDuration::from_secs(5);

/// Minimum time left to start a chunk: three seconds for Zoom, and the reserve for Marketo.
pub const MIN_RUN_TIME: SignedDuration = SignedDuration::from_secs(3 + MARKETO_RESERVE.as_secs());

/// Number of runs with a failed callback after which the callback is given up, but not before
/// [`CALLBACK_GIVE_UP_AFTER`]. Each run retries the callback until its deadline.
const MAX_CALLBACK_RUNS: u32 = 6;

/// Minimum time before a callback is given up.
const CALLBACK_GIVE_UP_AFTER: SignedDuration = SignedDuration::from_mins(10);

/// Processes a chunk that was just accepted.
pub async fn process_accepted(state: &AppState, chunk: WrittenChunk) {
    let id = chunk.id.clone();
    match outbox::confirm(state, chunk).await {
        Ok(Some(chunk)) => process(state, chunk, None).await,
        Ok(None) => {}
        Err(error) => platform::log!(Error, "outbox.load_failed", outbox = id, error = error),
    }
}

/// Processes a claimed chunk, and renews its claim in the meantime. Releases the chunk for the tick if the run fails. Stops
/// when another worker has taken the chunk over.
///
/// Waits while too many chunks run, with a deadline as long as there is time for a run. `deadline`: when the run has to end; 10
/// minutes after its start if absent.
pub async fn process(state: &AppState, chunk: ClaimedChunk, deadline: Option<Timestamp>) {
    let run = pin!(async {
        let announced = chunk.head.program.map(|program| state.write_backs.announce(program));
        let until = deadline.map(|deadline| deadline - MIN_RUN_TIME);
        let Some(permit) = state.runs.wait(&state.ports, until).await else { return Err(ErrorCode::Busy.into()) };
        let deadline = deadline.unwrap_or_else(|| state.ports.clock.now() + BACKGROUND_TIMEOUT);
        run(state, &chunk, deadline, permit, announced).await
    });
    let renewal = pin!(outbox::renew_claim(state, &chunk));
    let ended = select(run, renewal).await;
    counts::flush(state).await;
    let Either::Left((ended, _)) = ended else { return };
    let open_leads = match ended {
        Ok(RunEnd::Done) => return,
        Ok(RunEnd::Deferred { open_leads, code }) => {
            platform::log!(Warn, "flow_step.deferred", outbox = chunk.id, error = code);
            Some(open_leads)
        }
        Err(error) => {
            platform::log!(Warn, "flow_step.deferred", outbox = chunk.id, error = error.problem().code);
            if let Error::Internal(text) = &error {
                platform::log!(Error, "flow_step.run_failed", outbox = chunk.id, error = text);
            }
            None
        }
    };
    outbox::release(state, &chunk, open_leads).await;
}

/// How a run without an error ended.
enum RunEnd {
    /// The callback was delivered, or failed and is recorded.
    Done,
    /// Leads have no outcome yet.
    Deferred { open_leads: usize, code: ErrorCode },
}

/// Runs a chunk once. After an error it stays in the outbox.
async fn run(
    state: &AppState,
    chunk: &ClaimedChunk,
    deadline: Timestamp,
    permit: RunPermit,
    announced: Option<AnnouncedChunk>,
) -> Result<RunEnd, Error> {
    let head = &chunk.head;
    let mut results = register(state, chunk, deadline, permit, announced).await?;
    results.extend(chunk.forgotten.iter().map(|&lead| LeadResult::failed(lead, forgotten())));
    let deferred = |result: &LeadResult| match &result.disposition {
        Disposition::Deferred(problem) | Disposition::Postponed(problem) => Some(problem.code),
        Disposition::Final(_) => None,
    };
    if let Some(code) = results.iter().find_map(deferred) {
        return Ok(RunEnd::Deferred { open_leads: open_leads(&results), code });
    }
    // Marketo gets one callback, from the worker that has the chunk now.
    if !chunk.watch.look(&state.ports).await? {
        return Err(ErrorCode::Busy.into());
    }
    let now = state.ports.clock.now();
    match callback::deliver(state, &head.callback, &results, deadline).await {
        Delivery::Accepted => {
            platform::log!(Info, "callback.delivered", outbox = chunk.id, leads = results.len());
            outbox::delete(state, chunk).await?;
        }
        Delivery::NotExpected(status) => {
            // Marketo accepts a callback token once. An earlier run may have delivered it and crashed.
            platform::log!(Warn, "callback.discarded", outbox = chunk.id, status = status);
            outbox::delete(state, chunk).await?;
        }
        Delivery::Failed => {
            let tries = head.callback_tries + 1;
            let is_given_up =
                tries >= MAX_CALLBACK_RUNS && now.duration_since(head.accepted_at) >= CALLBACK_GIVE_UP_AFTER;
            let problem = is_given_up.then(|| Problem::of(ErrorCode::MarketoUnavailable));
            outbox::callback_failed(state, chunk, tries, problem).await?;
        }
    }
    Ok(RunEnd::Done)
}

/// Returns the problem of a lead whose data was deleted while the chunk waited.
fn forgotten() -> Problem {
    Problem::because(ErrorCode::NotFound, "The data of this person was deleted.")
}

/// Returns the number of leads without an outcome.
fn open_leads(results: &[LeadResult]) -> usize {
    results.iter().filter(|result| result.outcome().is_none()).count()
}

/// Registers the leads, and writes the outcomes to Marketo, even if other leads are deferred.
///
/// Another chunk may run while Marketo is written to: outcomes of several chunks are written together.
async fn register(
    state: &AppState,
    chunk: &ClaimedChunk,
    deadline: Timestamp,
    permit: RunPermit,
    announced: Option<AnnouncedChunk>,
) -> Result<Vec<LeadResult>, Error> {
    let marketo = state.marketo(deadline);
    let connection = match target::program_connection(state, chunk.head.program).await {
        Ok(connection) => connection,
        Err(Error::Rejected(problem)) => {
            // If the program was connected when the chunk was accepted, its account may have removed the app, and then
            // nothing of it may stay (R17).
            if let Some(program) = chunk.head.program.filter(|_| !chunk.head.was_connected) {
                record_unconnected(state, &marketo, program, &chunk.leads, &problem).await;
            }
            return Ok(chunk.leads.iter().map(|lead| LeadResult::failed(lead.id, problem.clone())).collect());
        }
        Err(error) => return Err(error),
    };
    let is_retry = chunk.head.runs > 1;
    let attempt = AttemptContext {
        requested_at: chunk.head.accepted_at,
        is_retry,
        deadline: deadline - MARKETO_RESERVE,
        chunk: is_retry.then_some(&chunk.id),
        write_ahead: is_retry,
        crashed_before: chunk.head.worker_crashed,
        claim: WorkClaim::Chunk(&chunk.watch),
    };
    let mut results = register_leads(state, &marketo, &connection, &chunk.leads, attempt).await?;
    let now = state.ports.clock.now();
    let is_late = now.duration_since(outbox::last_progress(&chunk.head, open_leads(&results), now)) >= GIVE_UP_AFTER;
    if is_late {
        results.iter_mut().for_each(LeadResult::give_up);
    }
    let outcomes: Vec<_> = results.iter().filter_map(LeadResult::to_write).collect();
    // A run whose callback failed recorded the failures. They are not attempted again, and count once.
    let is_recorded = chunk.head.callback_tries > 0;
    if !is_recorded && results.iter().all(|result| result.outcome().is_some()) {
        // Before the status Registration Error is set: without a failure record, a repeated request would skip the lead for
        // that status. Deferred leads stay in the outbox and have no record.
        record_failures(state, chunk, &results).await?;
    }
    drop(permit);
    if let Some(announced) = announced {
        let owned = outcomes.iter().map(|(lead, outcome)| (*lead, (*outcome).clone())).collect();
        let gone = announced.write(&state.ports, &marketo, &connection, owned).await?;
        write_back::write_to_present(&marketo, &connection, &gone, &outcomes, &chunk.leads).await?;
    }
    if is_late || chunk.head.callback_tries > 0 {
        // An earlier run may have set these leads to Registration Error.
        write_back::set_registered(&marketo, &connection, &outcomes).await?;
    }
    Ok(results)
}

/// Records the failed leads, so that the admin sees them and the tick retries them.
async fn record_failures(state: &AppState, chunk: &ClaimedChunk, results: &[LeadResult]) -> Result<(), Error> {
    let Some(program) = chunk.head.program else { return Ok(()) };
    let choice = |id| chunk.leads.iter().find(|lead| lead.id == id).and_then(|lead| lead.choice.clone());
    failures::record(state, program, results, &choice).await
}
