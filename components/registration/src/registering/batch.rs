//! Registers many leads at one webinar.
//!
//! The ledger is read first. A lead that an earlier request registered is checked at
//! Zoom (R18). A lead whose result is unknown is looked up in Zoom before it is added again.

use super::attempt::{AttemptContext, BatchError, OpenCandidate, WorkClaim};
use super::eligibility::Candidate;
use super::reapprove::{DeniedCandidate, reapprove};
use super::registrar::{AddResult, Registrar};
use super::target::Target;
use super::verify::{KnownCandidate, verify};
use super::{daily_limit, quarantine};
use crate::mapping::RegistrationForm;
use crate::outcome::{Disposition, LeadOutcome};
use crate::registrants::RegistrantLookup;
use crate::state::AppState;
use crate::store::ledger::{self, Known};
use crate::store::marks;
use crate::store::pending_counts::Change;
use domain::time::{Timestamp, UtcDay};
use domain::{Error, ErrorCode, Problem, ProgramId, WebinarId};
use futures::FutureExt;
use platform::concurrency::run_bounded;
use platform::services;
use platform::store::Stored;
use zoom_client::registrants::Questions;
use zoom_client::{ZoomClient, ZoomError};

/// Maximum number of concurrent add calls of a chunk. Enough for the 30 calls a second of a Pro account at usual
/// latencies, and few enough to leave room for others.
const MAX_CONCURRENT: usize = 8;

/// Registers candidates with different addresses at one webinar. Returns their dispositions in the same order.
pub async fn register_batch(
    state: &AppState,
    program: ProgramId,
    target: &Target,
    candidates: &[&Candidate],
    attempt: AttemptContext<'_>,
) -> Result<Vec<Disposition>, Error> {
    let webinar = &target.webinar;
    if !webinar.registration.requires_registration() {
        let problem = Problem::of(ErrorCode::RegistrationNotRequired);
        let skipped = Disposition::Final(LeadOutcome::Skipped { problem, join_url: webinar.join_url.clone() });
        return Ok(vec![skipped; candidates.len()]);
    }
    // The default, for candidates without a result.
    let mut dispositions = vec![Disposition::Postponed(Problem::of(ErrorCode::ZoomUnavailable)); candidates.len()];
    let (mut open, mut known) = (Vec::new(), Vec::new());
    let reads = candidates
        .iter()
        .enumerate()
        .map(|(index, candidate)| read_ledger(state, webinar.id, index, candidate, attempt).boxed());
    for read in run_bounded(MAX_CONCURRENT, reads.collect()).await {
        match read? {
            LedgerRead::Outcome(index, outcome) => dispositions[index] = Disposition::Final(outcome),
            LedgerRead::Known(candidate) => known.push(candidate),
            LedgerRead::Open(candidate) => open.push(candidate),
            // It may be of a newer version. The others go on.
            LedgerRead::Unreadable(index) => {
                let problem = Problem::of(ErrorCode::Internal);
                // The callback of a chunk does not wait for it: the tick retries the lead on its own.
                dispositions[index] = match attempt.claim {
                    WorkClaim::Chunk(_) => Disposition::Final(LeadOutcome::Failed(problem)),
                    WorkClaim::Leads(_) => Disposition::Deferred(problem),
                };
            }
        }
    }
    if open.is_empty() && known.is_empty() {
        return Ok(dispositions);
    }
    let began = state.ports.clock.now();
    let zoom = state.zoom(&target.source.service, attempt.deadline);
    let registered = register_open(state, &zoom, program, target, attempt, open, known, &mut dispositions).await;
    forget_if_removed(state, target, candidates, began).await?;
    match registered {
        Ok(()) => {}
        Err(BatchError::Internal(error)) => return Err(error),
        Err(BatchError::Zoom(error)) => {
            let postponed = Disposition::from(Error::from(error));
            for disposition in &mut dispositions {
                if matches!(disposition, Disposition::Postponed(_)) {
                    *disposition = postponed.clone();
                }
            }
        }
    }
    Ok(dispositions)
}

/// Deletes the entries that this attempt wrote if the account removed the app meanwhile (R17): the removal may have deleted its
/// records before.
async fn forget_if_removed(
    state: &AppState,
    target: &Target,
    candidates: &[&Candidate],
    began: Timestamp,
) -> Result<(), Error> {
    if !services::is_app_removed(state.ports.store(), &target.source.service).await? {
        return Ok(());
    }
    for candidate in candidates {
        let key = ledger::key(target.webinar.id, &candidate.email);
        let entry = state.ports.store().get_readable(&key).await?;
        if let Some(entry) = entry.filter(|entry| entry.at >= began && entry.source.as_ref() == Some(&target.source)) {
            state.ports.store().delete(&key).await?;
            state.counts.add(key.webinar, entry.program, Change::of(&entry, -1));
        }
    }
    Ok(())
}

/// What the ledger knows of a candidate.
enum LedgerRead<'c> {
    /// The outcome of the candidate at this index.
    Outcome(usize, LeadOutcome),
    /// The registrant of an earlier request.
    Known(KnownCandidate<'c>),
    /// No outcome yet.
    Open(OpenCandidate<'c>),
    /// Something that cannot be read, of the candidate at this index.
    Unreadable(usize),
}

/// Reads a candidate's ledger entry.
async fn read_ledger<'c>(
    state: &AppState,
    webinar: WebinarId,
    index: usize,
    candidate: &'c Candidate,
    attempt: AttemptContext<'_>,
) -> Result<LedgerRead<'c>, Error> {
    let entry = match state.ports.store().inspect(&ledger::key(webinar, &candidate.email)).await? {
        Stored::Readable(entry) => Some(entry),
        Stored::Absent => None,
        Stored::Unreadable => return Ok(LedgerRead::Unreadable(index)),
    };
    let now = state.ports.clock.now();
    let known = entry.as_ref().map_or(Known::Nothing, |entry| ledger::known(entry, attempt.requested_at, now));
    if let Known::Outcome(outcome) = known {
        return Ok(LedgerRead::Outcome(index, outcome));
    }
    let mut add_calls = daily_limit::add_calls_today(entry.as_ref(), now);
    if attempt.crashed_before && entry.is_none() && UtcDay::of(attempt.requested_at) == add_calls.day {
        // The crashed worker may have made an add call that it did not record.
        add_calls = daily_limit::one_more(add_calls);
    }
    let is_outcome_unknown = entry.as_ref().is_some_and(ledger::is_outcome_unknown);
    let was_registered = entry.as_ref().is_some_and(|entry| entry.others_stale || entry.outcome.registrant().is_some());
    let open = OpenCandidate { index, candidate, add_calls, is_outcome_unknown, was_registered };
    Ok(match (known, entry) {
        (Known::Registrant(registrant), Some(entry)) => LedgerRead::Known(KnownCandidate { open, registrant, entry }),
        _ => LedgerRead::Open(open),
    })
}

/// Registers the candidates whose outcome the ledger does not know, and checks those that an earlier request registered.
#[allow(clippy::too_many_arguments, reason = "called once")]
async fn register_open(
    state: &AppState,
    zoom: &ZoomClient,
    program: ProgramId,
    target: &Target,
    attempt: AttemptContext<'_>,
    mut open: Vec<OpenCandidate<'_>>,
    known: Vec<KnownCandidate<'_>>,
    dispositions: &mut [Disposition],
) -> Result<(), BatchError> {
    let webinar = &target.webinar;
    let verified = verify(state, zoom, webinar.id, known, dispositions).await?;
    open.extend(verified.gone);
    if !open.is_empty() || !verified.denied.is_empty() {
        add_open(state, zoom, program, target, attempt, open, verified.denied, dispositions).await?;
    }
    if verified.is_news {
        marks::write(state, webinar.id).await?;
    }
    Ok(())
}

/// Adds the candidates that Zoom does not have, and approves denied ones again.
#[allow(clippy::too_many_arguments, reason = "called once")]
async fn add_open(
    state: &AppState,
    zoom: &ZoomClient,
    program: ProgramId,
    target: &Target,
    attempt: AttemptContext<'_>,
    mut open: Vec<OpenCandidate<'_>>,
    mut denied: Vec<DeniedCandidate<'_>>,
    dispositions: &mut [Disposition],
) -> Result<(), BatchError> {
    let webinar = &target.webinar;
    let questions = match zoom.questions(webinar.id).await {
        Ok(questions) => questions,
        // An add call reports the webinar's problem more precisely. A problem of the service would only spend an add
        // call of every candidate (R12).
        Err(ZoomError::Api(refusal)) if refusal.service_problem().is_none() => Questions::default(),
        Err(error) => return Err(error.into()),
    };
    let form = RegistrationForm { webinar: webinar.id.to_string(), topic: webinar.topic.clone(), questions };
    let registrar = Registrar { state, zoom, source: &target.source, program, webinar, form: &form, attempt };

    open = match (attempt.chunk, attempt.claim) {
        (Some(chunk), _) => quarantine::exclude_crashing(&registrar, chunk, open, dispositions).await?,
        (None, WorkClaim::Leads(claimed)) => {
            quarantine::exclude_suspected(&registrar, claimed, open, dispositions).await?
        }
        (None, WorkClaim::Chunk(_)) => open,
    };
    let mut needs_lookup = attempt.is_retry || open.iter().any(|open| open.is_outcome_unknown);
    // The second round is for candidates whose answer was lost and that Zoom does not have.
    for _ in 0..2 {
        if needs_lookup {
            let lookup = RegistrantLookup::read(zoom, webinar.id).await?;
            let mut not_found = Vec::new();
            for open in open {
                match lookup.find(&open.candidate.email.hash()) {
                    Some(standing) => {
                        let outcome = standing.outcome(None);
                        dispositions[open.index] = registrar.settle(open, &outcome, open.add_calls).await?;
                    }
                    None => not_found.push(open),
                }
            }
            open = not_found;
        }
        let adds = open.iter().map(|&open| registrar.add(open).map(move |result| (open, result)).boxed()).collect();
        let mut unknown = Vec::new();
        for (open, result) in run_bounded(MAX_CONCURRENT, adds).await {
            let counted = OpenCandidate { add_calls: daily_limit::one_more(open.add_calls), ..open };
            match result? {
                AddResult::Settled(disposition) => dispositions[open.index] = disposition,
                AddResult::Unknown => {
                    // An add call was made, whose answer was lost.
                    dispositions[open.index] = Disposition::Deferred(Problem::of(ErrorCode::ZoomUnavailable));
                    unknown.push(counted);
                }
                AddResult::Denied(registrant) => denied.push(DeniedCandidate { open: counted, registrant }),
            }
        }
        open = unknown;
        if open.is_empty() {
            break;
        }
        needs_lookup = true;
    }
    reapprove(&registrar, denied, dispositions).await
}
