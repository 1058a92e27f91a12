//! How far a program is, as our API shows it (DESIGN section 7).

use crate::schedule::Plan;
use domain::records::{Attendance, Connection, Phase};
use domain::time::Timestamp;
use domain::{Problem, ProgramId, WebinarId};
use serde::Serialize;

/// A program's attendance.
#[derive(Debug, Serialize)]
pub(crate) struct AttendanceView {
    program_id: ProgramId,
    webinar_id: WebinarId,
    phase: Phase,
    attended: usize,
    no_show: usize,
    new_leads: usize,
    /// People in the report of whom only a name is known.
    unmatched: usize,
    /// Registrants whom Zoom lists neither as present nor as absent yet.
    unaccounted: usize,
    /// People whom Marketo did not take.
    refused: usize,
    /// Minutes that all attendees were present.
    minutes: i64,
    /// When everybody was first accounted for.
    written_at: Option<Timestamp>,
    /// When the tick looks at it next.
    next_at: Option<Timestamp>,
    problem: Option<Problem>,
}

impl AttendanceView {
    pub(super) fn of(connection: &Connection, record: Attendance) -> Self {
        let counts = record.counts;
        let next_at = Plan::of(connection, &record).next_at(&record);
        Self {
            program_id: record.program,
            webinar_id: record.webinar,
            phase: record.phase,
            attended: counts.attended,
            no_show: counts.no_show,
            new_leads: counts.new_leads,
            unmatched: counts.unmatched,
            unaccounted: counts.unaccounted,
            refused: counts.refused,
            minutes: counts.minutes,
            written_at: record.written_at,
            next_at,
            problem: record.problem,
        }
    }
}
