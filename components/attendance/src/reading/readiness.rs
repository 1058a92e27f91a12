//! Whether a page of the report can be trusted yet. Pure.

use domain::time::Timestamp;
use zoom_client::reports::Participant;

/// Whether a row was read too early: a duration of 0 means that (zoom.md section 2), unless somebody left in the second
/// in which they came. The waiting room has no duration.
pub(super) fn is_unfinished(row: &Participant) -> bool {
    let time = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
    let fleeting = matches!((time(&row.join_time), time(&row.leave_time)), (Some(from), Some(to)) if from == to);
    row.duration == 0 && !fleeting && row.status.as_deref() != Some("in_waiting_room")
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
    fn a_row_that_was_read_too_early_is_not_trusted() {
        assert!(!unfinished(60, "in_meeting", "2026-11-02T10:01:00Z"));
        assert!(unfinished(0, "in_meeting", "2026-11-02T10:01:00Z"));
        assert!(unfinished(0, "in_meeting", ""));
    }

    #[test]
    fn a_duration_of_nothing_may_be_true() {
        assert!(!unfinished(0, "in_meeting", "2026-11-02T10:00:00Z"));
        assert!(!unfinished(0, "in_waiting_room", "2026-11-02T10:01:00Z"));
    }
}
