//! The progress of a program's runs. One record, written after each page or batch, so that a run that is killed repeats
//! at most one of either.

use super::page::PageStore;
use super::progress::{FetchProgress, ListProgress, SessionProgress};
use crate::person::Presence;
use crate::rules::own_side::OwnSide;
use crate::rules::sessions::{Plans, Tier};
use crate::state::AppState;
use domain::first_version;
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
    /// Stores when each attendee was present.
    Presences,
    /// Waits until No Show may be set (R19).
    NoShowGate,
    /// Sets members who did not attend.
    NoShowMembers,
    /// Sets registrants who did not attend and match no member.
    NoShowNonMembers,
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
    /// The planned times that decide which sessions count; `None` before the fetch has begun.
    pub(crate) plans: Option<Plans>,
    /// Which of the sessions are considered.
    pub(crate) tier: Tier,
    /// The sessions that Zoom knows (R13).
    pub(crate) sessions: Vec<SessionProgress>,
    /// The webinar's own side; `None` before it was read.
    pub(crate) own_side: Option<OwnSide>,
    /// Whether the own side has the panelists, as far as they can be read.
    #[serde(default)]
    pub(crate) are_panelists_read: bool,
    /// Whether the webinar takes registrations.
    pub(crate) has_registration: bool,
    /// The scope that reading the own side lacks.
    #[serde(default)]
    pub(crate) missing_scope: Option<String>,
    /// The generation of the next list.
    next_generation: u32,
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
    /// When the lists were complete.
    #[serde(default)]
    pub(crate) fetched_at: Option<Timestamp>,
    /// Whether registrants on neither of Zoom's lists count as absent, since no late row is awaited any more.
    pub(crate) is_final: bool,
    /// The code with which Marketo refused the custom fields.
    #[serde(default)]
    pub(crate) fields_refused: Option<u32>,
    /// The code with which Marketo rejected people because of their lead partition.
    #[serde(default)]
    pub(crate) partition_refused: Option<u32>,
    /// The counts so far.
    pub(crate) counts: Counts,
    /// When the run began.
    #[serde(default)]
    pub(crate) began_at: Option<Timestamp>,
    /// The ends of sessions that were known then: [`Attendance::ended_changes`].
    #[serde(default)]
    pub(crate) ended_changes: u32,
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
        let mut new = Self::without_lists(webinar);
        new.lists = FetchProgress { registrants: new.new_list(), denied: new.new_list(), members: new.new_list() };
        new
    }

    fn without_lists(webinar: WebinarId) -> Self {
        Self {
            v: Self::VERSION,
            webinar,
            plans: None,
            tier: Tier::Current,
            sessions: Vec::new(),
            own_side: None,
            are_panelists_read: false,
            has_registration: true,
            missing_scope: None,
            next_generation: 0,
            fetched_at: None,
            report_kind: ReportKind::Report,
            lists: FetchProgress::default(),
            step: Step::Fetch,
            position: 0,
            leads: Vec::new(),
            pending_page: None,
            matched_pages: 0,
            is_final: false,
            fields_refused: None,
            partition_refused: None,
            counts: Counts::default(),
            began_at: None,
            ended_changes: 0,
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
        if is_old || run_state.ended_changes != record.ended_changes {
            run_state = run_state.restarted();
        }
        run_state.began_at.get_or_insert(state.now());
        run_state.ended_changes = record.ended_changes;
        Ok(run_state)
    }

    /// Returns the state of a run that starts from the beginning. Each list gets a new generation, because the pages of
    /// the current one are deleted later.
    pub(crate) fn restarted(self) -> Self {
        let mut new = Self {
            stale: self.stale,
            presences: self.presences,
            checkpoints: self.checkpoints,
            next_generation: self.next_generation,
            ..Self::without_lists(self.webinar)
        };
        // Once a fetch has begun, more pages may be stored than are counted.
        if self.plans.is_some() {
            let of = |list, progress: ListProgress| {
                let ListProgress { generation, pages, .. } = progress;
                StalePages { list, generation, pages }
            };
            let reports = self.sessions.iter().filter_map(|session| Some(of(List::Report, session.report?)));
            let absentees = self.sessions.iter().filter_map(|session| Some(of(List::Absentees, session.absentees?)));
            new.stale.extend(reports.chain(absentees));
            new.stale.extend(self.lists.all().map(|(list, progress)| of(list, progress)));
            let generation = self.lists.members.generation;
            new.stale.extend([
                StalePages { list: List::MatchedLeads, generation, pages: self.matched_pages },
                StalePages { list: List::PendingLookups, generation, pages: PENDING_PAGES },
            ]);
        }
        new.lists = FetchProgress { registrants: new.new_list(), denied: new.new_list(), members: new.new_list() };
        new
    }

    /// Returns the progress of a list that was not fetched yet.
    pub(crate) fn new_list(&mut self) -> ListProgress {
        let generation = self.next_generation;
        self.next_generation += 1;
        ListProgress { generation, ..ListProgress::default() }
    }

    /// Restarts one list after its page token expired. Returns `None` after [`MAX_RESTARTS`]: the cause is then another
    /// one.
    pub(crate) fn restart_list(&mut self, list: List, progress: ListProgress) -> Option<ListProgress> {
        self.restarts += 1;
        self.stale.push(StalePages { list, generation: progress.generation, pages: progress.pages });
        (self.restarts <= MAX_RESTARTS).then(|| self.new_list())
    }

    /// Returns the number of rows of all lists that could not be read (R22).
    pub(crate) fn unreadable_rows(&self) -> usize {
        let of_sessions = self.sessions.iter().flat_map(|session| session.report.into_iter().chain(session.absentees));
        let shared = self.lists.all().map(|(_, progress)| progress);
        of_sessions.chain(shared).map(|progress| progress.unreadable).sum()
    }

    /// Returns the pages of a list and their number; `None` if the list does not exist. [`Self::session_pages`] returns
    /// those of the sessions.
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
        progress.pages(state, program, list)
    }

    /// Returns the reports or the absentees of the sessions that count.
    pub(crate) fn session_pages<'a>(
        &self,
        state: &'a AppState,
        program: ProgramId,
        list: List,
    ) -> Vec<(PageStore<'a>, u32)> {
        let progress = |session: &SessionProgress| match list {
            List::Absentees => session.absentees,
            _ => session.report,
        };
        let counting = self.sessions.iter().filter(|session| session.counts());
        counting.filter_map(|session| progress(session)?.pages(state, program, list)).collect()
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
