//! When to poll, when to retry, and when to give up. Pure.

use domain::Retry;
use domain::records::{Attendance, NoShowWait, Phase, ProgramConnection};
use domain::time::{SignedDuration, Timestamp};

/// How long after its planned end a webinar is polled if no event reported its end.
const FIRST_POLL: SignedDuration = SignedDuration::from_mins(5);

/// Intervals between polls of a report that is not ready; the last one repeats. Zoom needs up to half an hour after the
/// end, and longer for large webinars (docs/reference/zoom.md).
const POLL_INTERVALS: [SignedDuration; 4] = [
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(15),
    SignedDuration::from_mins(30),
    SignedDuration::from_mins(60),
];

/// Intervals between retries of a run that failed with a retryable error; the last one repeats.
const RETRY_INTERVALS: [SignedDuration; 4] = [
    SignedDuration::from_mins(1),
    SignedDuration::from_mins(2),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(15),
];

/// Interval between retries of a run that failed with an error that a person has to fix. The program resumes without
/// another action once it is fixed.
const BLOCKED_RETRY_INTERVAL: SignedDuration = SignedDuration::from_mins(15);

/// How long after the end a report (R14) and late rows are awaited.
const GIVE_UP_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// How long after the end a failing run is retried. By then the ledger of registrations is swept as well
/// (docs/STATE.md).
const GIVE_UP_RETRIES_AFTER: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The schedule of one webinar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Schedule {
    /// The planned end.
    end: Timestamp,
    /// The end according to an event.
    ended_at: Option<Timestamp>,
    /// Whether the planned start has changed since the last run.
    was_moved: bool,
}

impl Schedule {
    pub(crate) fn of(connection: &ProgramConnection, record: &Attendance) -> Self {
        let was_moved = record.planned_start != connection.snapshot.start_time;
        Self { end: connection.snapshot.end_time(), ended_at: record.ended_at, was_moved }
    }

    /// Returns the schedule for another planned end, as Zoom shows it now.
    pub(crate) const fn with_end(self, end: Timestamp) -> Self {
        Self { end, ..self }
    }

    /// Returns when a missing report or session is no longer awaited.
    pub(crate) fn gives_up_at(self) -> Timestamp {
        self.ended_at.map_or(self.end, |ended_at| self.end.max(ended_at)) + GIVE_UP_AFTER
    }

    /// Returns when to poll again if no session counts yet: after the planned end or, if a report `is_awaited`, soon.
    pub(crate) fn next_poll(self, polls: u32, is_awaited: bool, now: Timestamp) -> Timestamp {
        let next = now + nth(&POLL_INTERVALS, polls);
        if is_awaited { next } else { next.max(self.end + FIRST_POLL) }
    }

    /// Returns when to run again while No Show has to wait (R19): at the latest when it may be set, if that is known.
    pub(crate) fn next_no_show_poll(self, wait: NoShowWait, polls: u32, now: Timestamp) -> Timestamp {
        let next = now + nth(&POLL_INTERVALS, polls);
        let next = if now < self.end { self.end + FIRST_POLL } else { next };
        wait.until.map_or(next, |until| next.min(until)).max(now)
    }

    /// Returns until when late rows are awaited after a complete run.
    pub(crate) fn settled_at(self, written_at: Timestamp) -> Timestamp {
        written_at.max(self.end) + GIVE_UP_AFTER
    }

    /// Returns the phase after a complete run, and when to poll again. `has_unknown` is whether Zoom lists a registrant
    /// neither as present nor as absent.
    pub(crate) fn after_writing(
        self,
        written_at: Timestamp,
        polls: u32,
        has_unknown: bool,
        now: Timestamp,
    ) -> (Phase, Option<Timestamp>) {
        let settled_at = self.settled_at(written_at);
        if now >= settled_at {
            return (Phase::Done, None);
        }
        let wanted = if has_unknown {
            now + nth(&POLL_INTERVALS, polls)
        } else if now < self.end {
            // The webinar ended early, or there will be another session.
            self.end + FIRST_POLL
        } else {
            settled_at
        };
        (Phase::Settling, Some(wanted.min(settled_at)))
    }

    /// Returns the phase after a run that failed, and when to retry.
    pub(crate) fn after_failure(self, retry: Retry, failures: u32, now: Timestamp) -> (Phase, Option<Timestamp>) {
        if now >= self.end + GIVE_UP_RETRIES_AFTER {
            return (Phase::Failed, None);
        }
        let next_at = match retry {
            Retry::Never => now + BLOCKED_RETRY_INTERVAL,
            Retry::Soon => now + nth(&RETRY_INTERVALS, failures),
            Retry::After(wait) => now + wait,
            Retry::At(at) => at.max(now),
        };
        (Phase::Due, Some(next_at))
    }

    /// Returns since when a program is due; `None` if it is not. A program in phase reading or writing was interrupted.
    pub(crate) fn due_since(self, record: &Attendance, now: Timestamp) -> Option<Timestamp> {
        let due = match record.phase {
            Phase::Waiting => self.waits_until(record),
            Phase::Due | Phase::Reading | Phase::Writing => record.next_at.unwrap_or(now),
            Phase::Settling => record.next_at?,
            Phase::Done | Phase::Failed => return None,
        };
        (due <= now).then_some(due)
    }

    /// Returns when the tick polls the program next, for people.
    pub(crate) fn next_at(self, record: &Attendance) -> Option<Timestamp> {
        match record.phase {
            Phase::Waiting => Some(self.waits_until(record)),
            Phase::Done | Phase::Failed => None,
            _ => record.next_at,
        }
    }

    /// Returns until when a program waits. A webinar that was moved is polled after its new end.
    fn waits_until(self, record: &Attendance) -> Timestamp {
        record.next_at.filter(|_| !self.was_moved).unwrap_or_else(|| self.end + FIRST_POLL)
    }
}

/// Returns an interval; the last one repeats.
fn nth(intervals: &[SignedDuration; 4], index: u32) -> SignedDuration {
    let index = usize::try_from(index).unwrap_or(usize::MAX);
    intervals.get(index).copied().unwrap_or(intervals[3])
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::records::NoShowReason;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + 60 * minutes).unwrap()
    }

    /// Planned from minute 0 to minute 60.
    fn connection() -> ProgramConnection {
        let mut connection = domain::testing::connection(&[]);
        connection.program = 7.into();
        connection.snapshot.start_time = at(0);
        connection
    }

    fn record(phase: Phase) -> Attendance {
        Attendance { phase, ..Attendance::new(&connection()) }
    }

    fn schedule(record: &Attendance) -> Schedule {
        Schedule::of(&connection(), record)
    }

    #[test]
    fn without_an_event_a_program_is_due_five_minutes_after_the_planned_end() {
        let record = record(Phase::Waiting);
        assert_eq!(schedule(&record).due_since(&record, at(64)), None);
        assert_eq!(schedule(&record).due_since(&record, at(65)), Some(at(65)));
        assert_eq!(schedule(&record).next_at(&record), Some(at(65)));
    }

    #[test]
    fn polls_come_after_5_15_30_60_minutes_and_then_hourly() {
        let schedule = schedule(&record(Phase::Due));
        let waits: Vec<_> =
            (0..6).map(|n| schedule.next_poll(n, true, at(50)).duration_since(at(50)).as_secs() / 60).collect();
        assert_eq!(waits, [5, 15, 30, 60, 60, 60]);
        // Not before the planned end, if no report is awaited.
        assert_eq!(schedule.next_poll(0, false, at(10)), at(65));
        assert_eq!(schedule.next_poll(0, false, at(70)), at(75));
    }

    #[test]
    fn r19_the_program_runs_again_when_no_show_may_be_set() {
        let schedule = schedule(&record(Phase::Waiting));
        let wait = |until: Option<i64>| NoShowWait { reason: NoShowReason::Delay, until: until.map(at) };
        // Before the planned end, sessions are looked for after it.
        assert_eq!(schedule.next_no_show_poll(wait(Some(90)), 0, at(12)), at(65));
        assert_eq!(schedule.next_no_show_poll(wait(Some(60)), 0, at(12)), at(60));
        assert_eq!(schedule.next_no_show_poll(wait(Some(90)), 1, at(70)), at(85));
        assert_eq!(schedule.next_no_show_poll(wait(Some(90)), 2, at(85)), at(90));
        assert_eq!(schedule.next_no_show_poll(wait(None), 0, at(85)), at(90));
    }

    #[test]
    fn r13_a_webinar_that_was_moved_is_polled_after_its_new_end() {
        let waiting = Attendance { next_at: Some(at(9000)), ..record(Phase::Waiting) };
        assert_eq!(schedule(&waiting).next_at(&waiting), Some(at(9000)));
        let moved = Attendance { planned_start: at(-500), ..waiting };
        assert_eq!(schedule(&moved).next_at(&moved), Some(at(65)));
    }

    #[test]
    fn r14_a_report_is_awaited_until_24_hours_after_the_later_of_planned_and_reported_end() {
        assert_eq!(schedule(&record(Phase::Waiting)).gives_up_at(), at(60 + 24 * 60));
        let ended = Attendance { ended_at: Some(at(300)), ..record(Phase::Due) };
        assert_eq!(schedule(&ended).gives_up_at(), at(300 + 24 * 60));
    }

    #[test]
    fn late_rows_are_awaited_for_24_hours() {
        let schedule = schedule(&record(Phase::Writing));
        let settled = at(70 + 24 * 60);
        assert_eq!(schedule.after_writing(at(70), 0, false, at(70)), (Phase::Settling, Some(settled)));
        assert_eq!(schedule.after_writing(at(70), 1, true, at(70)), (Phase::Settling, Some(at(85))));
        assert_eq!(schedule.after_writing(at(70), 9, true, at(70 + 24 * 60 - 5)), (Phase::Settling, Some(settled)));
        assert_eq!(schedule.after_writing(at(70), 9, true, settled), (Phase::Done, None));
        // The webinar ended early, so it is polled once more after the planned end.
        assert_eq!(schedule.after_writing(at(20), 0, false, at(20)), (Phase::Settling, Some(at(65))));
    }

    #[test]
    fn failures_are_retried_when_the_upstream_allows_for_up_to_30_days() {
        let schedule = schedule(&record(Phase::Due));
        assert_eq!(schedule.after_failure(Retry::Soon, 0, at(70)), (Phase::Due, Some(at(71))));
        assert_eq!(schedule.after_failure(Retry::Soon, 99, at(70)), (Phase::Due, Some(at(85))));
        assert_eq!(schedule.after_failure(Retry::Never, 0, at(70)), (Phase::Due, Some(at(85))));
        assert_eq!(schedule.after_failure(Retry::At(at(500)), 0, at(70)), (Phase::Due, Some(at(500))));
        assert_eq!(schedule.after_failure(Retry::Soon, 0, at(60 + 30 * 24 * 60)), (Phase::Failed, None));
    }

    #[test]
    fn an_interrupted_run_is_due_and_a_finished_one_is_not() {
        for phase in [Phase::Reading, Phase::Writing] {
            assert_eq!(schedule(&record(phase)).due_since(&record(phase), at(80)), Some(at(80)));
        }
        for phase in [Phase::Done, Phase::Failed] {
            assert_eq!(schedule(&record(phase)).due_since(&record(phase), at(9999)), None);
        }
    }
}
