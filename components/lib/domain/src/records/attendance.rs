//! The progress of a program's attendance. Only `attendance` writes these records.

use super::program::ProgramConnection;
use super::record::Record;
use super::source::RecordSource;
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
    /// The planned end according to Zoom at the last run.
    #[serde(default)]
    pub planned_end: Option<Timestamp>,
    /// The sessions that Zoom knows, at most [`MAX_SESSIONS`], with the verdict on each (R13).
    #[serde(default)]
    pub sessions: Vec<SessionRecord>,
    /// Why No Show is not set yet, and when it will be (R19). `None` before the first run and after No Show was set.
    #[serde(default)]
    pub no_show_wait: Option<NoShowWait>,
    /// The scope without which hosts and panelists are recognized less well (R11).
    #[serde(default)]
    pub missing_scope: Option<String>,
    /// When Zoom last reported the end of the webinar.
    #[serde(default)]
    pub ended_at: Option<Timestamp>,
    /// The value of [`EndedSessions::changes`] that was merged.
    #[serde(default)]
    pub ended_changes: u32,
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
    /// The counts.
    #[serde(default)]
    pub counts: Counts,
    /// The present problem.
    #[serde(default)]
    pub problem: Option<Problem>,
    /// The service of the webinar, by which its account is known (R17); `None` in records of earlier builds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<RecordSource>,
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
            planned_end: None,
            sessions: Vec::new(),
            no_show_wait: None,
            missing_scope: None,
            ended_at: None,
            ended_changes: 0,
            sync_requested_at: None,
            next_at: None,
            polls: 0,
            failures: 0,
            written_at: None,
            counts: Counts::default(),
            problem: None,
            source: Some(connection.into()),
        }
    }
}

/// The phase of a program's attendance (docs/API.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Waits for the end of the webinar, for Zoom's report, or for the time to set No Show (R19).
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

/// Maximum number of sessions that a record keeps.
pub const MAX_SESSIONS: usize = 20;

/// A session of a webinar: one time that it was started and ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRecord {
    /// The UUID.
    pub uuid: InstanceUuid,
    /// When it started, if known.
    #[serde(default)]
    pub start_time: Option<Timestamp>,
    /// Number of people in it who do not belong to the webinar's own side.
    #[serde(default)]
    pub attendees: usize,
    /// Number of rows of its report. A report of another size is written again.
    #[serde(default)]
    pub rows: Option<u64>,
    /// Whether it counts, and why.
    pub verdict: SessionVerdict,
}

/// Whether a session counts, and why (R13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionVerdict {
    /// Counts: it took place at the planned time.
    Planned,
    /// Counts: it took place at an earlier planned time, and no session at the current one.
    EarlierPlan,
    /// Counts: no session took place at a planned time, and this one is the nearest with attendees.
    Nearest,
    /// Counts: it took place at the planned time, and no one came.
    WithoutAttendees,
    /// Does not count: only the webinar's own side was in it.
    OwnSideOnly,
    /// Does not count: it did not take place at the planned time.
    OtherTime,
    /// Is not decided: Zoom has no complete report of it yet.
    NoReport,
}

impl SessionVerdict {
    /// Returns whether the session counts.
    pub const fn counts(self) -> bool {
        matches!(self, Self::Planned | Self::EarlierPlan | Self::Nearest | Self::WithoutAttendees)
    }

    /// Returns the reason as a sentence.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Planned => "It took place at the planned time.",
            Self::EarlierPlan => "It took place at an earlier planned time, and no session at the current one.",
            Self::Nearest => "No session took place at a planned time; this one is the nearest with attendees.",
            Self::WithoutAttendees => "It took place at the planned time, and no one came.",
            Self::OwnSideOnly => "Only the host, alternative hosts or panelists were in it.",
            Self::OtherTime => "It did not take place at the planned time.",
            Self::NoReport => "Zoom has no complete report of it yet.",
        }
    }
}

/// Why No Show is not set yet (R19).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoShowWait {
    /// The reason.
    pub reason: NoShowReason,
    /// When No Show will be set, if nothing else delays it.
    #[serde(default)]
    pub until: Option<Timestamp>,
}

/// A reason why No Show is not set yet (R19).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoShowReason {
    /// No session counts.
    NoSession,
    /// The planned end is ahead.
    NotOver,
    /// A session is under way.
    UnderWay,
    /// The report of a session is missing or may still grow.
    ReportIncomplete,
    /// Zoom does not list the absentees yet.
    AbsenteesMissing,
    /// The time that the connection's setting asks for has not passed.
    Delay,
}

impl NoShowReason {
    /// Returns the reason as a sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::NoSession => "No session of the webinar counts yet.",
            Self::NotOver => "The planned end of the webinar has not passed.",
            Self::UnderWay => "A session of the webinar is under way.",
            Self::ReportIncomplete => "Zoom's report is not complete yet.",
            Self::AbsenteesMissing => "Zoom does not list the absentees yet.",
            Self::Delay => "The connection's delay after the end of the webinar has not passed.",
        }
    }
}

/// The sessions whose end Zoom reported, as hints: Zoom's list of sessions may lack them for a while (R13).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedSessions {
    /// Record version.
    pub v: u32,
    /// The latest end.
    pub at: Timestamp,
    /// Number of ends that were reported, without repeated events.
    #[serde(default)]
    pub changes: u32,
    /// The sessions, the latest report last; at most [`MAX_SESSIONS`].
    #[serde(default)]
    pub sessions: Vec<EndedSession>,
}

/// A session whose end Zoom reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedSession {
    /// The UUID.
    pub uuid: InstanceUuid,
    /// When it ended.
    pub at: Timestamp,
    /// Whether it may have been a practice session, which has no report.
    #[serde(default)]
    pub may_be_practice: bool,
}

/// The session whose start Zoom reported last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartedSession {
    /// Record version.
    pub v: u32,
    /// The UUID.
    pub uuid: InstanceUuid,
    /// When it started.
    pub at: Timestamp,
}

first_version!(EndedSessions, StartedSession);

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
    /// People whose status the channel's steps make impossible (R16).
    pub step_backwards: usize,
    /// Members whose registration was cancelled or denied.
    pub cancelled: usize,
    /// Members in status Registered who were never registered in Zoom.
    pub never_registered: usize,
    /// Attendees that Zoom knows by an address that is not registered.
    pub without_registration: usize,
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
        assert_eq!((record.phase, record.counts, record.sessions.len()), (Phase::Due, Counts::default(), 0));
        assert_eq!(serde_json::from_str::<Attendance>(&serde_json::to_string(&record).unwrap()).unwrap(), record);
    }
}
