//! Failure records: failed leads by program and lead.
//!
//! The ledger is kept by address and webinar, so a lead that never got that far, or that the tick retries, has a record
//! of its own. So has a lead of the webhook while its request runs: after a crash the tick finds it here.

use super::failure_index::{self, Change, Indexed};
use super::ledger;
use crate::outcome::{Disposition, LeadOutcome, LeadResult};
use crate::state::AppState;
use domain::records::{Failure, FailureKey, Record, RecordSource, Registration, RegistrationOutcome, WorkerCrashes};
use domain::retry::{after_outage, next_try};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ErrorCode, LeadId, Problem, ProgramId};
use futures::future::join;
use futures::{FutureExt, TryFutureExt};
use platform::concurrency::run_bounded;
use platform::lease::{self, LeaseTerms, PendingClaim};
use platform::store::{Stored, StoredRecords};
use zoom_client::error::next_utc_midnight;

/// Maximum number of records read or written at once.
const MAX_CONCURRENT: usize = 8;

/// The terms of a claim on a lead. It lasts longer than a run, so that two ticks at once do not spend two add calls, and the
/// tick leaves the webhook's leads alone.
const CLAIM: LeaseTerms =
    LeaseTerms { max_duration: SignedDuration::from_mins(1), settling_time: SignedDuration::from_millis(250) };

/// Returns the flow step's webinar choice of a lead.
pub type Choice<'a> = &'a (dyn Fn(LeadId) -> Option<String> + Sync);

/// Returns the record of a lead before its first attempt. `status_unknown`: whether the request lacks its status. `source`: the
/// program's service, if it is connected.
pub fn before_first_attempt(
    state: &AppState,
    program: ProgramId,
    lead: LeadId,
    status_unknown: bool,
    source: Option<RecordSource>,
) -> Failure {
    // The problem that is shown if the worker crashes.
    let problem = Problem::of(ErrorCode::Internal);
    let since = state.ports.clock.now();
    Failure {
        v: Failure::VERSION,
        program,
        lead,
        choice: None,
        problem,
        since,
        tries: 0,
        next_try: None,
        status_unknown,
        claim: None,
        crashes: WorkerCrashes::default(),
        source,
    }
}

/// Claims a lead of the webhook before its first attempt. Returns the claimed record; `None` while another worker has the
/// lead.
///
/// The request does not wait to read the claim back, because Marketo waits for the answer: the add call looks at the
/// claim once more.
pub async fn claim_first(state: &AppState, failure: Failure) -> Result<Option<Failure>, Error> {
    let claimed = claim(state, &failure, |stored, crashes| {
        // The earlier record shows whether this component set the status Registration Error.
        let earlier = stored.filter(|_| failure.status_unknown);
        let claimed = earlier.map_or_else(|| failure.clone(), |earlier| Failure { status_unknown: true, ..earlier });
        // The request maps this lead only. A suspected lead is marked while it is mapped, and not for the rest.
        Failure { crashes: WorkerCrashes { maps_alone: !crashes.is_suspected, ..crashes }, ..claimed }
    });
    // After a crash the tick finds the lead by the index.
    let next_try = Some(state.ports.clock.now() + CLAIM.max_duration);
    let expected = Failure { next_try, ..failure.clone() };
    let (claimed, indexed) = join(claimed, failure_index::add(state, [&expected])).await;
    indexed?;
    Ok(claimed?.map(|(failure, _)| failure))
}

/// Claims failed leads before their next attempt. Returns those that no other worker has.
pub async fn claim_all(state: &AppState, failed: &[Failure]) -> Result<Vec<Failure>, Error> {
    let claims =
        failed.iter().map(|failure| claim(state, failure, |_, crashes| Failure { crashes, ..failure.clone() }).boxed());
    let mut written = Vec::new();
    for claimed in run_bounded(MAX_CONCURRENT, claims.collect()).await {
        written.extend(claimed?);
    }
    let confirm = async |failure: Failure, claim| -> Result<Option<Failure>, Error> {
        let key = FailureKey { program: failure.program, lead: failure.lead };
        Ok(CLAIM.confirm(&state.ports, &key, claim).await?.map(|_| failure))
    };
    let confirms = written.into_iter().map(|(failure, claim)| confirm(failure, claim).boxed());
    let mut owned = Vec::new();
    for confirmed in run_bounded(MAX_CONCURRENT, confirms.collect()).await {
        owned.extend(confirmed?);
    }
    Ok(owned)
}

/// Writes a claim on a lead. `record` gets the stored record and what is known of crashes, and returns the record to claim.
async fn claim(
    state: &AppState,
    failure: &Failure,
    record: impl FnOnce(Option<Failure>, WorkerCrashes) -> Failure,
) -> Result<Option<(Failure, PendingClaim)>, Error> {
    let key = FailureKey { program: failure.program, lead: failure.lead };
    let mut claimed = None;
    let claim = CLAIM.claim(&state.ports, &key, |stored, claim| {
        // A claim that its owner did not release is that of a crashed worker.
        let crashed = stored.as_ref().filter(|stored| stored.claim.is_some());
        let before = stored.as_ref().map(|stored| stored.crashes).unwrap_or_default();
        let crashes = crashed.map_or(before, |stored| stored.crashes.after_crash());
        let stored = stored.map(|stored| Failure { crashes, ..stored });
        let record = record(stored, crashes);
        let record = Failure { claim: Some(claim), next_try: Some(claim.until), ..record };
        claimed = Some(record.clone());
        Some(record)
    });
    let claim = claim.await?;
    Ok(claimed.zip(claim))
}

/// Reads the record of a claimed lead. Returns `None` if the claim is released, or another worker has it.
pub async fn read_claimed(state: &AppState, claimed: &Failure) -> Result<Option<Failure>, Error> {
    let Some(claim) = claimed.claim else { return Ok(None) };
    let key = FailureKey { program: claimed.program, lead: claimed.lead };
    lease::read_owned(&state.ports, &key, claim.by).await
}

/// Records that a claimed lead is mapped alone, or not any more.
pub async fn mark_mapped_alone(state: &AppState, claimed: &Failure, maps_alone: bool) -> Result<(), Error> {
    let crashes = WorkerCrashes { maps_alone, ..claimed.crashes };
    write(state, &Failure { crashes, ..claimed.clone() }).await
}

/// Records the result of a claimed lead: writes the failure, or deletes the record. A failure does not count if another
/// worker has claimed the lead meanwhile.
pub async fn finish(state: &AppState, claimed: Failure, result: &LeadResult) -> Result<(), Error> {
    finish_all(state, claimed.program, std::slice::from_ref(&claimed), std::slice::from_ref(result)).await
}

/// Returns whether another worker has claimed a lead meanwhile.
pub async fn is_claimed_by_another(state: &AppState, claimed: &Failure) -> Result<bool, Error> {
    let stored = read(state, claimed.program, claimed.lead).await?.and_then(|stored| stored.claim);
    let is_other = stored.map(|stored| stored.by) != claimed.claim.map(|claim| claim.by);
    Ok(is_other && CLAIM.is_held(stored, state.ports.clock.now()))
}

/// Records the results of claimed leads of a program, as [`finish`] does.
pub async fn finish_all(
    state: &AppState,
    program: ProgramId,
    claimed: &[Failure],
    results: &[LeadResult],
) -> Result<(), Error> {
    let source = source_of(state, program).await?;
    let is_connected = source.is_some();
    let finish = async |result: &LeadResult| -> Result<Option<Change>, Error> {
        let Some(claimed) = claimed.iter().find(|failure| failure.lead == result.lead) else { return Ok(None) };
        match recordable_problem(result).filter(|_| is_connected) {
            Some(_) if is_claimed_by_another(state, claimed).await? => Ok(None),
            Some(problem) => {
                write_result(state, Failure { source: source.clone(), ..claimed.clone() }, result, problem)
                    .await
                    .map(Some)
            }
            None => delete_indexed(state, program, result.lead).await.map(Some),
        }
    };
    let finished = run_bounded(MAX_CONCURRENT, results.iter().map(|result| finish(result).boxed()).collect()).await;
    index(state, finished).await
}

/// Applies what was written to the index, also what was written before an error.
async fn index(state: &AppState, written: Vec<Result<Option<Change>, Error>>) -> Result<(), Error> {
    failure_index::apply(state, written.iter().flatten().flatten().cloned().collect()).await?;
    written.into_iter().try_for_each(|written| written.map(drop))
}

/// Records the results of a program's leads. Deletes their records if the program was disconnected in the meantime: its
/// account may have removed the app, and then nothing of it may stay (R17).
pub async fn record(
    state: &AppState,
    program: ProgramId,
    results: &[LeadResult],
    choice: Choice<'_>,
) -> Result<(), Error> {
    if let Some(source) = source_of(state, program).await? {
        return record_unchecked(state, program, Some(&source), results, choice).await;
    }
    let deletions = results.iter().map(|result| forget(state, program, result.lead).boxed());
    run_bounded(MAX_CONCURRENT, deletions.collect()).await.into_iter().collect()
}

/// Records results whether the program is connected or not. The admin sees the leads of an unconnected program, and can
/// retry them once it is connected.
pub async fn record_unchecked(
    state: &AppState,
    program: ProgramId,
    source: Option<&RecordSource>,
    results: &[LeadResult],
    choice: Choice<'_>,
) -> Result<(), Error> {
    let writes = results.iter().map(|result| record_one(state, program, source, result, choice(result.lead)).boxed());
    index(state, run_bounded(MAX_CONCURRENT, writes.collect()).await).await
}

/// Records one result. Returns the change of the index.
async fn record_one(
    state: &AppState,
    program: ProgramId,
    source: Option<&RecordSource>,
    result: &LeadResult,
    choice: Option<String>,
) -> Result<Option<Change>, Error> {
    let before = read(state, program, result.lead).await?;
    match (recordable_problem(result), before) {
        (Some(problem), before) => {
            let before = before.unwrap_or_else(|| before_first_attempt(state, program, result.lead, false, None));
            // A retry asks Marketo for the status of a lead that was to be cancelled.
            let status_unknown = before.status_unknown || result.is_cancellation;
            let source = source.cloned().or_else(|| before.source.clone());
            write_result(state, Failure { choice, status_unknown, source, ..before }, result, problem).await.map(Some)
        }
        (None, Some(_)) => delete_indexed(state, program, result.lead).await.map(Some),
        (None, None) => Ok(None),
    }
}

/// Returns the problem of a lead that an admin is to see.
fn recordable_problem(result: &LeadResult) -> Option<&Problem> {
    match &result.disposition {
        Disposition::Final(LeadOutcome::Failed(problem))
        | Disposition::Deferred(problem)
        | Disposition::Postponed(problem) => Some(problem),
        Disposition::Final(_) => None,
    }
}

/// Writes the failure of a lead: one more try, unless no attempt took place.
async fn write_result(
    state: &AppState,
    before: Failure,
    result: &LeadResult,
    problem: &Problem,
) -> Result<Change, Error> {
    let (now, random) = (state.ports.clock.now(), state.ports.random.u32());
    let (tries, next_try) = match result.disposition {
        // From 1 on, the lead is not taken for one whose first attempt is under way.
        Disposition::Postponed(_) => (before.tries.max(1), Some(after_outage(now, random))),
        Disposition::Final(_) | Disposition::Deferred(_) => {
            let tries = before.tries + 1;
            (tries, next_attempt_at(problem.code, tries, now, random))
        }
    };
    let crashes = WorkerCrashes::default();
    // A lead that failed for good had the status that registers. It is Registration Error since, so a retry does not ask.
    let is_failed = matches!(result.disposition, Disposition::Final(LeadOutcome::Failed(_)));
    let status_unknown = before.status_unknown && (result.is_cancellation || !is_failed);
    let failure = Failure { problem: problem.clone(), tries, next_try, claim: None, status_unknown, crashes, ..before };
    write(state, &failure).await?;
    Ok((FailureKey { program: failure.program, lead: failure.lead }, Indexed::Failed(next_try)))
}

async fn delete_indexed(state: &AppState, program: ProgramId, lead: LeadId) -> Result<Change, Error> {
    delete(state, program, lead).await?;
    Ok((FailureKey { program, lead }, Indexed::Absent))
}

/// Deletes a lead's record and its entry of the index.
pub async fn forget(state: &AppState, program: ProgramId, lead: LeadId) -> Result<(), Error> {
    let change = delete_indexed(state, program, lead).await?;
    failure_index::apply(state, vec![change]).await
}

/// Returns the service that a program is connected through, if it is.
async fn source_of(state: &AppState, program: ProgramId) -> Result<Option<RecordSource>, Error> {
    Ok(state.ports.connections().find(program).await?.as_ref().map(Into::into))
}

/// Returns whether a lead failed and will be retried.
pub async fn is_retried(state: &AppState, program: ProgramId, lead: LeadId) -> Result<bool, Error> {
    let record = read(state, program, lead).await?;
    Ok(record.is_some_and(|record| record.tries > 0 && record.problem.code.is_transient()))
}

/// Returns when the tick retries a failure, after a number of attempts; `None` when it does not.
pub fn next_attempt_at(code: ErrorCode, tries: u32, now: Timestamp, random: u32) -> Option<Timestamp> {
    match code {
        // Zoom refuses every call before (R12), so the usual schedule does not apply.
        ErrorCode::DailyLimit => Some(next_utc_midnight(now)),
        code if code.is_transient() => next_try(tries, now, random),
        _ => None,
    }
}

/// Writes records of leads that are to be attempted, and indexes them. Returns how many it wrote.
///
/// A lead with a record keeps it, and gets the entry of the index if that is lost; a record that cannot be read stays.
/// `is_new_change`: whether the status was set just now. Then a record that is not retried any more is replaced: who failed for good
/// is Registered again.
pub async fn add_new(state: &AppState, failures: Vec<Failure>, is_new_change: bool) -> Result<u64, Error> {
    let add = async |failure: Failure| -> Result<(Option<Change>, bool), Error> {
        let key = FailureKey { program: failure.program, lead: failure.lead };
        let written = match state.ports.store().inspect(&key).await? {
            Stored::Absent => failure,
            Stored::Readable(known) if is_new_change && known.next_try.is_none() && known.claim.is_none() => {
                Failure { choice: known.choice, ..failure }
            }
            Stored::Readable(known) => {
                return Ok((known.next_try.map(|at| (key, Indexed::Failed(Some(at)))), false));
            }
            Stored::Unreadable => return Ok((None, false)),
        };
        write(state, &written).await?;
        Ok((Some((key, Indexed::Failed(written.next_try))), true))
    };
    let added = run_bounded(MAX_CONCURRENT, failures.into_iter().map(|failure| add(failure).boxed()).collect()).await;
    let count = added.iter().flatten().filter(|(_, is_written)| *is_written).count();
    index(state, added.into_iter().map(|added| added.map(|(change, _)| change)).collect()).await?;
    Ok(u64::try_from(count).unwrap_or(u64::MAX))
}

/// Reads a lead's record.
pub async fn read(state: &AppState, program: ProgramId, lead: LeadId) -> Result<Option<Failure>, Error> {
    Ok(state.ports.store().get(&FailureKey { program, lead }).await?)
}

/// Reads the records that the index has, of one program or of all, but at most a number.
pub async fn indexed(
    state: &AppState,
    program: Option<ProgramId>,
    max: usize,
) -> Result<StoredRecords<Failure>, Error> {
    let all = failure_index::all(state).await?.into_iter().map(|(key, _)| key);
    let keys: Vec<_> = all.filter(|key| program.is_none_or(|program| key.program == program)).take(max).collect();
    Ok(state.ports.store().get_all(&keys).await?)
}

/// Brings the record of a lead in line with its ledger entry, which Zoom's registrant changed (R18): deletes it unless the
/// person failed in a way that an admin is to see.
pub async fn follow_ledger(state: &AppState, entry: &Registration) -> Result<(), Error> {
    let before = read(state, entry.program, entry.lead).await?;
    let change = match &entry.outcome {
        RegistrationOutcome::Failed { problem, .. } if !ledger::is_cancelled(entry) => {
            let before = before
                .unwrap_or_else(|| before_first_attempt(state, entry.program, entry.lead, false, entry.source.clone()));
            let (problem, tries) = (problem.clone(), before.tries.max(1));
            let failure = Failure { problem, tries, next_try: None, claim: None, ..before };
            write(state, &failure).await?;
            (FailureKey { program: entry.program, lead: entry.lead }, Indexed::Failed(None))
        }
        _ if before.is_some() => delete_indexed(state, entry.program, entry.lead).await?,
        _ => return Ok(()),
    };
    failure_index::apply(state, vec![change]).await
}

/// Deletes a lead's record, if there is one.
pub fn delete(state: &AppState, program: ProgramId, lead: LeadId) -> impl Future<Output = Result<(), Error>> {
    state.ports.store().delete(&FailureKey { program, lead }).err_into()
}

/// Writes a record.
pub fn write<'a>(state: &'a AppState, failure: &Failure) -> impl Future<Output = Result<(), Error>> + use<'a> {
    state.ports.store().put(&FailureKey { program: failure.program, lead: failure.lead }, failure).err_into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transient_failures_are_retried_and_daily_limit_not_before_midnight_utc() {
        let now: Timestamp = "2026-11-02T23:00:00Z".parse().unwrap();
        assert_eq!(next_attempt_at(ErrorCode::DailyLimit, 9, now, 0).unwrap().to_string(), "2026-11-03T00:00:00Z");
        let soon = next_attempt_at(ErrorCode::ZoomUnavailable, 1, now, u32::MAX).unwrap();
        assert_eq!(soon.duration_since(now), SignedDuration::from_secs(6));
        assert_eq!(next_attempt_at(ErrorCode::ZoomUnavailable, 8, now, 0), None);
        for code in
            [ErrorCode::MissingField, ErrorCode::WebinarFull, ErrorCode::MappingRejected, ErrorCode::WebinarOver]
        {
            assert_eq!(next_attempt_at(code, 1, now, 0), None, "{code}");
        }
    }
}
