//! Selects the session of the webinar that counts, and fetches its report, its registrants and absentees, and the
//! program's members.

use super::list_reader::{ListOutcome, ListReader};
use super::selection::select_session;
use super::sources::{Absentees, Members, NotReady, Registrants, Report, unfollowable};
use crate::state::AppState;
use crate::store::checkpoint::{
    FetchProgress, List, ListProgress, PageStore, ParticipantRow, ReportKind, RunError, RunState,
};
use domain::Error;
use domain::ids::InstanceUuid;
use domain::records::ProgramConnection;
use domain::time::Timestamp;
use futures::join;
use marketo_client::MarketoClient;
use zoom_client::{ZoomClient, ZoomError};

/// Fetches what one run needs. Its clients stop retrying at the deadline.
pub(crate) struct ReportFetcher<'r> {
    state: &'r AppState,
    connection: &'r ProgramConnection,
    zoom: &'r ZoomClient,
    marketo: &'r MarketoClient,
    reader: ListReader<'r>,
    /// Whether rows without durations are accepted, because they will not improve.
    pub(crate) accepts_unfinished: bool,
    /// The number of rows at which the report is unchanged; `None` fetches it in any case.
    pub(crate) known_rows: Option<u64>,
}

/// The result of a fetch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum FetchOutcome {
    /// No session of the webinar is over.
    NoSession,
    /// There was a session, but Zoom has no report yet.
    NoReport,
    /// The report cannot be trusted yet.
    NotReady,
    /// The report is as long as it was at the last complete run.
    Unchanged,
    /// Time ran out.
    OutOfTime,
    /// All lists are stored.
    Complete,
}

/// Combines the outcomes of the lists.
struct Combined {
    outcome: FetchOutcome,
    error: Option<RunError>,
}

impl Combined {
    /// Adds the outcome of one list. Returns the list's progress.
    fn add(
        &mut self,
        run_state: &mut RunState,
        list: List,
        before: ListProgress,
        outcome: Result<ListOutcome, RunError>,
    ) -> ListProgress {
        let progress = match outcome {
            Ok(ListOutcome::Fetched(progress)) => progress,
            Ok(ListOutcome::TokenExpired(progress)) => match run_state.restart_list(list, progress) {
                Some(progress) => progress,
                None => {
                    self.error.get_or_insert(unfollowable(list).into());
                    return before;
                }
            },
            Ok(ListOutcome::NotReady(_)) => {
                self.outcome = FetchOutcome::NotReady;
                return before;
            }
            Err(error) => {
                self.error.get_or_insert(error);
                return before;
            }
        };
        if !progress.is_complete && self.outcome == FetchOutcome::Complete {
            self.outcome = FetchOutcome::OutOfTime;
        }
        progress
    }
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
        Self { state, connection, zoom, marketo, reader, accepts_unfinished: false, known_rows: None }
    }

    /// Fetches from where the last run left off, and saves the progress in the run state, also after an error.
    ///
    /// # Errors
    /// Errors of Zoom, Marketo and the store. Zoom's "not found" is an outcome (R14).
    pub(crate) async fn fetch(&self, run_state: &mut RunState) -> Result<FetchOutcome, RunError> {
        let outcome = self.fetch_session(run_state).await;
        run_state.checkpoints += self.reader.take_checkpoints();
        run_state.save(self.state, self.connection.program).await?;
        outcome
    }

    async fn fetch_session(&self, run_state: &mut RunState) -> Result<FetchOutcome, RunError> {
        if run_state.instance.is_none() {
            run_state.instance = self.session().await?;
            // Saved before its pages are stored, so that the pages belong to this session even after a crash.
            run_state.save(self.state, self.connection.program).await?;
        }
        let Some(instance) = run_state.instance.clone() else { return Ok(FetchOutcome::NoSession) };
        // The first page alone usually shows whether the report is not ready or unchanged.
        if run_state.lists.report.pages == 0
            && let Some(outcome) = self.fetch_first_page(run_state, &instance).await?
        {
            return Ok(outcome);
        }
        self.fetch_lists(run_state, &instance).await
    }

    /// Returns the session that counts, if one is over.
    async fn session(&self) -> Result<Option<InstanceUuid>, Error> {
        let snapshot = &self.connection.snapshot;
        let instances = match self.zoom.past_instances(snapshot.id).await {
            Ok(instances) => instances,
            Err(ZoomError::Api(error)) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let previous = self.connection.previous_starts.iter().copied();
        let planned: Vec<_> = std::iter::once(snapshot.start_time).chain(previous).collect();
        Ok(select_session(&instances.rows, &planned).map(|instance| instance.uuid.clone()))
    }

    /// Fetches the report's first page. Returns the outcome, or `None` if the lists are to be fetched.
    async fn fetch_first_page(
        &self,
        run_state: &mut RunState,
        instance: &InstanceUuid,
    ) -> Result<Option<FetchOutcome>, RunError> {
        let mut outcome = self.reader.read(self.report(run_state, instance), run_state.lists.report, true).await?;
        if matches!(outcome, ListOutcome::NotReady(NotReady::Forbidden)) {
            run_state.report_kind = ReportKind::PastParticipants;
            outcome = self.reader.read(self.report(run_state, instance), run_state.lists.report, true).await?;
        }
        run_state.lists.report = match outcome {
            ListOutcome::Fetched(progress) | ListOutcome::TokenExpired(progress) => progress,
            ListOutcome::NotReady(NotReady::Unfinished) => return Ok(Some(FetchOutcome::NotReady)),
            ListOutcome::NotReady(_) => return Ok(Some(FetchOutcome::NoReport)),
        };
        if run_state.lists.report.pages == 0 {
            return Ok(Some(FetchOutcome::OutOfTime));
        }
        // A report of one page is complete already, so comparing would save nothing.
        if self.known_rows.is_some() && !run_state.lists.report.is_complete {
            let generation = run_state.lists.report.generation;
            let store = PageStore::new(self.state, self.connection.program, List::Report, generation);
            let total = store.get::<ParticipantRow>(0).await?.and_then(|page| page.total);
            return Ok((total == self.known_rows).then_some(FetchOutcome::Unchanged));
        }
        Ok(None)
    }

    /// Fetches all lists concurrently. The pages of one list are sequential, because each has the token of the next.
    async fn fetch_lists(&self, run_state: &mut RunState, instance: &InstanceUuid) -> Result<FetchOutcome, RunError> {
        let lists = run_state.lists;
        let (zoom, connection, reader) = (self.zoom, self.connection, &self.reader);
        let has_registration = connection.snapshot.registration.requires_registration();
        let registrants = async {
            match has_registration {
                true => reader.read(Registrants { zoom, connection }, lists.registrants, false).await,
                false => Ok(ListOutcome::Fetched(lists.registrants.absent())),
            }
        };
        let absentees = async {
            match has_registration {
                true => reader.read(Absentees { zoom, instance }, lists.absentees, false).await,
                false => Ok(ListOutcome::Fetched(lists.absentees.absent())),
            }
        };
        let members = reader.read(Members { marketo: self.marketo, connection }, lists.members, false);
        let report = reader.read(self.report(run_state, instance), lists.report, false);
        let (report, registrants, absentees, members) = join!(report, registrants, absentees, members);
        let mut combined = Combined { outcome: FetchOutcome::Complete, error: None };
        run_state.lists = FetchProgress {
            report: combined.add(run_state, List::Report, lists.report, report),
            registrants: combined.add(run_state, List::Registrants, lists.registrants, registrants),
            absentees: combined.add(run_state, List::Absentees, lists.absentees, absentees),
            members: combined.add(run_state, List::Members, lists.members, members),
        };
        combined.error.map_or(Ok(combined.outcome), Err)
    }

    fn report<'a>(&'a self, run_state: &RunState, instance: &'a InstanceUuid) -> Report<'a> {
        let accepts_unfinished = self.accepts_unfinished;
        Report { zoom: self.zoom, instance, kind: run_state.report_kind, accepts_unfinished }
    }

    /// Returns whether the report has more rows than were fetched.
    pub(crate) async fn has_grown(&self, run_state: &RunState, rows: u64) -> Result<bool, Error> {
        let Some(instance) = &run_state.instance else { return Ok(false) };
        let page = self.report(run_state, instance).fetch(None).await?;
        Ok(page.total_records.unwrap_or(page.sent()) > rows)
    }
}
