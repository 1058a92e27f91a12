//! Selects the sessions of the webinar that count (R13), and fetches their reports and absentees, the webinar's
//! registrants, and the program's members.

use super::list_reader::{ListOutcome, ListReader};
use super::situation::Situation;
use super::sources::{Absentees, ListSource, Members, NotReady, Registrants, Report, unfollowable};
use super::verdicts::{Judge, unread};
use crate::matching::RegistrantIndex;
use crate::rules::no_show::REPORT_COMPLETE_AFTER;
use crate::rules::own_side::OwnSide;
use crate::rules::sessions::Origin;
use crate::state::AppState;
use crate::store::checkpoint::{
    List, ListProgress, Page, PageStore, ParticipantRow, ReportKind, RunError, RunState, SessionProgress, for_each_page,
};
use domain::records::{Attendance, ProgramConnection};
use domain::time::Timestamp;
use futures::join;
use marketo_client::MarketoClient;
use zoom_client::ZoomClient;
use zoom_client::registrants::RegistrantStatus;

/// Fetches what one run needs. Its clients stop retrying at the deadline.
pub(crate) struct ReportFetcher<'r> {
    state: &'r AppState,
    connection: &'r ProgramConnection,
    zoom: &'r ZoomClient,
    marketo: &'r MarketoClient,
    reader: ListReader<'r>,
    /// Whether Zoom's lists are no longer expected to change.
    pub(crate) gives_up: bool,
    /// Whether the fetch ends if the reports have the rows of the last complete run.
    pub(crate) stops_if_unchanged: bool,
}

/// The result of a fetch.
#[derive(Debug)]
pub(crate) enum FetchOutcome {
    /// No session counts yet.
    NoSession,
    /// The reports have the rows of the last complete run.
    Unchanged,
    /// Time ran out.
    OutOfTime,
    /// All lists are stored. Has the index of the registrants if this run loaded it.
    Complete(Option<RegistrantIndex>),
}

/// The result of fetching the reports of a tier.
enum ReportsOutcome {
    OutOfTime,
    Unchanged,
    Complete,
}

impl<'r> ReportFetcher<'r> {
    pub(crate) fn new(
        state: &'r AppState,
        connection: &'r ProgramConnection,
        zoom: &'r ZoomClient,
        marketo: &'r MarketoClient,
        deadline: Timestamp,
    ) -> Self {
        let reader = ListReader::new(state, connection.program, deadline);
        Self { state, connection, zoom, marketo, reader, gives_up: false, stops_if_unchanged: false }
    }

    /// Fetches from where the last run left off, and saves the progress in the run state, also after an error.
    ///
    /// # Errors
    /// Errors of Zoom, Marketo and the store. Zoom's "not found" is an outcome (R14).
    pub(crate) async fn fetch(&self, run_state: &mut RunState, record: &Attendance) -> Result<FetchOutcome, RunError> {
        let outcome = self.fetch_all(run_state, record).await;
        run_state.checkpoints += self.reader.take_checkpoints();
        run_state.save(self.state, self.connection.program).await?;
        outcome
    }

    async fn fetch_all(&self, run_state: &mut RunState, record: &Attendance) -> Result<FetchOutcome, RunError> {
        let mut registrants = None;
        loop {
            match self.fetch_reports(run_state, record).await? {
                ReportsOutcome::OutOfTime => return Ok(FetchOutcome::OutOfTime),
                ReportsOutcome::Unchanged => return Ok(FetchOutcome::Unchanged),
                ReportsOutcome::Complete => {}
            }
            let Self { state, connection, zoom, gives_up, .. } = *self;
            Judge { state, connection, zoom, gives_up }.decide(run_state, &mut registrants).await?;
            if run_state.sessions.iter().any(SessionProgress::counts) {
                break;
            }
            if !self.advance_tier(run_state) {
                return Ok(FetchOutcome::NoSession);
            }
        }
        Ok(match self.fetch_other_lists(run_state).await? {
            true => {
                run_state.fetched_at.get_or_insert(self.state.now());
                FetchOutcome::Complete(registrants)
            }
            false => FetchOutcome::OutOfTime,
        })
    }

    /// Begins a fetch with what Zoom shows of the webinar.
    pub(crate) async fn begin(&self, run_state: &mut RunState, situation: &Situation) -> Result<(), RunError> {
        run_state.own_side = Some(OwnSide::new(situation.hosts.iter().cloned(), situation.has_registration));
        run_state.has_registration = situation.has_registration;
        run_state.plans = Some(situation.plans.clone());
        run_state.sessions = situation.sessions.iter().cloned().map(SessionProgress::new).collect();
        // Saved before pages are stored, so that the pages belong to these sessions even after a crash.
        Ok(run_state.save(self.state, self.connection.program).await?)
    }

    /// Continues with the sessions of the next tier. Returns `false` if there is none yet.
    fn advance_tier(&self, run_state: &mut RunState) -> bool {
        // A session whose report is missing may still count.
        let is_undecided = run_state.sessions.iter().any(|session| session.is_unready);
        if is_undecided && !self.gives_up {
            return false;
        }
        // Of the nearest sessions, one is read after another.
        if !unread(run_state).is_empty() {
            return true;
        }
        let plans = run_state.plans.as_ref();
        match plans.and_then(|plans| plans.next_tier(run_state.tier, self.state.now())) {
            Some(tier) => run_state.tier = tier,
            None => return false,
        }
        true
    }

    /// Fetches the reports of the tier's sessions, and the registrants.
    async fn fetch_reports(&self, run_state: &mut RunState, record: &Attendance) -> Result<ReportsOutcome, RunError> {
        for index in unread(run_state) {
            run_state.sessions[index].report = Some(run_state.new_list());
        }
        // The first page alone usually shows whether a report is not ready or unchanged.
        let mut is_unchanged = self.stops_if_unchanged;
        for index in self.unfinished(run_state) {
            if run_state.sessions[index].report.is_some_and(|report| report.pages == 0) {
                is_unchanged &= self.fetch_first_page(run_state, record, index).await?;
            }
        }
        let is_any_read = run_state.sessions.iter().any(|session| session.has_report() && !session.is_unready);
        if is_unchanged && is_any_read {
            return Ok(ReportsOutcome::Unchanged);
        }
        if !is_any_read {
            return Ok(ReportsOutcome::Complete);
        }
        let (zoom, connection, status) = (self.zoom, self.connection, RegistrantStatus::Approved);
        let registrants = run_state.lists.registrants;
        let source = Registrants { zoom, connection, status };
        let has_registration = run_state.has_registration;
        let fetched = async {
            match has_registration {
                true => self.reader.read(source, registrants, false).await,
                false => Ok(ListOutcome::Fetched(registrants.absent())),
            }
        };
        let (reports, fetched) = join!(self.fetch_rest_of_reports(run_state), fetched);
        run_state.lists.registrants = self.progress(run_state, List::Registrants, registrants, fetched)?;
        let is_complete = reports? && run_state.lists.registrants.is_complete;
        Ok(if is_complete { ReportsOutcome::Complete } else { ReportsOutcome::OutOfTime })
    }

    /// Returns the sessions whose reports are to be fetched further.
    fn unfinished(&self, run_state: &RunState) -> Vec<usize> {
        let is_unfinished =
            |session: &SessionProgress| !session.is_unready && session.report.is_some_and(|report| !report.is_complete);
        let sessions = run_state.sessions.iter().enumerate();
        sessions.filter(|(_, session)| is_unfinished(session)).map(|(index, _)| index).collect()
    }

    /// Fetches the first page of a report. Returns whether the report has the rows of the last complete run; a report
    /// of one page is complete already, so comparing it would save nothing.
    async fn fetch_first_page(
        &self,
        run_state: &mut RunState,
        record: &Attendance,
        index: usize,
    ) -> Result<bool, RunError> {
        self.fetch_report(run_state, index, true).await?;
        let session = &run_state.sessions[index];
        let Some(progress) = session.report.filter(|report| report.pages > 0 && !report.is_complete) else {
            return Ok(false);
        };
        let known = record.sessions.iter().find(|known| known.uuid == session.known.uuid);
        let store = PageStore::new(self.state, self.connection.program, List::Report, progress.generation);
        let total = store.get::<ParticipantRow>(0).await?.and_then(|page| page.total);
        Ok(known.is_some_and(|known| total.is_some() && known.rows == total))
    }

    async fn fetch_rest_of_reports(&self, run_state: &mut RunState) -> Result<bool, RunError> {
        for index in self.unfinished(run_state) {
            self.fetch_report(run_state, index, false).await?;
        }
        Ok(self.unfinished(run_state).is_empty())
    }

    /// Fetches a report to its end, or only its first page.
    async fn fetch_report(&self, run_state: &mut RunState, index: usize, only_first: bool) -> Result<(), RunError> {
        let Some(before) = run_state.sessions[index].report else { return Ok(()) };
        let mut outcome = self.read_report(run_state, index, before, only_first).await;
        if matches!(outcome, Ok(ListOutcome::NotReady(NotReady::Forbidden))) {
            run_state.report_kind = ReportKind::PastParticipants;
            outcome = self.read_report(run_state, index, before, only_first).await;
        }
        if let Ok(ListOutcome::NotReady(reason)) = &outcome {
            let session = &mut run_state.sessions[index];
            if session.known.origin == Origin::Possible && *reason == NotReady::NoReport {
                session.report = Some(before.absent());
            } else {
                session.is_unready = true;
            }
            return Ok(());
        }
        run_state.sessions[index].report = Some(self.progress(run_state, List::Report, before, outcome)?);
        Ok(())
    }

    async fn read_report(
        &self,
        run_state: &RunState,
        index: usize,
        progress: ListProgress,
        only_first: bool,
    ) -> Result<ListOutcome, RunError> {
        let (zoom, instance) = (self.zoom, &run_state.sessions[index].known.uuid);
        let report = Report { zoom, instance, kind: run_state.report_kind, accepts_unfinished: self.gives_up };
        self.reader.read(report, progress, only_first).await
    }

    /// Returns the progress of a list after it was read.
    fn progress(
        &self,
        run_state: &mut RunState,
        list: List,
        before: ListProgress,
        outcome: Result<ListOutcome, RunError>,
    ) -> Result<ListProgress, RunError> {
        match outcome? {
            ListOutcome::Fetched(progress) => Ok(progress),
            ListOutcome::TokenExpired(progress) => {
                run_state.restart_list(list, progress).ok_or_else(|| unfollowable(list).into())
            }
            ListOutcome::NotReady(_) => Ok(before),
        }
    }

    /// Fetches the absentees of the sessions that count, the denied registrants, and the program's members. Returns
    /// whether all lists are complete.
    async fn fetch_other_lists(&self, run_state: &mut RunState) -> Result<bool, RunError> {
        for index in 0..run_state.sessions.len() {
            if run_state.sessions[index].counts() && run_state.sessions[index].absentees.is_none() {
                run_state.sessions[index].absentees = Some(run_state.new_list());
            }
        }
        let (zoom, connection, status) = (self.zoom, self.connection, RegistrantStatus::Denied);
        let (lists, has_registration) = (run_state.lists, run_state.has_registration);
        let denied = self.read_if(has_registration, Registrants { zoom, connection, status }, lists.denied);
        let members = self.reader.read(Members { marketo: self.marketo, connection }, lists.members, false);
        let (absentees, denied, members) = join!(self.fetch_absentees(run_state), denied, members);
        run_state.lists.denied = self.progress(run_state, List::Denied, lists.denied, denied)?;
        run_state.lists.members = self.progress(run_state, List::Members, lists.members, members)?;
        Ok(absentees? && run_state.lists.denied.is_complete && run_state.lists.members.is_complete)
    }

    async fn read_if<S: ListSource>(
        &self,
        is_wanted: bool,
        source: S,
        progress: ListProgress,
    ) -> Result<ListOutcome, RunError> {
        match is_wanted {
            true => self.reader.read(source, progress, false).await,
            false => Ok(ListOutcome::Fetched(progress.absent())),
        }
    }

    async fn fetch_absentees(&self, run_state: &mut RunState) -> Result<bool, RunError> {
        let mut is_complete = true;
        for index in 0..run_state.sessions.len() {
            let session = &run_state.sessions[index];
            let Some(before) = session.absentees.filter(|_| !session.are_absentees_missing) else { continue };
            // Right after the end, "not found" means "not yet" (docs/reference/zoom.md).
            let may_come = session.end().is_some_and(|end| self.state.now() < end + REPORT_COMPLETE_AFTER);
            let source = Absentees { zoom: self.zoom, instance: &session.known.uuid, may_come };
            let outcome = self.read_if(run_state.has_registration, source, before).await;
            if matches!(outcome, Ok(ListOutcome::NotReady(_))) {
                run_state.sessions[index].absentees = Some(before.absent());
                run_state.sessions[index].are_absentees_missing = true;
                continue;
            }
            let progress = self.progress(run_state, List::Absentees, before, outcome)?;
            run_state.sessions[index].absentees = Some(progress);
            is_complete &= progress.is_complete;
            if progress.is_complete && !progress.is_absent {
                let pages = progress.pages(self.state, self.connection.program, List::Absentees);
                let mut rows = 0;
                for_each_page(pages, |page: &Page<crate::store::checkpoint::RegistrantRow>| rows += page.fetched)
                    .await?;
                run_state.sessions[index].absentee_rows = rows;
            }
        }
        Ok(is_complete)
    }
}
