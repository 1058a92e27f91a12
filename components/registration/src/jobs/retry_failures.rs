//! Retries failed leads that are due, batch by batch. Leads that do not fit into the time stay due. The leads of a program
//! wait, without using up tries, while its service cannot be used.

use crate::registering::retry::{BatchSize, retry_batch};
use crate::registering::target;
use crate::state::AppState;
use crate::status_changes::notice;
use crate::store::failure_index::{self, Change, Indexed};
use crate::store::failures;
use anyhow::Context;
use domain::records::{Failure, FailureKey, ProgramConnection};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ErrorCode, ProgramId};
use futures::FutureExt;
use platform::concurrency::run_bounded;
use platform::internal_api::JobReport;
use platform::services;
use platform::store::Stored;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How long an entry of the index is kept whose record is not there: the record may show later.
const ENTRY_RETENTION: SignedDuration = SignedDuration::from_mins(5);

/// Maximum number of records read at once.
const MAX_CONCURRENT: usize = 16;

/// How long a run may last for which a tick is too short, as one of thousands of leads after an outage.
const LONG_RUN_TIMEOUT: SignedDuration = SignedDuration::from_mins(10);

/// The leads of a program that the index shows as due, the most overdue first.
struct Queue {
    program: ProgramId,
    entries: VecDeque<(FailureKey, Timestamp)>,
    size: BatchSize,
}

/// What became of a batch.
enum BatchEnd {
    /// The next one can follow.
    Done,
    /// Nothing of the program can be attempted now.
    Blocked,
    /// There is no time for it.
    OutOfTime,
}

/// What a run did.
#[derive(Default)]
struct Run {
    programs: BTreeSet<ProgramId>,
    /// Number of leads of batches that were attempted.
    attempted: usize,
    is_out_of_time: bool,
}

/// Retries due failures until the deadline, and goes on after the answer if that is too short. Reports the number of
/// programs.
pub async fn retry_due(state: &Arc<AppState>, deadline: Timestamp) -> anyhow::Result<JobReport> {
    let Some(only) = OnlyRun::begin(state) else { return Ok(JobReport::default()) };
    let run = retry_until(state, deadline).await?;
    if run.is_out_of_time {
        state.ports.background.spawn(Box::pin(retry_long(state.clone(), only)));
    }
    Ok(JobReport { done: run.programs.len() as u64, is_left: run.is_out_of_time })
}

/// Retries failures for which a tick was too short. Others may do so too: each lead is claimed.
async fn retry_long(state: Arc<AppState>, _only: OnlyRun) {
    let deadline = state.ports.clock.now() + LONG_RUN_TIMEOUT;
    loop {
        match retry_until(&state, deadline).await {
            // What became due meanwhile.
            Ok(run) if run.attempted > 0 && !run.is_out_of_time => {}
            Ok(_) => return,
            Err(error) => {
                platform::log!(Warn, "failure.retry_failed", error = format_args!("{error:#}"));
                return;
            }
        }
    }
}

/// The only run of this instance, until it is dropped.
struct OnlyRun(Arc<AtomicBool>);

impl OnlyRun {
    fn begin(state: &AppState) -> Option<Self> {
        let is_running = state.is_retrying.clone();
        (!is_running.swap(true, Ordering::SeqCst)).then_some(Self(is_running))
    }
}

impl Drop for OnlyRun {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

async fn retry_until(state: &AppState, deadline: Timestamp) -> anyhow::Result<Run> {
    let mut run = Run::default();
    let due = failure_index::due(state, state.ports.clock.now()).await.context("reading failures to retry")?;
    let mut queues: VecDeque<Queue> = VecDeque::new();
    for (key, at) in due {
        let program = key.program;
        match queues.iter_mut().find(|queue| queue.program == program) {
            Some(queue) => queue.entries.push_back((key, at)),
            None => {
                queues.push_back(Queue { program, entries: [(key, at)].into(), size: BatchSize::default() });
            }
        }
    }
    // One batch of each program in turn, beginning with the program of the most overdue lead.
    while let Some(mut queue) = queues.pop_front() {
        match retry_next(state, &mut queue, deadline, &mut run).await {
            Ok(BatchEnd::Done) if queue.entries.is_empty() => {}
            Ok(BatchEnd::Done) => queues.push_back(queue),
            Ok(BatchEnd::Blocked) => {}
            Ok(BatchEnd::OutOfTime) => {
                run.is_out_of_time = true;
                break;
            }
            Err(error) => {
                let program = queue.program;
                platform::log!(Warn, "failure.retry_failed", program = program, error = error.problem().code);
            }
        }
    }
    Ok(run)
}

/// Retries the next batch of a program.
async fn retry_next(
    state: &AppState,
    queue: &mut Queue,
    deadline: Timestamp,
    run: &mut Run,
) -> Result<BatchEnd, Error> {
    let Some(size) = queue.size.next(state.ports.clock.now(), deadline) else { return Ok(BatchEnd::OutOfTime) };
    let connection = match target::program_connection(state, Some(queue.program)).await {
        Ok(connection) if is_waited_for(state, &connection).await? => return Ok(BatchEnd::Blocked),
        Ok(connection) => Some(connection),
        Err(Error::Rejected(_)) => None,
        Err(error) => return Err(error),
    };
    let failed = take_due(state, queue, size).await?;
    if failed.is_empty() {
        return Ok(BatchEnd::Done);
    }
    run.programs.insert(queue.program);
    let Some(connection) = connection else {
        settle_unconnected(state, queue.program, failed).await?;
        return Ok(BatchEnd::Done);
    };
    let failed = without_settled(state, &connection, failed, deadline).await?;
    if failed.is_empty() {
        return Ok(BatchEnd::Done);
    }
    let results = retry_batch(state, &connection, &failed, deadline).await?;
    platform::log!(Info, "failure.retried", program = queue.program, leads = results.len());
    if !queue.size.record(&results) {
        return Ok(BatchEnd::Blocked);
    }
    run.attempted += results.len();
    Ok(BatchEnd::Done)
}

/// Leaves out leads that were noticed by their status and that the flow step has taken since, maybe to another webinar (R23).
async fn without_settled(
    state: &AppState,
    connection: &ProgramConnection,
    mut failed: Vec<Failure>,
    deadline: Timestamp,
) -> Result<Vec<Failure>, Error> {
    let is_noticed = |failure: &Failure| failure.tries == 0 && failure.status_unknown && failure.claim.is_none();
    let noticed: Vec<_> = failed.iter().filter(|failure| is_noticed(failure)).map(|failure| failure.lead).collect();
    if noticed.is_empty() {
        return Ok(failed);
    }
    let open = notice::still_to_attempt(state, connection, &noticed, deadline).await?;
    for failure in failed.extract_if(.., |failure| is_noticed(failure) && !open.contains(&failure.lead)) {
        failures::forget(state, failure.program, failure.lead).await?;
    }
    Ok(failed)
}

/// Returns whether the leads of a program have to wait for its service: a sign-in or a permission is missing, and may
/// return (R2).
async fn is_waited_for(state: &AppState, connection: &ProgramConnection) -> Result<bool, Error> {
    match services::usable_for(state.ports.store(), &connection.service, &connection.snapshot).await {
        Err(Error::Rejected(problem)) => Ok(problem.code == ErrorCode::ServiceNeedsSignIn),
        other => other.map(|_| false),
    }
}

/// Takes the next leads that are due, by their records, and corrects the index.
async fn take_due(state: &AppState, queue: &mut Queue, size: usize) -> Result<Vec<Failure>, Error> {
    let now = state.ports.clock.now();
    let (mut due, mut changes): (Vec<Failure>, Vec<Change>) = (Vec::new(), Vec::new());
    while due.len() < size && !queue.entries.is_empty() {
        let next = queue.entries.drain(..(size - due.len()).min(queue.entries.len()));
        let reads = next.map(|(key, at)| async move { (state.ports.store().inspect(&key).await, key, at) }.boxed());
        for (stored, key, at) in run_bounded(MAX_CONCURRENT, reads.collect()).await {
            match stored? {
                Stored::Readable(failure) if failure.next_try.is_some_and(|at| at <= now) => due.push(failure),
                Stored::Readable(failure) => changes.push((key, Indexed::Failed(failure.next_try))),
                Stored::Absent if at + ENTRY_RETENTION > now => {}
                Stored::Absent | Stored::Unreadable => changes.push((key, Indexed::Absent)),
            }
        }
    }
    failure_index::apply(state, changes).await?;
    Ok(due)
}

/// Ends the retries of leads whose program is not connected any more.
pub async fn settle_unconnected(state: &AppState, program: ProgramId, failed: Vec<Failure>) -> Result<(), Error> {
    let Err(Error::Rejected(problem)) = target::program_connection(state, Some(program)).await else { return Ok(()) };
    let mut changes = Vec::new();
    for failure in failed {
        let is_kept = failure.tries > 0;
        let indexed = if is_kept { Indexed::Failed(None) } else { Indexed::Absent };
        changes.push((FailureKey { program, lead: failure.lead }, indexed));
        // A first attempt that was interrupted: the program was connected then, and its account may have removed the app
        // since (R17).
        if !is_kept {
            failures::delete(state, program, failure.lead).await?;
        } else if failures::read(state, program, failure.lead).await?.is_some() {
            let failure = Failure { problem: problem.clone(), next_try: None, claim: None, ..failure };
            failures::write(state, &failure).await?;
        }
    }
    failure_index::apply(state, changes).await
}
