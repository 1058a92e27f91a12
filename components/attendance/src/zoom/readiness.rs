//! Whether a report can be trusted yet. Pure.

use super::Report;
use crate::people::was_in;
use domain::time::Timestamp;
use zoom_client::reports::Participant;

/// Whether the report was read too early: rows are missing, or durations are not computed yet.
pub(super) fn is_unready(report: &Report) -> bool {
    let missing = report.total.is_some_and(|total| total != report.rows.len() as u64);
    missing || report.rows.iter().any(is_unfinished)
}

/// A duration of 0 means "read too early" (zoom.md section 2), unless somebody left in the second in which they came.
fn is_unfinished(row: &Participant) -> bool {
    let time = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
    let fleeting = matches!((time(&row.join_time), time(&row.leave_time)), (Some(from), Some(to)) if from == to);
    was_in(row) && row.duration == 0 && !fleeting
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn row(duration: i64, status: &str, leave: &str) -> Participant {
        let row =
            json!({"duration": duration, "status": status, "join_time": "2026-11-02T10:00:00Z", "leave_time": leave});
        serde_json::from_value(row).unwrap()
    }

    fn unready(rows: Vec<Participant>, total: Option<u64>) -> bool {
        is_unready(&Report::of_rows(rows, total))
    }

    #[test]
    fn a_report_read_too_early_is_not_trusted() {
        let whole = || row(60, "in_meeting", "2026-11-02T10:01:00Z");
        assert!(!unready(vec![whole()], Some(1)));
        assert!(!unready(vec![whole()], None));
        assert!(unready(vec![whole()], Some(2)));
        assert!(unready(vec![whole(), row(0, "in_meeting", "2026-11-02T10:01:00Z")], Some(2)));
        assert!(unready(vec![row(0, "in_meeting", "")], Some(1)));
    }

    #[test]
    fn a_duration_of_nothing_may_be_true() {
        assert!(!unready(vec![row(0, "in_meeting", "2026-11-02T10:00:00Z")], Some(1)));
        assert!(!unready(vec![row(0, "in_waiting_room", "2026-11-02T10:01:00Z")], Some(1)));
    }
}
