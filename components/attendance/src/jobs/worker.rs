//! The worker: processes due programs in time slices until a deadline, and hands over to the next worker while work is
//! left. The tick, an event and a sync each start one; the lease allows one at a time.

use super::{continuation, due};
use crate::run::{self, RunResult};
use crate::state::AppState;
use crate::store::lease;
use anyhow::Context;
use domain::records::ProgramConnection;
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ProgramId};
use platform::internal_api::JobReport;
use platform::retry::RUN_TIMEOUT;
use std::collections::BTreeSet;

/// Duration of a time slice if several programs are due: enough for some pages or batches of a large webinar and for
/// all of a small one, and short enough that a worker has time for another slice.
const SLICE: SignedDuration = SignedDuration::from_secs(12);

/// Minimum time left to start a further slice. Loading the roster and writing a batch take several seconds, so a
/// shorter slice is left to the next worker.
const MIN_SLICE: SignedDuration = SignedDuration::from_secs(9);

/// The work that a worker is started for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Task<'a> {
    /// All due programs.
    DuePrograms,
    /// One program, whether or not it is due.
    Program(&'a ProgramConnection),
    /// All due programs, taking the lease over from the worker that started this one.
    Continuation { predecessor: u32 },
}

/// The result of [`work`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WorkResult {
    /// The number of programs that were processed, and whether the next worker continues.
    Done(JobReport),
    /// Another worker has the lease.
    Busy,
}

/// Executes a task under the worker lease until the deadline. Hands the lease over to the next worker if work is left.
pub(crate) async fn work(state: &AppState, deadline: Timestamp, task: Task<'_>) -> anyhow::Result<WorkResult> {
    let predecessor = match task {
        Task::Continuation { predecessor } => Some(predecessor),
        Task::DuePrograms | Task::Program(_) => None,
    };
    let Some(lease) = lease::acquire(state, deadline, predecessor).await? else { return Ok(WorkResult::Busy) };
    let mut pass =
        WorkerPass { state, deadline, processed: BTreeSet::new(), stalled: BTreeSet::new(), has_work_left: false };
    let result = match task {
        Task::Program(connection) => {
            let result = run::run_program(state, connection, deadline, true).await;
            pass.record(connection.program, result);
            Ok(())
        }
        Task::DuePrograms | Task::Continuation { .. } => pass.run_due_programs().await,
    };
    match result {
        Ok(()) if pass.has_work_left => continuation::hand_over(state, lease, None).await,
        _ => lease.release().await.context("releasing the lease")?,
    }
    let report = JobReport { done: pass.processed.len() as u64, is_left: pass.has_work_left };
    result.map(|()| WorkResult::Done(report))
}

/// Runs a job under the worker lease, so that no worker is active meanwhile. Does nothing while one is.
pub(crate) async fn run_exclusively(
    state: &AppState,
    deadline: Timestamp,
    job: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<()> {
    let Some(lease) = lease::acquire(state, deadline, None).await.context("acquiring the lease")? else {
        return Ok(());
    };
    let result = job.await;
    lease.release().await.context("releasing the lease")?;
    result
}

/// One worker's pass over the due programs.
struct WorkerPass<'a> {
    state: &'a AppState,
    deadline: Timestamp,
    processed: BTreeSet<ProgramId>,
    /// Programs whose slice made no progress or failed. The tick retries them, not the next worker.
    stalled: BTreeSet<ProgramId>,
    has_work_left: bool,
}

impl WorkerPass<'_> {
    /// Runs slices of the due programs, the longest due first, until nothing is due or time is out.
    async fn run_due_programs(&mut self) -> anyhow::Result<()> {
        loop {
            // Includes programs that continue within the next worker's time.
            let mut due = due::find(self.state, self.deadline + RUN_TIMEOUT).await.context("finding due programs")?;
            due.retain(|due| !self.stalled.contains(&due.connection.program));
            let Some(first) = due.first() else {
                self.has_work_left = false;
                return Ok(());
            };
            self.has_work_left = true;
            let wait = first.since.duration_since(self.state.now());
            if first.since >= self.deadline {
                return Ok(());
            }
            if wait > SignedDuration::ZERO {
                self.state.ports.clock.sleep(wait).await;
            }
            let is_only_one = due.len() == 1;
            for due in due {
                let is_too_short = self.state.now() + MIN_SLICE >= self.deadline;
                if is_too_short && !self.processed.is_empty() {
                    return Ok(());
                }
                if due.since <= self.state.now() {
                    let slice_end = self.deadline.min(self.state.now() + SLICE);
                    let until = if is_only_one { self.deadline } else { slice_end };
                    let result = run::run_program(self.state, &due.connection, until, false).await;
                    self.record(due.connection.program, result);
                }
            }
        }
    }

    /// Records the result of a slice. A program whose records cannot be read or written does not stop the others.
    fn record(&mut self, program: ProgramId, result: Result<RunResult, Error>) {
        match result {
            Ok(result) => {
                self.processed.insert(program);
                match result {
                    RunResult::OutOfTime { is_stalled: false } => self.has_work_left = true,
                    RunResult::OutOfTime { is_stalled: true } => _ = self.stalled.insert(program),
                    RunResult::Finished => {}
                }
            }
            Err(error) => {
                self.stalled.insert(program);
                platform::log!(Error, "attendance.run_failed", program = program, error = error);
            }
        }
    }
}
