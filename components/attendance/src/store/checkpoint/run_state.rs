//! The progress of a program's runs. One record, written after each page or batch, so that a run that is killed repeats
//! at most one of either.

use super::page::PageStore;
use crate::person::Presence;
use crate::state::AppState;
use domain::first_version;
use domain::ids::InstanceUuid;
use domain::records::{Attendance, CheckpointList as List, Counts, ProgramConnection, Record, RunStateKey, TypedKey};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, LeadId, ProgramId, WebinarId};
use serde::{Deserialize, Serialize};

/// How long fetched pages are used before they are fetched again, since people may have changed in Marketo. Several
/// hours, so that an outage of Zoom or Marketo does not discard them.
const MAX_AGE: SignedDuration = SignedDuration::from_hours(6);

/// Maximum number of list restarts in one run after a page token expired. A token lives for 15 minutes
/// (docs/reference/zoom.md).
const MAX_RESTARTS: u32 = 3;

/// The number of pages that alternate for pending lookups: the next one is written beside the one in use.
pub(crate) const PENDING_PAGES: u32 = 2;

/// Returns the key of the record.
pub(crate) const fn run_state_key(program: ProgramId) -> TypedKey<RunStateKey, RunState> {
    TypedKey::new(RunStateKey { program })
}

/// The steps of a run, in order. Attendees come before absentees, so that no attendee is taken for absent (R16).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    /// Fetches Zoom's lists and the program's members.
    Fetch,
    /// Sets members who attended.
    AttendedMembers,
    /// Sets attendees who match no member.
    AttendedNonMembers,
    /// Sets members who did not attend.
    NoShowMembers,
    /// Sets registrants who did not attend and match no member.
    NoShowNonMembers,
    /// Stores when each attendee was present.
    Presences,
}

/// The source of the participants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReportKind {
    /// The attendance report, which needs an admin's permission.
    Report,
    /// The past participants, for services without that permission.
    PastParticipants,
}

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
}

impl ListProgress {
    /// Returns the progress of a list that does not exist.
    pub(crate) const fn absent(self) -> Self {
        Self { is_complete: true, is_absent: true, ..self }
    }

    fn next_generation(self) -> Self {
        Self { generation: self.generation + 1, ..Self::default() }
    }
}

/// The progress of fetching all lists.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FetchProgress {
    pub(crate) report: ListProgress,
    pub(crate) registrants: ListProgress,
    pub(crate) absentees: ListProgress,
    pub(crate) members: ListProgress,
}

impl FetchProgress {
    fn all(&self) -> [(List, ListProgress); 4] {
        [
            (List::Report, self.report),
            (List::Registrants, self.registrants),
            (List::Absentees, self.absentees),
            (List::Members, self.members),
        ]
    }
}

/// Pages to delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct StalePages {
    list: List,
    generation: u32,
    pages: u32,
}

/// A lead and how long the person was in the webinar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LeadPresence {
    #[serde(rename = "l")]
    pub(crate) lead: LeadId,
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub(crate) presence: Option<Presence>,
}

/// The progress of a program's runs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RunState {
    v: u32,
    /// The webinar.
    pub(crate) webinar: WebinarId,
    /// The session whose attendance is fetched (R13).
    pub(crate) instance: Option<InstanceUuid>,
    /// The source of the participants.
    pub(crate) report_kind: ReportKind,
    /// The progress of fetching.
    pub(crate) lists: FetchProgress,
    /// The current step.
    pub(crate) step: Step,
    /// The number of people of the step that are processed.
    pub(crate) position: u64,
    /// Leads whose status is to be set, collected until they fill a batch.
    pub(crate) leads: Vec<LeadPresence>,
    /// The page with the pending lookups, one of [`PENDING_PAGES`].
    pub(crate) pending_page: Option<u32>,
    /// The number of pages of matched leads.
    pub(crate) matched_pages: u32,
    /// Whether registrants on neither of Zoom's lists count as absent, since no late row is awaited any more.
    pub(crate) is_final: bool,
    /// The counts so far.
    pub(crate) counts: Counts,
    /// When the run began.
    #[serde(default)]
    pub(crate) began_at: Option<Timestamp>,
    /// The end of the webinar that was known then.
    #[serde(default)]
    ended_at: Option<Timestamp>,
    /// The number of pages and batches done. A run that adds none has made no progress.
    pub(crate) checkpoints: u64,
    /// The number of list restarts after an expired page token.
    #[serde(default)]
    restarts: u32,
    stale: Vec<StalePages>,
    /// The pages of presences: generation and number.
    pub(crate) presences: Option<(u32, u32)>,
}

first_version!(RunState);

impl RunState {
    fn new(webinar: WebinarId) -> Self {
        Self {
            v: Self::VERSION,
            webinar,
            instance: None,
            report_kind: ReportKind::Report,
            lists: FetchProgress::default(),
            step: Step::Fetch,
            position: 0,
            leads: Vec::new(),
            pending_page: None,
            matched_pages: 0,
            is_final: false,
            counts: Counts::default(),
            began_at: None,
            ended_at: None,
            checkpoints: 0,
            restarts: 0,
            stale: Vec::new(),
            presences: None,
        }
    }

    /// Returns the stored state of a connection's webinar, or a new one. Restarts if the program was connected to
    /// another webinar, the webinar has ended once more, or the fetched pages are too old.
    pub(crate) async fn load(
        state: &AppState,
        connection: &ProgramConnection,
        record: &Attendance,
    ) -> Result<Self, Error> {
        let stored = state.store().get(&run_state_key(connection.program)).await?;
        let mut run_state = match stored {
            Some(stored) if stored.webinar == connection.snapshot.id => stored,
            Some(mut stored) => {
                if let Some((generation, pages)) = stored.presences.take() {
                    stored.stale.push(StalePages { list: List::Presences, generation, pages });
                }
                Self { webinar: connection.snapshot.id, ..stored.restarted() }
            }
            None => Self::new(connection.snapshot.id),
        };
        let is_old = run_state.began_at.is_some_and(|began_at| began_at + MAX_AGE < state.now());
        if is_old || run_state.ended_at != record.ended_at {
            run_state = run_state.restarted();
        }
        run_state.began_at.get_or_insert(state.now());
        run_state.ended_at = record.ended_at;
        Ok(run_state)
    }

    /// Returns the state of a run that starts from the beginning. Each list gets a new generation, because the pages of
    /// the current one are deleted later.
    pub(crate) fn restarted(self) -> Self {
        let mut new = Self {
            stale: self.stale,
            presences: self.presences,
            checkpoints: self.checkpoints,
            ..Self::new(self.webinar)
        };
        // Once a fetch has begun, more pages may be stored than are counted.
        if self.instance.is_some() {
            let generation = self.lists.members.generation;
            let lists = self.lists.all().map(|(list, ListProgress { generation, pages, .. })| StalePages {
                list,
                generation,
                pages,
            });
            let derived = [
                StalePages { list: List::MatchedLeads, generation, pages: self.matched_pages },
                StalePages { list: List::PendingLookups, generation, pages: PENDING_PAGES },
            ];
            new.stale.extend(lists.into_iter().chain(derived));
        }
        let FetchProgress { report, registrants, absentees, members } = self.lists;
        new.lists = FetchProgress {
            report: report.next_generation(),
            registrants: registrants.next_generation(),
            absentees: absentees.next_generation(),
            members: members.next_generation(),
        };
        new
    }

    /// Restarts one list after its page token expired. Returns `None` after [`MAX_RESTARTS`]: the cause is then another
    /// one.
    pub(crate) fn restart_list(&mut self, list: List, progress: ListProgress) -> Option<ListProgress> {
        self.restarts += 1;
        self.stale.push(StalePages { list, generation: progress.generation, pages: progress.pages });
        (self.restarts <= MAX_RESTARTS).then(|| progress.next_generation())
    }

    /// Returns the pages of a list and their number; `None` if the list does not exist.
    pub(crate) fn pages<'a>(
        &self,
        state: &'a AppState,
        program: ProgramId,
        list: List,
    ) -> Option<(PageStore<'a>, u32)> {
        let generation = self.lists.members.generation;
        match list {
            List::MatchedLeads => {
                return Some((PageStore::new(state, program, list, generation), self.matched_pages));
            }
            List::PendingLookups => return Some((PageStore::new(state, program, list, generation), PENDING_PAGES)),
            _ => {}
        }
        let (_, progress) = self.lists.all().into_iter().find(|(of, _)| *of == list)?;
        (!progress.is_absent).then(|| (PageStore::new(state, program, list, progress.generation), progress.pages))
    }

    /// Replaces the pages of presences and marks the earlier ones as stale.
    pub(crate) fn replace_presences(&mut self, generation: u32, pages: u32) {
        if let Some((generation, pages)) = self.presences.replace((generation, pages)) {
            self.stale.push(StalePages { list: List::Presences, generation, pages });
        }
    }

    /// Writes the record.
    pub(crate) async fn save(&self, state: &AppState, program: ProgramId) -> Result<(), Error> {
        Ok(state.store().put(&run_state_key(program), self).await?)
    }

    /// Deletes stale pages until the deadline. An interrupted deletion is repeated by the next run.
    pub(crate) async fn delete_stale_pages(
        &mut self,
        state: &AppState,
        program: ProgramId,
        deadline: Timestamp,
    ) -> Result<(), Error> {
        let mut has_changed = false;
        while let Some(stale) = self.stale.last() {
            if !PageStore::new(state, program, stale.list, stale.generation).clear(stale.pages, deadline).await? {
                break;
            }
            self.stale.pop();
            has_changed = true;
        }
        if has_changed { self.save(state, program).await } else { Ok(()) }
    }
}
