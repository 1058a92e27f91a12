//! How far a program is, as our API shows it (DESIGN section 7).

use crate::schedule::Plan;
use domain::records::{Attendance, Connection, Counts, Phase};
use domain::time::Timestamp;
use domain::{Problem, ProgramId, WebinarId};
use serde::Serialize;

/// A program's attendance.
#[derive(Debug, Serialize)]
pub(crate) struct AttendanceView {
    program_id: ProgramId,
    webinar_id: WebinarId,
    phase: Phase,
    #[serde(flatten)]
    counts: Counts,
    /// When everybody was first accounted for.
    written_at: Option<Timestamp>,
    /// When the tick looks at it next.
    next_at: Option<Timestamp>,
    problem: Option<Problem>,
}

impl AttendanceView {
    pub(super) fn of(connection: &Connection, record: Attendance) -> Self {
        let next_at = Plan::of(connection, &record).next_at(&record);
        Self {
            program_id: record.program,
            webinar_id: record.webinar,
            phase: record.phase,
            counts: record.counts,
            written_at: record.written_at,
            next_at,
            problem: record.problem,
        }
    }
}
