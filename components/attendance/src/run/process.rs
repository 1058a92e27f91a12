//! What a run does: fetches the lists, writes Attended, waits until No Show may be set (R19), and writes No Show.

use super::outcome::RunOutcome;
use super::service_status;
use crate::fetch::{FetchOutcome, ReportFetcher, Situation, is_unchanged};
use crate::matching::RegistrantIndex;
use crate::roster::Roster;
use crate::rules::no_show::{NoShowFacts, NoShowGate, REPORT_COMPLETE_AFTER};
use crate::rules::sessions::Origin;
use crate::schedule::Schedule;
use crate::state::AppState;
use crate::store::checkpoint::{RunError, RunState, SessionProgress, Step};
use crate::write::{AttendanceWriter, Progress};
use domain::records::{Attendance, Counts, NoShowReason, NoShowWait, ProgramConnection, SessionRecord, SessionVerdict};
use domain::time::{SignedDuration, Timestamp};
use domain::{ErrorCode, Problem};
use zoom_client::ZoomClient;

/// Minimum interval between two looks at Zoom's lists. A longer one would delay the answer to a sync; slower growth is
/// found by the next polls, and the default delay of No Show lasts until the report is complete.
const SECOND_LOOK_DELAY: SignedDuration = SignedDuration::from_secs(3);

/// One run of one program.
pub(super) struct Run<'r> {
    pub(super) state: &'r AppState,
    pub(super) connection: &'r ProgramConnection,
    pub(super) deadline: Timestamp,
    /// Whether an admin asked for the run.
    pub(super) is_requested: bool,
}

/// What Zoom showed in this run.
struct Look {
    situation: Situation,
    /// Whether the lists are unchanged since an earlier run fetched them.
    is_stable: bool,
}

/// The result of fetching.
enum Fetched {
    /// The run ends here.
    Ends(RunOutcome),
    /// All lists are there.
    Complete(Look, Option<RegistrantIndex>),
}

impl Run<'_> {
    /// Continues with the current step and executes the remaining ones, as far as time allows.
    pub(super) async fn process(
        &self,
        record: &mut Attendance,
        run_state: &mut RunState,
    ) -> Result<RunOutcome, RunError> {
        let Self { state, connection, deadline, .. } = *self;
        service_status::require_usable(state, connection).await?;
        run_state.delete_stale_pages(state, connection.program, deadline).await?;
        let zoom = state.zoom(&connection.service, deadline);
        let marketo = state.marketo(deadline);
        let mut look = None;
        if run_state.step == Step::NoShowGate {
            look = self.resume(&zoom, record, run_state).await?;
        }
        let mut registrants = None;
        if run_state.step == Step::Fetch {
            match self.fetch(&zoom, &marketo, record, run_state).await? {
                Fetched::Ends(outcome) => return Ok(outcome),
                Fetched::Complete(fetched, index) => (look, registrants) = (Some(fetched), index),
            }
        }
        if !state.has_time(deadline) {
            return Ok(RunOutcome::OutOfTime);
        }
        copy_sessions(record, run_state);
        let roster = Roster::load(state, connection, run_state, registrants).await?;
        let mut writer = AttendanceWriter::new(state, &marketo, connection, roster, run_state, deadline).await?;
        loop {
            match writer.write().await? {
                Progress::Complete => return Ok(RunOutcome::Complete { problem: writer.problem() }),
                Progress::OutOfTime => return Ok(RunOutcome::OutOfTime),
                Progress::AtNoShowGate => {}
            }
            if !state.has_time(deadline) {
                return Ok(RunOutcome::OutOfTime);
            }
            let look = match look.take() {
                Some(look) => look,
                None => Look { situation: Situation::read(state, connection, &zoom).await?, is_stable: false },
            };
            match self.pass_gate(&zoom, record, writer.run_state(), look).await? {
                None => writer.begin_no_show().await?,
                Some(wait) => return Ok(RunOutcome::AwaitsNoShow { wait, problem: writer.problem() }),
            }
        }
    }

    /// Looks whether Zoom shows the same as when the lists were fetched. Restarts the run if not, or if an admin asked
    /// for it.
    async fn resume(
        &self,
        zoom: &ZoomClient,
        record: &mut Attendance,
        run_state: &mut RunState,
    ) -> Result<Option<Look>, RunError> {
        let situation = Situation::read(self.state, self.connection, zoom).await?;
        record.planned_end = Some(situation.plans.current.end);
        let looks_at_lists = !is_surely_complete(run_state);
        if !self.is_requested && is_unchanged(zoom, run_state, &situation, looks_at_lists).await? {
            return Ok(Some(Look { situation, is_stable: looks_at_lists }));
        }
        *run_state = run_state.clone().restarted();
        run_state.began_at = Some(self.state.now());
        run_state.ended_changes = record.ended_changes;
        run_state.save(self.state, self.connection.program).await?;
        Ok(None)
    }

    /// Fetches the lists and decides whether they can be used.
    async fn fetch(
        &self,
        zoom: &ZoomClient,
        marketo: &marketo_client::MarketoClient,
        record: &mut Attendance,
        run_state: &mut RunState,
    ) -> Result<Fetched, RunError> {
        let Self { state, connection, deadline, .. } = *self;
        let situation = Situation::read(state, connection, zoom).await?;
        record.planned_end = Some(situation.plans.current.end);
        let schedule = Schedule::of(connection, record).with_end(situation.plans.current.end);
        let mut fetcher = ReportFetcher::new(state, connection, zoom, marketo, deadline);
        fetcher.gives_up = state.now() >= schedule.gives_up_at();
        // Unchanged reports are written again if people are left to write, if the last run waited before its end, or if an
        // admin asked for it.
        // Steps that make a status impossible do so again.
        let is_lasting = |problem: &Problem| problem.code == ErrorCode::MarketoStepBackwards;
        let is_settled = record.counts.unaccounted == 0
            && record.counts.refused == 0
            && record.no_show_wait.is_none()
            && record.problem.as_ref().is_none_or(is_lasting);
        fetcher.stops_if_unchanged = record.written_at.is_some() && is_settled && !self.is_requested;
        if run_state.plans.is_none() {
            fetcher.begin(run_state, &situation).await?;
        }
        let outcome = fetcher.fetch(run_state, record).await?;
        if matches!(outcome, FetchOutcome::NoSession) {
            copy_sessions(record, run_state);
        }
        let registrants = match outcome {
            FetchOutcome::OutOfTime => return Ok(Fetched::Ends(RunOutcome::OutOfTime)),
            FetchOutcome::Unchanged => return Ok(Fetched::Ends(RunOutcome::Unchanged)),
            FetchOutcome::NoSession => {
                return Ok(Fetched::Ends(match () {
                    () if record.written_at.is_some() => RunOutcome::ReportGone,
                    () if fetcher.gives_up => RunOutcome::NeverStarted,
                    () => {
                        let is_awaited = run_state.sessions.iter().any(|session| session.is_unready);
                        let next_at = schedule.next_poll(record.polls, is_awaited, state.now());
                        RunOutcome::NotReady { next_at }
                    }
                }));
            }
            FetchOutcome::Complete(registrants) => registrants,
        };
        let is_settled_at = |written_at| state.now() >= schedule.settled_at(written_at);
        run_state.is_final = fetcher.gives_up || record.written_at.is_some_and(is_settled_at);
        let unreadable_rows = run_state.unreadable_rows();
        run_state.counts = Counts { new_leads: record.counts.new_leads, unreadable_rows, ..Counts::default() };
        Ok(Fetched::Complete(Look { situation, is_stable: false }, registrants))
    }

    /// Decides whether No Show may be set (R19). Returns what it waits for if not.
    async fn pass_gate(
        &self,
        zoom: &ZoomClient,
        record: &mut Attendance,
        run_state: &RunState,
        look: Look,
    ) -> Result<Option<NoShowWait>, RunError> {
        let Self { state, connection, .. } = *self;
        record.planned_end = Some(look.situation.plans.current.end);
        let schedule = Schedule::of(connection, record).with_end(look.situation.plans.current.end);
        let counting = || run_state.sessions.iter().filter(|session| session.counts());
        let facts = NoShowFacts {
            now: state.now(),
            planned_end: look.situation.plans.current.end,
            last_end: last_end(run_state).filter(|_| counting().next().is_some()),
            is_under_way: look.situation.is_under_way,
            is_report_missing: run_state.sessions.iter().any(|session| session.is_unready),
            are_absentees_missing: counting().any(|session| session.are_absentees_missing),
            fetched_at: run_state.fetched_at.unwrap_or(state.now()),
            is_stable: look.is_stable,
            delay: SignedDuration::from_mins(i64::from(connection.no_show_after_minutes)),
            gives_up: state.now() >= schedule.gives_up_at(),
        };
        match NoShowGate::of(&facts) {
            NoShowGate::Open => Ok(None),
            NoShowGate::Closed(wait) => Ok(Some(wait)),
            NoShowGate::NeedsSecondLook => {
                let earliest = facts.fetched_at + SECOND_LOOK_DELAY;
                if state.now() < earliest {
                    state.ports.clock.sleep(earliest.duration_since(state.now())).await;
                }
                let situation = Situation::read(state, connection, zoom).await?;
                let is_unchanged = is_unchanged(zoom, run_state, &situation, true).await?;
                let is_open = is_unchanged && !situation.is_under_way;
                let wait = NoShowWait { reason: NoShowReason::ReportIncomplete, until: None };
                Ok((!is_open).then_some(wait))
            }
        }
    }
}

/// Returns whether the lists were fetched when Zoom's reports were complete.
fn is_surely_complete(run_state: &RunState) -> bool {
    let is_missing = run_state.sessions.iter().any(|session| session.is_unready || session.are_absentees_missing);
    let is_late = |last_end| run_state.fetched_at.is_some_and(|at| at >= last_end + REPORT_COMPLETE_AFTER);
    !is_missing && last_end(run_state).is_some_and(is_late)
}

/// Returns the end of the last session that counts, or may do so with a longer report.
fn last_end(run_state: &RunState) -> Option<Timestamp> {
    run_state.sessions.iter().filter(|session| session.may_count()).filter_map(SessionProgress::end).max()
}

/// Copies the sessions and their verdicts into the record.
fn copy_sessions(record: &mut Attendance, run_state: &RunState) {
    // What may be a session is one if there is a report.
    let is_session = |session: &&SessionProgress| match session.report {
        Some(report) => !report.is_absent,
        None => session.known.origin != Origin::Possible,
    };
    record.sessions = run_state
        .sessions
        .iter()
        .filter(is_session)
        .map(|session| SessionRecord {
            uuid: session.known.uuid.clone(),
            start_time: session.known.start.or_else(|| session.facts.and_then(|facts| facts.start)),
            attendees: session.facts.map_or(0, |facts| facts.attendees),
            rows: session.facts.map(|_| session.rows),
            verdict: session.verdict.unwrap_or(SessionVerdict::OtherTime),
        })
        .collect();
    record.sessions.sort_by_key(|session| session.start_time);
    record.missing_scope.clone_from(&run_state.missing_scope);
}
