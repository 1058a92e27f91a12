//! Which session of a webinar counts (R13), and which rows of its report are final. Pure.

use domain::time::{self, SignedDuration, Timestamp};
use std::cmp::Reverse;
use zoom_client::reports::{Participant, PastInstance};

/// Returns the session that began nearest to one of the planned starts: the current one, or an earlier one that was
/// valid when people registered. Rehearsals and moved webinars leave further sessions. Of two equally near ones, the
/// later counts.
pub(super) fn select_session<'i>(instances: &'i [PastInstance], planned: &[Timestamp]) -> Option<&'i PastInstance> {
    let rank = |instance: &&PastInstance| {
        let start = instance.start();
        let distance = start.and_then(|start| distance(start, planned));
        // A session without a start is the last choice.
        (distance.is_none(), distance, Reverse(start))
    };
    instances.iter().min_by_key(rank)
}

fn distance(start: Timestamp, planned: &[Timestamp]) -> Option<SignedDuration> {
    planned.iter().map(|planned| start.duration_since(*planned).abs()).min()
}

/// Returns whether Zoom has not finished a row: its duration is 0 (docs/reference/zoom.md), although the participant
/// did not leave in the second of joining and was not in the waiting room, which has no duration. A row whose duration is
/// null or cannot be read stays so, and delays no others (R22).
pub(super) fn is_unfinished(row: &Participant) -> bool {
    let time = |text: &Option<String>| text.as_deref().and_then(time::parse);
    let is_fleeting = matches!((time(&row.join_time), time(&row.leave_time)), (Some(from), Some(to)) if from == to);
    row.duration == Some(0) && !is_fleeting && row.status.as_deref() != Some("in_waiting_room")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + 60 * minute).unwrap()
    }

    fn instance(start: Option<i64>) -> PastInstance {
        let uuid = start.map_or("unknown".to_owned(), |start| start.to_string());
        serde_json::from_value(json!({"uuid": uuid, "start_time": start.map(|start| at(start).to_string())})).unwrap()
    }

    fn chosen(starts: &[Option<i64>], planned: &[i64]) -> Option<String> {
        let instances: Vec<_> = starts.iter().map(|&start| instance(start)).collect();
        let planned: Vec<_> = planned.iter().map(|&minute| at(minute)).collect();
        select_session(&instances, &planned).map(|instance| instance.uuid.to_string())
    }

    #[test]
    fn r13_the_session_nearest_to_a_planned_start_counts() {
        for (starts, planned, expected) in [
            (&[][..], &[0][..], None),
            (&[Some(-3000), Some(-8)], &[0], Some("-8")),
            // Moved after people registered, but started at the earlier plan.
            (&[Some(-2880), Some(-1400)], &[0, -2870], Some("-2880")),
            (&[Some(-10), Some(10)], &[0], Some("10")),
            (&[None, Some(9000)], &[0], Some("9000")),
            (&[None], &[0], Some("unknown")),
        ] {
            assert_eq!(chosen(starts, planned).as_deref(), expected, "{starts:?} {planned:?}");
        }
    }

    proptest! {
        #[test]
        fn r13_no_other_session_is_nearer(
            starts in prop::collection::vec(-9000i64..9000, 1..6),
            planned in prop::collection::vec(-9000i64..9000, 1..4),
        ) {
            let near = |start: i64| planned.iter().map(|planned| (start - planned).abs()).min().unwrap();
            let some: Vec<_> = starts.iter().copied().map(Some).collect();
            let chosen: i64 = chosen(&some, &planned).unwrap().parse().unwrap();
            prop_assert!(starts.iter().all(|&start| near(chosen) <= near(start)));
        }
    }

    fn unfinished(duration: i64, status: &str, leave: &str) -> bool {
        let row =
            json!({"duration": duration, "status": status, "join_time": "2026-11-02T10:00:00Z", "leave_time": leave});
        is_unfinished(&serde_json::from_value(row).unwrap())
    }

    #[test]
    fn a_row_without_a_duration_is_unfinished() {
        assert!(!unfinished(60, "in_meeting", "2026-11-02T10:01:00Z"));
        assert!(unfinished(0, "in_meeting", "2026-11-02T10:01:00Z"));
        assert!(unfinished(0, "in_meeting", ""));
    }

    #[test]
    fn a_fleeting_visit_and_the_waiting_room_have_no_duration() {
        assert!(!unfinished(0, "in_meeting", "2026-11-02T10:00:00Z"));
        assert!(!unfinished(0, "in_waiting_room", "2026-11-02T10:01:00Z"));
    }
}
