//! Whether Zoom's lists are unchanged since they were fetched (R19): a report may be short at first, and grow.

use super::situation::Situation;
use super::sources::Report;
use crate::store::checkpoint::{RunState, SessionProgress};
use domain::Error;
use zoom_client::{Page, ZoomClient, ZoomError};

/// Returns whether the plan and the sessions are those of the run, and the lists of the sessions that count, or may do so
/// with a longer report, have as many rows as were fetched.
pub(crate) async fn is_unchanged(
    zoom: &ZoomClient,
    run_state: &RunState,
    situation: &Situation,
    looks_at_lists: bool,
) -> Result<bool, Error> {
    if !has_same_sessions(run_state, situation) {
        return Ok(false);
    }
    if !looks_at_lists {
        return Ok(true);
    }
    for session in run_state.sessions.iter().filter(|session| session.report.is_some()) {
        if session.is_unready || !session.has_report() {
            // A report that is still missing is looked for.
            let report = report(zoom, run_state, session).fetch(None).await;
            if size(report)?.is_some() {
                return Ok(false);
            }
            continue;
        }
        if !session.may_count() {
            continue;
        }
        if size(report(zoom, run_state, session).fetch(None).await)? != Some(session.rows) {
            return Ok(false);
        }
        let has_absentees = session.absentees.is_some_and(|absentees| !absentees.is_absent);
        if session.are_absentees_missing || has_absentees {
            let absentees = size(zoom.absentees(&session.known.uuid, None).await)?;
            let known = if session.are_absentees_missing { None } else { Some(session.absentee_rows) };
            if absentees != known {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

fn has_same_sessions(run_state: &RunState, situation: &Situation) -> bool {
    let known = |uuid| run_state.sessions.iter().any(|session| session.known.uuid == uuid);
    run_state.plans.as_ref() == Some(&situation.plans)
        && situation.sessions.iter().all(|session| known(session.uuid.clone()))
}

fn report<'r>(zoom: &'r ZoomClient, run_state: &RunState, session: &'r SessionProgress) -> Report<'r> {
    Report { zoom, instance: &session.known.uuid, kind: run_state.report_kind, accepts_unfinished: true }
}

/// Returns the number of rows of a list according to its first page; `None` if there is no list.
fn size<T>(page: Result<Page<T>, ZoomError>) -> Result<Option<u64>, Error> {
    match page {
        Ok(page) => Ok(Some(page.total_records.unwrap_or(page.sent()))),
        Err(ZoomError::Api(error)) if error.is_not_found() => Ok(None),
        Err(error) => Err(error.into()),
    }
}
