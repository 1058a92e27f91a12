//! Decides which of the sessions that were read count (R13).

use crate::matching::{RegistrantIndex, SessionScan};
use crate::roster::load_registrants;
use crate::rules::no_show::REPORT_COMPLETE_AFTER;
use crate::rules::own_side::OwnSide;
use crate::rules::sessions::{KnownSession, ReadState};
use crate::state::AppState;
use crate::store::checkpoint::{List, Page, ParticipantRow, RunError, RunState, SessionProgress, for_each_page};
use domain::Error;
use domain::records::{ProgramConnection, SessionVerdict};
use zoom_client::{ZoomClient, ZoomError};

/// Scope of the list of panelists.
const PANELISTS_SCOPE: &str = "webinar:read:list_panelists:admin";

/// Decides on the sessions of one run.
pub(super) struct Judge<'r> {
    pub(super) state: &'r AppState,
    pub(super) connection: &'r ProgramConnection,
    pub(super) zoom: &'r ZoomClient,
    /// Whether Zoom's lists are no longer expected to change.
    pub(super) gives_up: bool,
}

impl Judge<'_> {
    /// Decides which of the sessions that were read count.
    pub(super) async fn decide(
        &self,
        run_state: &mut RunState,
        registrants: &mut Option<RegistrantIndex>,
    ) -> Result<(), RunError> {
        let is_new = |session: &SessionProgress| session.facts.is_none() && session.has_report();
        let is_decided = |session: &SessionProgress| session.is_unready || !is_new(session);
        if !run_state.sessions.iter().all(is_decided) {
            let registrants = match registrants {
                Some(registrants) => registrants,
                None => registrants.insert(load_registrants(self.state, self.connection.program, run_state).await?),
            };
            let own_side = self.own_side(run_state).await?;
            for session in run_state.sessions.iter_mut().filter(|session| !is_decided(session)) {
                self.scan(session, registrants, &own_side).await?;
            }
        }
        let Some(plans) = &run_state.plans else { return Ok(()) };
        let nearest = plans.nearest(&read_states(run_state));
        for (index, session) in run_state.sessions.iter_mut().enumerate() {
            session.verdict = Some(match &session.facts {
                _ if session.is_unready => SessionVerdict::NoReport,
                Some(facts) => plans.verdict(run_state.tier, &session.known, facts, nearest == Some(index)),
                None => SessionVerdict::OtherTime,
            });
        }
        let is_own_side = |session: &&SessionProgress| session.verdict == Some(SessionVerdict::OwnSideOnly);
        let own = run_state.sessions.iter().filter(is_own_side);
        // A report that shows nobody else may still be short.
        let are_complete =
            own.clone().filter_map(SessionProgress::end).all(|end| end + REPORT_COMPLETE_AFTER <= self.state.now());
        let own = own.filter_map(|session| Some((&session.known, session.facts.as_ref()?)));
        let counts = run_state.sessions.iter().any(SessionProgress::counts);
        if !counts && are_complete && plans.was_held_without_attendees(own) {
            for session in run_state.sessions.iter_mut() {
                if session.verdict == Some(SessionVerdict::OwnSideOnly) {
                    session.verdict = Some(SessionVerdict::WithoutAttendees);
                }
            }
        }
        Ok(())
    }

    /// Reads what a report shows of its session.
    async fn scan(
        &self,
        session: &mut SessionProgress,
        registrants: &RegistrantIndex,
        own_side: &OwnSide,
    ) -> Result<(), RunError> {
        let Some(progress) = session.report else { return Ok(()) };
        let mut scan = SessionScan::new(registrants, own_side);
        let (mut rows, mut first_total, mut last_total) = (0, None, None);
        for_each_page(progress.pages(self.state, self.connection.program, List::Report), |page: &Page<_>| {
            rows += page.fetched;
            first_total = first_total.or(page.total);
            // The last page has the latest total of a growing report.
            last_total = page.total.or(last_total);
            page.rows.iter().for_each(|row: &ParticipantRow| scan.add(row));
        })
        .await?;
        // Rows are missing, or were added during the fetch.
        let is_incomplete = last_total.is_some_and(|total| rows < total) || first_total != last_total;
        if is_incomplete && !self.gives_up {
            session.is_unready = true;
            return Ok(());
        }
        let mut facts = scan.finish();
        if session.known.end.is_none() {
            // Rows may end before the session: those of the last people may be missing, or lack their ends.
            let end = self.zoom.session_end(&session.known.uuid).await;
            facts.end = facts.end.max(end.ok().flatten());
        }
        (session.rows, session.facts) = (rows, Some(facts));
        Ok(())
    }

    /// Returns the webinar's own side. Reads the panelists the first time.
    async fn own_side(&self, run_state: &mut RunState) -> Result<OwnSide, Error> {
        let mut own_side = run_state.own_side.clone().unwrap_or_default();
        if run_state.are_panelists_read {
            return Ok(own_side);
        }
        let panelists = match self.zoom.panelists(self.connection.snapshot.id).await {
            Ok(panelists) => Some(panelists),
            Err(ZoomError::Api(error)) => {
                if error.is_missing_scope() {
                    run_state.missing_scope = Some(PANELISTS_SCOPE.to_owned());
                }
                None
            }
            Err(error) => return Err(error.into()),
        };
        own_side.add_panelists(panelists);
        (run_state.own_side, run_state.are_panelists_read) = (Some(own_side.clone()), true);
        Ok(own_side)
    }
}

fn read_states(run_state: &RunState) -> Vec<(&KnownSession, ReadState)> {
    run_state.sessions.iter().map(|session| (&session.known, session.read_state())).collect()
}

/// Returns the sessions of the tier whose reports were not read.
pub(super) fn unread(run_state: &RunState) -> Vec<usize> {
    let plans = run_state.plans.as_ref();
    plans.map(|plans| plans.to_read(run_state.tier, &read_states(run_state))).unwrap_or_default()
}
