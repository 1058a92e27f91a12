//! How far a program's attendance is. Written by `attendance` alone.

use super::{Connection, VERSION};
use crate::code::Problem;
use crate::ids::{InstanceUuid, ProgramId, WebinarId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A program's attendance, for people and for the schedule. How far a reading or a writing is lies beside it, in
/// records of `attendance`'s own (its module `sheets`). Who was set to which status is in neither: Marketo's membership
/// is the ledger of that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attendance {
    /// Record version.
    pub v: u32,
    /// The program.
    pub program: ProgramId,
    /// The webinar whose attendance it is. A program that was connected to another one begins anew.
    pub webinar: WebinarId,
    /// The planned start by which it was judged. After "never started", another one begins anew.
    pub planned_start: Timestamp,
    /// Where it stands.
    pub phase: Phase,
    /// The run of the webinar that was read (R13).
    #[serde(default)]
    pub instance: Option<InstanceUuid>,
    /// When Zoom last told that the webinar ended.
    #[serde(default)]
    pub ended_at: Option<Timestamp>,
    /// When somebody last asked for it in vain.
    #[serde(default)]
    pub asked_at: Option<Timestamp>,
    /// When the tick looks at it next.
    #[serde(default)]
    pub next_at: Option<Timestamp>,
    /// How often the report was looked at since the webinar ended.
    #[serde(default)]
    pub looks: u32,
    /// How many runs failed in a row.
    #[serde(default)]
    pub failures: u32,
    /// When everybody was first accounted for; late rows are awaited from here on.
    #[serde(default)]
    pub written_at: Option<Timestamp>,
    /// How many rows the report had that everybody was accounted for by. A report of another size is read again.
    #[serde(default)]
    pub rows: Option<u64>,
    /// What was found.
    #[serde(default)]
    pub counts: Counts,
    /// What is wrong.
    #[serde(default)]
    pub problem: Option<Problem>,
}

impl Attendance {
    /// Nothing is known yet of the attendance of a connection's webinar.
    pub fn new(connection: &Connection) -> Self {
        Self {
            v: VERSION,
            program: connection.program,
            webinar: connection.snapshot.id,
            planned_start: connection.snapshot.start_time,
            phase: Phase::Waiting,
            instance: None,
            ended_at: None,
            asked_at: None,
            next_at: None,
            looks: 0,
            failures: 0,
            written_at: None,
            rows: None,
            counts: Counts::default(),
            problem: None,
        }
    }
}

/// The phases of DESIGN section 7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// The webinar is not over, or the report is not ready.
    Waiting,
    /// To be read by the next run.
    Due,
    /// Reading Zoom's report.
    Reading,
    /// Writing to Marketo.
    Writing,
    /// Written; read again until 24 hours later.
    Settling,
    /// Nothing more to do.
    Done,
    /// Ended with a problem.
    Failed,
}

/// Who works on attendance. One worker goes through all programs that are due: two at once could make two leads of one
/// person who was in both webinars, and Marketo's rate limit is one for all programs anyway. There is no compare-and-swap:
/// two that begin within the same few milliseconds could both believe that they are the one, which a second look makes
/// unlikely, not impossible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Record version.
    pub v: u32,
    /// A random number that tells workers apart.
    pub by: u32,
    /// The worker is dead or done after this.
    pub until: Timestamp,
}

/// When something last was: a webinar's end as Zoom told it, a tick, an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Record version.
    pub v: u32,
    /// When.
    pub at: Timestamp,
}

impl Moment {
    /// A moment.
    pub const fn new(at: Timestamp) -> Self {
        Self { v: VERSION, at }
    }
}

/// What was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// People of the program who were in the webinar.
    pub attended: usize,
    /// People of the program who were registered and did not come.
    pub no_show: usize,
    /// Made as new leads.
    pub new_leads: usize,
    /// People in the report with neither registrant id nor e-mail: counted, never guessed.
    pub unmatched: usize,
    /// Registrants whom Zoom lists neither as present nor as absent yet.
    pub unaccounted: usize,
    /// People whom Marketo did not take.
    pub refused: usize,
    /// Minutes that all attendees were present, each person's overlapping stays counted once.
    pub minutes: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_with_the_least_fields_is_read() {
        let text = r#"{"v":1,"program":"7","webinar":"9","planned_start":"2026-11-02T09:00:00Z","phase":"due"}"#;
        let record: Attendance = serde_json::from_str(text).unwrap();
        assert_eq!((record.phase, record.counts, record.rows), (Phase::Due, Counts::default(), None));
        assert_eq!(serde_json::from_str::<Attendance>(&serde_json::to_string(&record).unwrap()).unwrap(), record);
    }
}
