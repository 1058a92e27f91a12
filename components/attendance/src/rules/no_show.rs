//! When people may be set to No Show (R19). It is the last status, so it is set last. Pure.

use domain::records::{NoShowReason, NoShowWait};
use domain::time::{SignedDuration, Timestamp};

/// How long after the end of a session Zoom may still complete its report (docs/reference/zoom.md).
pub(crate) const REPORT_COMPLETE_AFTER: SignedDuration = SignedDuration::from_mins(30);

/// What the decision depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NoShowFacts {
    pub(crate) now: Timestamp,
    /// The planned end, read from Zoom right before.
    pub(crate) planned_end: Timestamp,
    /// The end of the last session that counts, or may do so with a longer report; `None` if none counts.
    pub(crate) last_end: Option<Timestamp>,
    /// Whether a session is under way.
    pub(crate) is_under_way: bool,
    /// Whether a session that may count has no complete report.
    pub(crate) is_report_missing: bool,
    /// Whether Zoom does not list the absentees of a session that counts, although it will.
    pub(crate) are_absentees_missing: bool,
    /// When the lists were fetched.
    pub(crate) fetched_at: Timestamp,
    /// Whether a later look found the lists unchanged.
    pub(crate) is_stable: bool,
    /// The connection's delay.
    pub(crate) delay: SignedDuration,
    /// Whether Zoom's lists are no longer expected to change.
    pub(crate) gives_up: bool,
}

/// Whether people may be set to No Show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoShowGate {
    /// They may.
    Open,
    /// They may if a second look finds Zoom's lists unchanged.
    NeedsSecondLook,
    /// They may not yet.
    Closed(NoShowWait),
}

impl NoShowGate {
    pub(crate) fn of(facts: &NoShowFacts) -> Self {
        let closed = |reason, until| Self::Closed(NoShowWait { reason, until });
        let Some(last_end) = facts.last_end else { return closed(NoShowReason::NoSession, None) };
        let due = facts.planned_end.max(last_end) + facts.delay;
        if facts.now < facts.planned_end {
            return closed(NoShowReason::NotOver, Some(due));
        }
        if facts.is_under_way {
            return closed(NoShowReason::UnderWay, None);
        }
        if facts.now < due {
            return closed(NoShowReason::Delay, Some(due));
        }
        if facts.is_report_missing && !facts.gives_up {
            return closed(NoShowReason::ReportIncomplete, None);
        }
        if facts.are_absentees_missing && !facts.gives_up {
            return closed(NoShowReason::AbsenteesMissing, None);
        }
        if facts.is_stable || facts.fetched_at >= last_end + REPORT_COMPLETE_AFTER {
            return Self::Open;
        }
        Self::NeedsSecondLook
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + 60 * minute).unwrap()
    }

    /// A webinar that was planned until minute 60 and ended at minute 50, with the default delay, at minute 95.
    fn facts() -> NoShowFacts {
        NoShowFacts {
            now: at(95),
            planned_end: at(60),
            last_end: Some(at(50)),
            is_under_way: false,
            is_report_missing: false,
            are_absentees_missing: false,
            fetched_at: at(95),
            is_stable: false,
            delay: SignedDuration::from_mins(30),
            gives_up: false,
        }
    }

    fn reason(facts: NoShowFacts) -> Option<(NoShowReason, Option<Timestamp>)> {
        match NoShowGate::of(&facts) {
            NoShowGate::Closed(wait) => Some((wait.reason, wait.until)),
            _ => None,
        }
    }

    #[test]
    fn r19_each_condition_delays_no_show_with_its_reason() {
        assert_eq!(NoShowGate::of(&facts()), NoShowGate::Open);
        for (changed, expected) in [
            (NoShowFacts { last_end: None, ..facts() }, (NoShowReason::NoSession, None)),
            (NoShowFacts { now: at(59), ..facts() }, (NoShowReason::NotOver, Some(at(90)))),
            (NoShowFacts { is_under_way: true, ..facts() }, (NoShowReason::UnderWay, None)),
            (NoShowFacts { now: at(89), ..facts() }, (NoShowReason::Delay, Some(at(90)))),
            (NoShowFacts { last_end: Some(at(70)), ..facts() }, (NoShowReason::Delay, Some(at(100)))),
            (NoShowFacts { is_report_missing: true, ..facts() }, (NoShowReason::ReportIncomplete, None)),
            (NoShowFacts { are_absentees_missing: true, ..facts() }, (NoShowReason::AbsenteesMissing, None)),
        ] {
            assert_eq!(reason(changed), Some(expected));
        }
        let missing = NoShowFacts { is_report_missing: true, are_absentees_missing: true, gives_up: true, ..facts() };
        assert_eq!(NoShowGate::of(&missing), NoShowGate::Open);
    }

    #[test]
    fn r19_lists_that_were_fetched_early_need_a_second_look() {
        let early = NoShowFacts { fetched_at: at(79), ..facts() };
        assert_eq!(NoShowGate::of(&early), NoShowGate::NeedsSecondLook);
        assert_eq!(NoShowGate::of(&NoShowFacts { is_stable: true, ..early }), NoShowGate::Open);
        assert_eq!(NoShowGate::of(&NoShowFacts { fetched_at: at(80), ..facts() }), NoShowGate::Open);
    }

    proptest! {
        #[test]
        fn r19_no_one_is_set_to_no_show_before_the_planned_end_or_during_a_session(
            now in 0i64..200, planned in 0i64..200, last in 0i64..200, delay in 0i64..60,
            flags in any::<(bool, bool, bool, bool, bool)>(),
        ) {
            let (is_under_way, is_report_missing, are_absentees_missing, is_stable, gives_up) = flags;
            let delay = SignedDuration::from_mins(delay);
            let gate = NoShowGate::of(&NoShowFacts {
                now: at(now), planned_end: at(planned), last_end: Some(at(last)), is_under_way, is_report_missing,
                are_absentees_missing, fetched_at: at(now), is_stable, delay, gives_up,
            });
            if gate == NoShowGate::Open {
                prop_assert!(now >= planned && at(now) >= at(last) + delay && !is_under_way);
            }
        }
    }
}
