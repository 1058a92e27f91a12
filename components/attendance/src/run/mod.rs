//! One run for one program: fetch from Zoom, match, write to Marketo, record the outcome. A run lasts as long as its
//! request may. It can be killed at any point: the next run repeats at most one page or one batch.
//!
//! | module | contents |
//! |---|---|
//! | [`process`] | what a run does: fetches the lists, writes Attended, and No Show when it may |
//! | [`outcome`] | what a run found, and the resulting phase and next poll |
//! | [`service_status`] | whether the service can be used (R1), and its never-started problem (R14) |

mod outcome;
mod process;
mod service_status;

pub(crate) use outcome::RunResult;

use crate::state::AppState;
use crate::store::checkpoint::{RunError, RunState, Step};
use crate::store::record;
use domain::Error;
use domain::records::{Phase, ProgramConnection};
use domain::time::Timestamp;
use outcome::RunOutcome;
use process::Run;

/// Runs a program because it is due or, if `is_requested`, because an admin asked for it. The caller has the worker
/// lease. Failures of Zoom and Marketo are recorded in the program's record.
///
/// # Errors
/// Errors of the store.
pub(crate) async fn run_program(
    state: &AppState,
    connection: &ProgramConnection,
    deadline: Timestamp,
    is_requested: bool,
) -> Result<RunResult, Error> {
    let mut record = record::load(state, connection).await?;
    let was_never_started = record::is_never_started(&record);
    let mut run_state = RunState::load(state, connection, &record).await?;
    let (known_ends, checkpoints) = (record.ended_changes, run_state.checkpoints);
    record.planned_start = connection.snapshot.start_time;
    record.phase = if run_state.step == Step::Fetch { Phase::Reading } else { Phase::Writing };
    record::save(state, &record).await?;

    let run = Run { state, connection, deadline, is_requested };
    let outcome = run.process(&mut record, &mut run_state).await;
    // The next run resumes from the checkpoints if this one ran out of time, failed, or waits until No Show may be set.
    // It restarts after any other outcome, and if a page is missing.
    let is_restart = match &outcome {
        Ok(outcome) => !matches!(outcome, RunOutcome::OutOfTime | RunOutcome::AwaitsNoShow { .. }),
        Err(error) => matches!(error, RunError::MissingPage),
    };
    let outcome = outcome.map_err(Error::from);
    let has_progressed = run_state.checkpoints > checkpoints;
    let result = outcome::apply(state, connection, deadline, &mut record, &run_state, outcome, has_progressed);
    // The record is saved first: a run that is killed in between repeats what it did, which changes nothing.
    record::save(state, &record).await?;
    // Otherwise the stored checkpoints remain as they are; unsaved progress is discarded.
    if is_restart {
        run_state = run_state.restarted();
        run_state.save(state, connection.program).await?;
        run_state.delete_stale_pages(state, connection.program, deadline).await?;
    }
    record::merge_signals(state, &mut record).await?;
    if record.ended_changes != known_ends {
        record.next_at = Some(state.now());
        record::save(state, &record).await?;
    }
    match (was_never_started, record::is_never_started(&record)) {
        (false, true) => service_status::report_never_started(state, connection).await,
        (true, true) => {}
        (_, false) => service_status::clear_never_started(state, connection).await,
    }
    let problem = record.problem.as_ref().map(|problem| problem.code.as_str()).unwrap_or_default();
    let (program, phase) = (record.program, format!("{:?}", record.phase));
    let steps = run_state.checkpoints - checkpoints;
    platform::log!(Info, "attendance.run_finished", program = program, phase = phase, problem = problem, steps = steps);
    Ok(result)
}
