//! Which rows of a report are final. Pure.

use domain::time;
use zoom_client::reports::Participant;

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
    use serde_json::json;

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
