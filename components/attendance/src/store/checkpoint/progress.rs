//! How far the lists of a run are fetched, and what the reports of its sessions show.

use super::page::{Page, PageStore};
use super::rows::Row;
use crate::rules::sessions::{KnownSession, ReadState, SessionFacts};
use crate::state::AppState;
use domain::ProgramId;
use domain::records::{CheckpointList as List, SessionVerdict};
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The progress of fetching one list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ListProgress {
    /// The generation of the stored pages. A restart begins a new one.
    pub(crate) generation: u32,
    /// The number of stored pages; there may be more.
    pub(crate) pages: u32,
    /// Whether the last page is among them.
    pub(crate) is_complete: bool,
    /// Whether the list does not exist.
    pub(crate) is_absent: bool,
    /// The number of rows of the stored pages that could not be read (R22).
    #[serde(default)]
    pub(crate) unreadable: usize,
}

impl ListProgress {
    /// Returns the progress after the page of a number, counted from one. A page that is read again counts once.
    pub(crate) fn with_page<R: Row>(self, number: u32, page: &Page<R>) -> Self {
        let is_new = number > self.pages;
        Self {
            pages: number,
            is_complete: page.next.is_none(),
            unreadable: self.unreadable + if is_new { page.unreadable } else { 0 },
            ..self
        }
    }

    /// Returns the progress of a list that does not exist.
    pub(crate) const fn absent(self) -> Self {
        Self { is_complete: true, is_absent: true, ..self }
    }

    /// Returns the stored pages and their number; `None` if the list does not exist.
    pub(crate) fn pages<'a>(self, state: &'a AppState, program: ProgramId, list: List) -> Option<(PageStore<'a>, u32)> {
        (!self.is_absent).then(|| (PageStore::new(state, program, list, self.generation), self.pages))
    }
}

/// The progress of fetching the lists that the sessions share.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FetchProgress {
    pub(crate) registrants: ListProgress,
    pub(crate) denied: ListProgress,
    pub(crate) members: ListProgress,
}

impl FetchProgress {
    pub(super) fn all(&self) -> [(List, ListProgress); 3] {
        [(List::Registrants, self.registrants), (List::Denied, self.denied), (List::Members, self.members)]
    }
}

/// A session of the webinar, and the progress of fetching its lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SessionProgress {
    pub(crate) known: KnownSession,
    /// The progress of fetching the report; `None` if no tier has needed it.
    #[serde(default)]
    pub(crate) report: Option<ListProgress>,
    /// Whether Zoom has no complete report.
    #[serde(default)]
    pub(crate) is_unready: bool,
    /// The number of rows of the report that were fetched.
    #[serde(default)]
    pub(crate) rows: u64,
    /// What the report shows.
    #[serde(default)]
    pub(crate) facts: Option<SessionFacts>,
    #[serde(default)]
    pub(crate) verdict: Option<SessionVerdict>,
    /// The progress of fetching the absentees of a session that counts.
    #[serde(default)]
    pub(crate) absentees: Option<ListProgress>,
    /// The number of absentees that were fetched.
    #[serde(default)]
    pub(crate) absentee_rows: u64,
    /// Whether Zoom did not list the absentees yet.
    #[serde(default)]
    pub(crate) are_absentees_missing: bool,
}

impl SessionProgress {
    pub(crate) const fn new(known: KnownSession) -> Self {
        Self {
            known,
            report: None,
            is_unready: false,
            rows: 0,
            facts: None,
            verdict: None,
            absentees: None,
            absentee_rows: 0,
            are_absentees_missing: false,
        }
    }

    /// Returns whether the report was fetched or is being fetched. What may be no session has none.
    pub(crate) fn has_report(&self) -> bool {
        self.report.is_some_and(|report| !report.is_absent)
    }

    /// Returns whether the report was read, and what it shows.
    pub(crate) fn read_state(&self) -> ReadState {
        match (self.report, self.facts) {
            (None, _) => ReadState::Unread,
            (Some(_), Some(facts)) if facts.attendees > 0 => ReadState::WithAttendees,
            (Some(_), _) => ReadState::WithoutAttendees,
        }
    }

    /// Returns whether the session counts (R13).
    pub(crate) fn counts(&self) -> bool {
        self.verdict.is_some_and(SessionVerdict::counts)
    }

    /// Returns whether the session counts, or does not because its report shows nobody besides the own side. It counts as
    /// soon as the report shows someone: a report may be short at first.
    pub(crate) fn may_count(&self) -> bool {
        self.counts() || self.verdict == Some(SessionVerdict::OwnSideOnly)
    }

    /// Returns when the session ended, as far as is known.
    pub(crate) fn end(&self) -> Option<Timestamp> {
        let reported = self.facts.and_then(|facts| facts.end.max(facts.start));
        self.known.end.into_iter().chain(reported).max().or(self.known.start)
    }
}
