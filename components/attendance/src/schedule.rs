//! When to look, when to look again, and when to give up. Pure.

use domain::Retry;
use domain::records::{Attendance, Connection, Phase};
use domain::time::{SignedDuration, Timestamp};

/// Without an event, a webinar is looked for this long after its planned end: most hosts are done by then.
const FIRST_LOOK: SignedDuration = SignedDuration::from_mins(5);

/// Waits between looks at a report that is not ready; the last one repeats. Zoom says that reports of events that
/// just ended take up to half an hour, and longer for large ones (zoom.md section 2).
const WAITS: [SignedDuration; 4] = [
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(15),
    SignedDuration::from_mins(30),
    SignedDuration::from_mins(60),
];

/// Waits after runs that failed although trying again may help; the last one repeats.
const WAITS_AFTER_FAILURE: [SignedDuration; 4] = [
    SignedDuration::from_mins(1),
    SignedDuration::from_mins(2),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(15),
];

/// What only a person can mend is tried again this often, so that it goes on by itself once it is mended.
const WAIT_FOR_PEOPLE: SignedDuration = SignedDuration::from_mins(15);

/// A report that is not there so long after the end will not come (R14), and rows that come later than this are not
/// waited for.
const PATIENCE: SignedDuration = SignedDuration::from_hours(24);

/// What still fails so long after the webinar is left alone: by then the ledger of registrations is swept as well
/// (DESIGN section 5).
const GIVE_UP_FAILING: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The instants that matter of one webinar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Plan {
    /// The planned end.
    end: Timestamp,
    /// When Zoom told that it ended.
    ended_at: Option<Timestamp>,
}

impl Plan {
    pub(crate) fn of(connection: &Connection, record: &Attendance) -> Self {
        Self { end: connection.snapshot.end_time(), ended_at: record.ended_at }
    }

    /// From when on a report, or an instance at all, is not waited for any more.
    pub(crate) fn gives_up_at(self) -> Timestamp {
        self.ended_at.map_or(self.end, |ended_at| self.end.max(ended_at)) + PATIENCE
    }

    /// When to look again at what is not ready. What nobody said has ended is looked for after its planned end only.
    pub(crate) fn next_look(self, looks: u32, now: Timestamp) -> Timestamp {
        let next = now + nth(&WAITS, looks);
        match self.ended_at {
            Some(_) => next,
            None => next.max(self.end + FIRST_LOOK),
        }
    }

    /// When to look for the real run after one that was only a rehearsal.
    pub(crate) fn after_rehearsal(self, now: Timestamp) -> Timestamp {
        (self.end + FIRST_LOOK).max(now + WAITS[0])
    }

    /// Until when late rows are awaited once everybody was accounted for.
    pub(crate) fn settled_at(self, written_at: Timestamp) -> Timestamp {
        written_at.max(self.end) + PATIENCE
    }

    /// Where a program stands after a complete writing, and when it is read again. `unaccounted` is whether Zoom has
    /// yet to say of somebody whether they came.
    pub(crate) fn after_writing(
        self,
        written_at: Timestamp,
        looks: u32,
        unaccounted: bool,
        now: Timestamp,
    ) -> (Phase, Option<Timestamp>) {
        let settled_at = self.settled_at(written_at);
        if now >= settled_at {
            return (Phase::Done, None);
        }
        let wanted = if unaccounted {
            now + nth(&WAITS, looks)
        } else if now < self.end {
            // It ended early, or this was a run before the planned one.
            self.end + FIRST_LOOK
        } else {
            settled_at
        };
        (Phase::Settling, Some(wanted.min(settled_at)))
    }

    /// Where a program stands after a run that failed, and when it is tried again.
    pub(crate) fn after_failure(self, retry: Retry, failures: u32, now: Timestamp) -> (Phase, Option<Timestamp>) {
        if now >= self.end + GIVE_UP_FAILING {
            return (Phase::Failed, None);
        }
        let next = match retry {
            Retry::Never => now + WAIT_FOR_PEOPLE,
            Retry::Soon => now + nth(&WAITS_AFTER_FAILURE, failures),
            Retry::After(wait) => now + wait,
            Retry::At(at) => at.max(now),
        };
        (Phase::Due, Some(next))
    }

    /// Since when a program is due; `None` while it is not. One that is being read or written was cut off.
    pub(crate) fn due_since(self, record: &Attendance, now: Timestamp) -> Option<Timestamp> {
        let due = match record.phase {
            Phase::Waiting => record.next_at.unwrap_or_else(|| self.end + FIRST_LOOK),
            Phase::Due | Phase::Reading | Phase::Writing => record.next_at.unwrap_or(now),
            Phase::Settling => record.next_at?,
            Phase::Done | Phase::Failed => return None,
        };
        (due <= now).then_some(due)
    }

    /// When the tick looks at it next, for people.
    pub(crate) fn next_at(self, record: &Attendance) -> Option<Timestamp> {
        match record.phase {
            Phase::Waiting => record.next_at.or_else(|| Some(self.end + FIRST_LOOK)),
            Phase::Done | Phase::Failed => None,
            _ => record.next_at,
        }
    }
}

fn nth(waits: &[SignedDuration; 4], index: u32) -> SignedDuration {
    let index = usize::try_from(index).unwrap_or(usize::MAX);
    waits.get(index).copied().unwrap_or(waits[3])
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::status::Channel;
    use domain::webinar::{RegistrationMode, Snapshot};

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + 60 * minutes)
    }

    /// Planned from minute 0 to minute 60.
    fn connection() -> Connection {
        Connection {
            v: 1,
            program: 7.into(),
            program_name: String::new(),
            service: "s1".into(),
            account_id: Some("acc".into()),
            snapshot: Snapshot {
                id: 9.into(),
                topic: String::new(),
                description: String::new(),
                start_time: at(0),
                duration: 60,
                timezone: "UTC".into(),
                host_email: None,
                registration: RegistrationMode::Automatic,
                join_url: None,
            },
            channel: Channel { name: "Webinar".into(), statuses: Vec::new() },
            connected_at: at(-9),
            refreshed_at: at(-9),
            problem: None,
            moved_from: Vec::new(),
            tokens_due: false,
            member_fields: Default::default(),
        }
    }

    fn record(phase: Phase) -> Attendance {
        Attendance { phase, ..Attendance::new(&connection()) }
    }

    fn plan(record: &Attendance) -> Plan {
        Plan::of(&connection(), record)
    }

    #[test]
    fn without_an_event_a_program_is_due_five_minutes_after_the_planned_end() {
        let record = record(Phase::Waiting);
        assert_eq!(plan(&record).due_since(&record, at(64)), None);
        assert_eq!(plan(&record).due_since(&record, at(65)), Some(at(65)));
        assert_eq!(plan(&record).next_at(&record), Some(at(65)));
    }

    #[test]
    fn looks_come_after_5_15_30_60_minutes_and_then_hourly() {
        let ended = Attendance { ended_at: Some(at(50)), ..record(Phase::Due) };
        let waits: Vec<_> =
            (0..6).map(|n| plan(&ended).next_look(n, at(50)).duration_since(at(50)).as_secs() / 60).collect();
        assert_eq!(waits, [5, 15, 30, 60, 60, 60]);
        // Nobody said that it ended: not before it should have.
        assert_eq!(plan(&record(Phase::Waiting)).next_look(0, at(10)), at(65));
        assert_eq!(plan(&record(Phase::Waiting)).next_look(0, at(70)), at(75));
    }

    #[test]
    fn r14_patience_ends_24_hours_after_the_later_of_planned_and_told_end() {
        assert_eq!(plan(&record(Phase::Waiting)).gives_up_at(), at(60 + 24 * 60));
        let ended = Attendance { ended_at: Some(at(300)), ..record(Phase::Due) };
        assert_eq!(plan(&ended).gives_up_at(), at(300 + 24 * 60));
    }

    #[test]
    fn what_was_written_settles_for_24_hours() {
        let plan = plan(&record(Phase::Writing));
        let settled = at(70 + 24 * 60);
        assert_eq!(plan.after_writing(at(70), 0, false, at(70)), (Phase::Settling, Some(settled)));
        assert_eq!(plan.after_writing(at(70), 1, true, at(70)), (Phase::Settling, Some(at(85))));
        assert_eq!(plan.after_writing(at(70), 9, true, at(70 + 24 * 60 - 5)), (Phase::Settling, Some(settled)));
        assert_eq!(plan.after_writing(at(70), 9, true, settled), (Phase::Done, None));
        // It ended early: once more after the planned end.
        assert_eq!(plan.after_writing(at(20), 0, false, at(20)), (Phase::Settling, Some(at(65))));
    }

    #[test]
    fn failures_are_tried_again_as_the_peer_allows_and_not_for_ever() {
        let plan = plan(&record(Phase::Due));
        assert_eq!(plan.after_failure(Retry::Soon, 0, at(70)), (Phase::Due, Some(at(71))));
        assert_eq!(plan.after_failure(Retry::Soon, 99, at(70)), (Phase::Due, Some(at(85))));
        assert_eq!(plan.after_failure(Retry::Never, 0, at(70)), (Phase::Due, Some(at(85))));
        assert_eq!(plan.after_failure(Retry::At(at(500)), 0, at(70)), (Phase::Due, Some(at(500))));
        assert_eq!(plan.after_failure(Retry::Soon, 0, at(60 + 30 * 24 * 60)), (Phase::Failed, None));
    }

    #[test]
    fn a_run_that_was_cut_off_is_taken_up_and_what_is_over_is_left() {
        for phase in [Phase::Reading, Phase::Writing] {
            assert_eq!(plan(&record(phase)).due_since(&record(phase), at(80)), Some(at(80)));
        }
        for phase in [Phase::Done, Phase::Failed] {
            assert_eq!(plan(&record(phase)).due_since(&record(phase), at(9999)), None);
        }
    }
}
