//! Checkpoints: the pages that a program's run has fetched, and how far the run has come. A large webinar takes longer
//! than one run may last, and a run may be killed between any two calls: a stored page is not fetched again, and the
//! order of the stored pages is the order in which people are written to Marketo.
//!
//! | module | contents |
//! |---|---|
//! | [`rows`] | the rows that pages consist of |
//! | [`page`] | writes, reads and deletes pages |
//! | [`run_state`] | the progress of fetching and writing |

mod page;
mod rows;
mod run_state;

pub(crate) use page::{CONCURRENT_PAGES, List, Page, PageStore, RunError, for_each_page, for_each_row};
pub(crate) use rows::{MatchedLead, MemberRow, MemberStanding, ParticipantRow, PresenceRow, RegistrantRow, Row};
pub(crate) use run_state::{
    FetchProgress, LeadPresence, ListProgress, PENDING_PAGES, ReportKind, RunState, RunStateKey, Step,
};

use domain::ProgramId;

/// The kinds of records under `attendance:{program}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RecordKind {
    /// The program's attendance.
    Attendance,
    /// The progress of its runs.
    RunState,
    /// A page of presences, which outlasts the run.
    Presences,
    /// Any other page.
    Page,
}

/// Parses a key under `attendance:`. Returns `None` for one that names no program.
pub(crate) fn parse_key(key: &str) -> Option<(ProgramId, RecordKind)> {
    let mut parts = key.split(':').skip(1);
    let program = parts.next()?.parse().ok()?;
    let kind = match parts.next() {
        None => RecordKind::Attendance,
        Some("work") => RecordKind::RunState,
        Some(list) if list == List::Presences.name() => RecordKind::Presences,
        Some(_) => RecordKind::Page,
    };
    Some((program, kind))
}
