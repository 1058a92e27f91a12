//! The progress of a program's attendance. Only `attendance` writes these records.

use super::program::ProgramConnection;
use super::record::Record;
use crate::error_code::Problem;
use crate::first_version;
use crate::ids::{InstanceUuid, ProgramId, WebinarId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A program's attendance, as shown to people and used by the schedule.
///
/// The checkpoints of a run are separate records of `attendance`. Statuses that were set are in neither: Marketo's
/// program membership is their ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attendance {
    /// Record version.
    pub v: u32,
    /// The program.
    pub program: ProgramId,
    /// The webinar. A program that is connected to another one starts over.
    pub webinar: WebinarId,
    /// The planned start that the result is based on. After "never started", a changed start starts over.
    pub planned_start: Timestamp,
    /// The phase.
    pub phase: Phase,
    /// The webinar instance that was read (R13).
    #[serde(default)]
    pub instance: Option<InstanceUuid>,
    /// When Zoom last reported the end of the webinar.
    #[serde(default)]
    pub ended_at: Option<Timestamp>,
    /// When a sync was last requested while the worker was busy.
    #[serde(default)]
    pub sync_requested_at: Option<Timestamp>,
    /// When the next run is due.
    #[serde(default)]
    pub next_at: Option<Timestamp>,
    /// Number of times that the report was polled since the webinar ended.
    #[serde(default)]
    pub polls: u32,
    /// Number of consecutive failed runs.
    #[serde(default)]
    pub failures: u32,
    /// When all people were first written; the wait for late rows starts here.
    #[serde(default)]
    pub written_at: Option<Timestamp>,
    /// Number of rows of the report that was written. A report of another size is written again.
    #[serde(default)]
    pub rows: Option<u64>,
    /// The counts.
    #[serde(default)]
    pub counts: Counts,
    /// The present problem.
    #[serde(default)]
    pub problem: Option<Problem>,
}

first_version!(Attendance);

impl Attendance {
    /// Creates the record of a connection whose webinar was not read yet.
    pub fn new(connection: &ProgramConnection) -> Self {
        Self {
            v: Self::VERSION,
            program: connection.program,
            webinar: connection.snapshot.id,
            planned_start: connection.snapshot.start_time,
            phase: Phase::Waiting,
            instance: None,
            ended_at: None,
            sync_requested_at: None,
            next_at: None,
            polls: 0,
            failures: 0,
            written_at: None,
            rows: None,
            counts: Counts::default(),
            problem: None,
        }
    }
}

/// The phase of a program's attendance (docs/API.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Waits for the end of the webinar or for Zoom's report.
    Waiting,
    /// The next run reads it.
    Due,
    /// A run reads Zoom's report.
    Reading,
    /// A run writes to Marketo.
    Writing,
    /// Written; late rows are read until 24 hours later.
    Settling,
    /// Complete.
    Done,
    /// Ended with a problem.
    Failed,
}

/// Counts of people, shown in the console.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// People of the program who attended.
    pub attended: usize,
    /// People of the program who registered and did not attend.
    pub no_show: usize,
    /// People created as new leads.
    pub new_leads: usize,
    /// People in the report with neither registrant id nor e-mail address.
    pub unmatched: usize,
    /// Registrants that Zoom lists neither as participants nor as absentees yet.
    pub unaccounted: usize,
    /// People that Marketo refused.
    pub refused: usize,
    /// Rows of Zoom's and Marketo's lists that could not be read (R22).
    pub unreadable_rows: usize,
    /// Total minutes of presence; overlapping intervals of one person count once.
    pub minutes: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_with_required_fields_only_is_read() {
        let text = r#"{"v":1,"program":"7","webinar":"9","planned_start":"2026-11-02T09:00:00Z","phase":"due"}"#;
        let record: Attendance = serde_json::from_str(text).unwrap();
        assert_eq!((record.phase, record.counts, record.rows), (Phase::Due, Counts::default(), None));
        assert_eq!(serde_json::from_str::<Attendance>(&serde_json::to_string(&record).unwrap()).unwrap(), record);
    }
}
