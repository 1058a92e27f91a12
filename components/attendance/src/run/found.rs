//! What a run found, and what that means for the record: where the program stands, and when it is looked at next.

use crate::app::App;
use crate::schedule::Plan;
use crate::sheets::{Stage, Work};
use domain::records::{Attendance, Connection, Phase};
use domain::retry::clamp_retry_after;
use domain::time::{SignedDuration, Timestamp};
use domain::{Code, Error, Problem, Retry};

/// What a run found.
pub(super) enum Found {
    /// Nothing to be trusted yet.
    NotYet { next_at: Timestamp },
    /// No run of the webinar, and none is to be expected (R14).
    NeverStarted,
    /// Zoom keeps the report no longer; what was written before stands.
    Gone,
    /// The report is as long as it was.
    NothingNew,
    /// Everybody who can be accounted for is, by so many rows of the report.
    Everybody { rows: u64, problem: Option<Problem> },
    /// There was not enough time.
    CutOff,
}

/// So many runs in a row may come no further, because they wait for a peer's limit or since something is slow, before the
/// next one is left to the tick.
const PATIENCE: u32 = 3;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The record says how.
    Through,
    /// Its time was over.
    CutOff {
        /// Runs came no further, one after the other.
        is_stuck: bool,
    },
    /// A peer's limit gives it its next turn later, but soon.
    Waits,
}

/// Notes what a run found.
pub(super) fn note(
    app: &App,
    connection: &Connection,
    deadline: Timestamp,
    record: &mut Attendance,
    work: &Work,
    (found, came_further): (Result<Found, Error>, bool),
) -> End {
    let now = app.now();
    let plan = Plan::of(connection, record);
    take_counts(record, work);
    let found = match found {
        // The call that failed had no time left.
        Err(error) if error.retry() == Retry::Soon && !app.has_time(deadline) => Found::CutOff,
        // One that never comes is a failure like others.
        Err(error) if let Some(wait) = turn_comes_in(&error).filter(|_| came_further || record.failures < PATIENCE) => {
            record.failures = if came_further { 0 } else { record.failures + 1 };
            stays_at_work(record, work, now + wait);
            return End::Waits;
        }
        Err(error) => {
            if let Error::Ours(text) = &error {
                platform::log!("attendance.failed", program = record.program, error = text);
            }
            (record.phase, record.next_at) = plan.after_failure(error.retry(), record.failures, now);
            record.failures = record.failures.saturating_add(1);
            record.problem = Some(error.problem());
            return End::Through;
        }
        Ok(found) => found,
    };
    record.failures = match found {
        Found::CutOff if !came_further => record.failures.saturating_add(1),
        _ => 0,
    };
    match found {
        Found::NotYet { next_at } => {
            record.phase = if record.written_at.is_some() { Phase::Settling } else { Phase::Waiting };
            record.next_at = Some(next_at);
            record.looks = record.looks.saturating_add(1);
            record.problem = None;
        }
        Found::NeverStarted => {
            (record.phase, record.next_at) = (Phase::Failed, None);
            record.problem = Some(Problem::of(Code::WebinarNeverStarted));
        }
        Found::Gone => (record.phase, record.next_at) = (Phase::Done, None),
        Found::NothingNew => {
            let written_at = record.written_at.unwrap_or(now);
            (record.phase, record.next_at) = plan.after_writing(written_at, record.looks, false, now);
        }
        Found::Everybody { rows, problem } => {
            (record.counts, record.rows, record.problem) = (work.counts, Some(rows), problem);
            let written_at = *record.written_at.get_or_insert(now);
            let unaccounted = record.counts.unaccounted > 0;
            (record.phase, record.next_at) = plan.after_writing(written_at, record.looks, unaccounted, now);
            record.looks = record.looks.saturating_add(1);
        }
        Found::CutOff => {
            stays_at_work(record, work, now);
            return End::CutOff { is_stuck: record.failures > PATIENCE };
        }
    }
    End::Through
}

/// There is more to do, from an instant on.
fn stays_at_work(record: &mut Attendance, work: &Work, from: Timestamp) {
    let is_reading = work.stage == Stage::Reading;
    record.phase = if is_reading { Phase::Reading } else { Phase::Writing };
    record.next_at = Some(from);
}

/// Takes over what was counted so far. Half of a second accounting says less than the whole first one, but for leads:
/// whoever was made is not made again.
fn take_counts(record: &mut Attendance, work: &Work) {
    if work.stage != Stage::Reading {
        match record.written_at {
            Some(_) => record.counts.new_leads = record.counts.new_leads.max(work.counts.new_leads),
            None => record.counts = work.counts,
        }
    }
}

/// How soon a peer's limit gives the next turn.
fn turn_comes_in(error: &Error) -> Option<SignedDuration> {
    let Error::Peer(peer) = error else { return None };
    match peer.retry {
        Retry::After(wait) if peer.problem.code == Code::RateLimited => Some(clamp_retry_after(wait)),
        _ => None,
    }
}
