//! One run for one program: fetch from Zoom, match, write to Marketo, record the outcome. A run lasts as long as its
//! request may. It can be killed at any point: the next run repeats at most one page or one batch.
//!
//! | module | contents |
//! |---|---|
//! | [`outcome`] | what a run found, and the resulting phase and next poll |
//! | [`service_status`] | whether the service can be used (R1), and its never-started problem (R14) |

mod outcome;
mod service_status;

pub(crate) use outcome::RunResult;

use crate::fetch::{FetchOutcome, ReportFetcher};
use crate::roster::Roster;
use crate::schedule::Schedule;
use crate::state::AppState;
use crate::store::checkpoint::{RunError, RunState, Step};
use crate::store::record;
use crate::write::{AttendanceWriter, Progress};
use domain::Error;
use domain::records::{Attendance, Counts, Phase, ProgramConnection};
use domain::time::{SignedDuration, Timestamp};
use outcome::RunOutcome;
use std::ops::ControlFlow;

/// How long a run waits before it checks whether the report grows. A longer wait would delay the answer to a sync;
/// slower growth is found by the next polls.
const GROWTH_CHECK_DELAY: SignedDuration = SignedDuration::from_secs(3);

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
    let (known_end, checkpoints) = (record.ended_at, run_state.checkpoints);
    record.planned_start = connection.snapshot.start_time;
    record.phase = if run_state.step == Step::Fetch { Phase::Reading } else { Phase::Writing };
    record::save(state, &record).await?;

    let outcome = process(state, connection, deadline, &mut record, &mut run_state, is_requested).await;
    // The next run resumes from the checkpoints if this one ran out of time or failed. It restarts after any other
    // outcome, and if a page is missing.
    let is_restart = match &outcome {
        Ok(outcome) => !matches!(outcome, RunOutcome::OutOfTime),
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
    if record.ended_at != known_end {
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

/// Fetches and checks the lists if that is the current step, then writes.
async fn process(
    state: &AppState,
    connection: &ProgramConnection,
    deadline: Timestamp,
    record: &mut Attendance,
    run_state: &mut RunState,
    is_requested: bool,
) -> Result<RunOutcome, RunError> {
    service_status::require_usable(state, connection).await?;
    run_state.delete_stale_pages(state, connection.program, deadline).await?;
    let marketo = state.marketo(deadline);
    let roster = match run_state.step {
        Step::Fetch => {
            let zoom = state.zoom(&connection.service, deadline);
            let mut fetcher = ReportFetcher::new(state, connection, &zoom, &marketo, deadline);
            match fetch_and_check(state, connection, deadline, &mut fetcher, record, run_state, is_requested).await? {
                ControlFlow::Continue(roster) => roster,
                ControlFlow::Break(outcome) => return Ok(outcome),
            }
        }
        _ => Roster::load(state, connection, run_state).await?,
    };
    let rows = roster.rows();
    let mut writer = AttendanceWriter::new(state, &marketo, connection, roster, run_state, deadline).await?;
    Ok(match writer.write().await? {
        Progress::Complete => RunOutcome::Complete { rows, problem: writer.problem() },
        Progress::OutOfTime => RunOutcome::OutOfTime,
    })
}

/// Fetches the lists and decides whether they can be trusted. Breaks with the outcome if the run ends here.
async fn fetch_and_check<'r>(
    state: &'r AppState,
    connection: &'r ProgramConnection,
    deadline: Timestamp,
    fetcher: &mut ReportFetcher<'_>,
    record: &mut Attendance,
    run_state: &mut RunState,
    is_requested: bool,
) -> Result<ControlFlow<RunOutcome, Roster<'r>>, RunError> {
    let schedule = Schedule::of(connection, record);
    let gives_up = state.now() >= schedule.gives_up_at();
    let poll_later =
        || Ok(ControlFlow::Break(RunOutcome::NotReady { next_at: schedule.next_poll(record.polls, state.now()) }));
    fetcher.accepts_unfinished = gives_up;
    // An unchanged report is written again if people are left to write, or if an admin asked for it.
    let is_settled = record.counts.unaccounted == 0 && record.counts.refused == 0 && record.problem.is_none();
    fetcher.known_rows = record.rows.filter(|_| record.written_at.is_some() && is_settled && !is_requested);
    match fetcher.fetch(run_state).await? {
        FetchOutcome::NoSession | FetchOutcome::NoReport if record.written_at.is_some() => {
            return Ok(ControlFlow::Break(RunOutcome::ReportGone));
        }
        FetchOutcome::NoSession | FetchOutcome::NoReport if gives_up => {
            return Ok(ControlFlow::Break(RunOutcome::NeverStarted));
        }
        FetchOutcome::NoSession | FetchOutcome::NoReport | FetchOutcome::NotReady => return poll_later(),
        FetchOutcome::Unchanged => return Ok(ControlFlow::Break(RunOutcome::Unchanged)),
        FetchOutcome::OutOfTime => return Ok(ControlFlow::Break(RunOutcome::OutOfTime)),
        FetchOutcome::Complete => {}
    }
    let roster = Roster::load(state, connection, run_state).await?;
    if !gives_up {
        if roster.is_incomplete() {
            return poll_later();
        }
        if roster.needs_growth_check(run_state) {
            state.ports.clock.sleep(GROWTH_CHECK_DELAY).await;
            if fetcher.has_grown(run_state, roster.rows()).await? {
                return poll_later();
            }
        }
    }
    if state.now() < connection.snapshot.start_time && roster.is_empty() {
        // A rehearsal before the planned start. Taking it for the webinar would set all members to No Show.
        return Ok(ControlFlow::Break(RunOutcome::NotReady { next_at: schedule.after_rehearsal(state.now()) }));
    }
    if !state.has_time(deadline) {
        return Ok(ControlFlow::Break(RunOutcome::OutOfTime));
    }
    let is_final =
        gives_up || record.written_at.is_some_and(|written_at| state.now() >= schedule.settled_at(written_at));
    run_state.is_final = is_final;
    let (new_leads, unreadable_rows) = (record.counts.new_leads, roster.unreadable_rows());
    run_state.counts = Counts { new_leads, unreadable_rows, ..Counts::default() };
    record.instance.clone_from(&run_state.instance);
    Ok(ControlFlow::Continue(roster.with_final(is_final)))
}
