//! What a run found, and what follows for the record: the phase and the next poll.

use crate::schedule::Schedule;
use crate::state::AppState;
use crate::store::checkpoint::{RunState, Step};
use domain::records::{Attendance, NoShowReason, NoShowWait, Phase, ProgramConnection};
use domain::retry::clamp_retry_after;
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ErrorCode, Problem, Retry};

/// Maximum number of consecutive runs without progress before the program is left to the next tick.
const MAX_STALLED_RUNS: u32 = 3;

/// What a run found.
pub(super) enum RunOutcome {
    /// The report cannot be trusted yet.
    NotReady { next_at: Timestamp },
    /// No session counts, and none is expected any more (R14).
    NeverStarted,
    /// Zoom no longer has the report. The written statuses remain.
    ReportGone,
    /// The reports have the rows of the last complete run.
    Unchanged,
    /// All attendees are written, and No Show has to wait (R19).
    AwaitsNoShow { wait: NoShowWait, problem: Option<Problem> },
    /// All people are written.
    Complete { problem: Option<Problem> },
    /// Time ran out.
    OutOfTime,
}

/// How a run ended, for the worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RunResult {
    /// The record has the outcome and when to continue.
    Finished,
    /// Time ran out.
    OutOfTime {
        /// Whether too many consecutive runs made no progress.
        is_stalled: bool,
    },
}

/// Applies the outcome of a run to the record.
pub(super) fn apply(
    state: &AppState,
    connection: &ProgramConnection,
    deadline: Timestamp,
    record: &mut Attendance,
    run_state: &RunState,
    outcome: Result<RunOutcome, Error>,
    has_progressed: bool,
) -> RunResult {
    let now = state.now();
    let schedule = Schedule::of(connection, record);
    let schedule = record.planned_end.map_or(schedule, |end| schedule.with_end(end));
    copy_counts(record, run_state);
    let outcome = match outcome {
        // The failed call had no time left for retries.
        Err(error) if error.retry() == Retry::Soon && !state.has_time(deadline) => RunOutcome::OutOfTime,
        // A rate limit postpones the program, unless it has stalled the last runs too.
        Err(error)
            if let Some(wait) =
                rate_limit_wait(&error).filter(|_| has_progressed || record.failures < MAX_STALLED_RUNS) =>
        {
            record.failures = if has_progressed { 0 } else { record.failures + 1 };
            continue_at(record, run_state, now + wait);
            return RunResult::Finished;
        }
        Err(error) => {
            if let Error::Internal(text) = &error {
                platform::log!(Error, "attendance.process_failed", program = record.program, error = text);
            }
            (record.phase, record.next_at) = schedule.after_failure(error.retry(), record.failures, now);
            record.failures = record.failures.saturating_add(1);
            record.problem = Some(error.problem());
            return RunResult::Finished;
        }
        Ok(outcome) => outcome,
    };
    record.failures = match outcome {
        RunOutcome::OutOfTime if !has_progressed => record.failures.saturating_add(1),
        _ => 0,
    };
    match outcome {
        RunOutcome::NotReady { next_at } => {
            record.phase = if record.written_at.is_some() { Phase::Settling } else { Phase::Waiting };
            record.next_at = Some(next_at);
            record.polls = record.polls.saturating_add(1);
            record.problem = None;
            record.no_show_wait = Some(NoShowWait { reason: NoShowReason::NoSession, until: None });
        }
        RunOutcome::AwaitsNoShow { wait, problem } => {
            record.phase = if record.written_at.is_some() { Phase::Settling } else { Phase::Waiting };
            record.next_at = Some(schedule.next_no_show_poll(wait, record.polls, now));
            record.polls = record.polls.saturating_add(1);
            (record.no_show_wait, record.problem) = (Some(wait), problem);
        }
        RunOutcome::NeverStarted => {
            (record.phase, record.next_at) = (Phase::Failed, None);
            record.problem = Some(Problem::of(ErrorCode::WebinarNeverStarted));
            record.no_show_wait = Some(NoShowWait { reason: NoShowReason::NoSession, until: None });
        }
        RunOutcome::ReportGone => (record.phase, record.next_at) = (Phase::Done, None),
        RunOutcome::Unchanged => {
            let written_at = record.written_at.unwrap_or(now);
            (record.phase, record.next_at) = schedule.after_writing(written_at, record.polls, false, now);
        }
        RunOutcome::Complete { problem } => {
            (record.counts, record.no_show_wait, record.problem) = (run_state.counts, None, problem);
            let written_at = *record.written_at.get_or_insert(now);
            let has_unknown = record.counts.unaccounted > 0;
            (record.phase, record.next_at) = schedule.after_writing(written_at, record.polls, has_unknown, now);
            record.polls = record.polls.saturating_add(1);
        }
        RunOutcome::OutOfTime => {
            continue_at(record, run_state, now);
            return RunResult::OutOfTime { is_stalled: record.failures > MAX_STALLED_RUNS };
        }
    }
    RunResult::Finished
}

/// Schedules the remaining work.
fn continue_at(record: &mut Attendance, run_state: &RunState, at: Timestamp) {
    record.phase = if run_state.step == Step::Fetch { Phase::Reading } else { Phase::Writing };
    record.next_at = Some(at);
}

/// Copies the counts so far into the record. The partial counts of a repeated run do not replace those of the complete
/// first one, except for new leads, which are created once.
fn copy_counts(record: &mut Attendance, run_state: &RunState) {
    if run_state.step == Step::Fetch {
        return;
    }
    match record.written_at {
        Some(_) => record.counts.new_leads = record.counts.new_leads.max(run_state.counts.new_leads),
        None => record.counts = run_state.counts,
    }
}

/// Returns how long to wait if an upstream's rate limit caused the error.
fn rate_limit_wait(error: &Error) -> Option<SignedDuration> {
    let Error::Upstream(error) = error else { return None };
    match error.retry {
        Retry::After(wait) if error.problem.code == ErrorCode::RateLimited => Some(clamp_retry_after(wait)),
        _ => None,
    }
}
