//! Compares webinars with Zoom (R18): at once those that are marked as changed, and twice an hour all that are ahead.

use crate::copying::copier::MIN_CREATE_TIME;
use crate::following::budget::{self, MembershipBudget};
use crate::following::webinar::{Scope, reconcile};
use crate::registering::target::{self, Target};
use crate::state::AppState;
use crate::store::{chosen_webinars, marks, reconciled};
use anyhow::Context;
use domain::records::{ProgramConnection, RecordSource};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, WebinarId};
use platform::internal_api::JobReport;
use std::sync::Arc;

/// How often a webinar is compared that is not marked. The memberships are read as often unless that costs Marketo too much.
const INTERVAL: SignedDuration = budget::MIN_INTERVAL;

/// Minimum interval between two comparisons of a webinar that is not marked: one that failed is not repeated each minute.
const MIN_INTERVAL: SignedDuration = SignedDuration::from_mins(15);

/// Minimum time left to start a webinar. A run that ends with less was cut off.
const MIN_TIME_LEFT: SignedDuration = SignedDuration::from_secs(5);

/// How long a comparison may last that is too long for a tick, as one of tens of thousands of registrants.
const LONG_RUN_TIMEOUT: SignedDuration = SignedDuration::from_mins(10);

/// Compares due webinars until the deadline. Reports the number of those that were completed.
pub async fn reconcile_due(state: &Arc<AppState>, deadline: Timestamp) -> anyhow::Result<JobReport> {
    let mut webinars = state.ports.connections().index().await.context("reading the connected webinars")?.webinars;
    let chosen = chosen_webinars::open(state).await.context("reading the chosen webinars")?;
    webinars.extend(chosen.iter().map(|(webinar, _)| *webinar));
    webinars.sort_unstable();
    webinars.dedup();
    let (mut found, mut calls, now) = (Vec::new(), 0, state.ports.clock.now());
    for webinar in webinars {
        let mark = marks::read(state, webinar).await.context("reading a mark")?;
        let is_marked = mark.is_some_and(|mark| marks::is_due(&mark, now));
        let last = reconciled::read(state, webinar).await.context("reading the last comparison")?;
        calls = last.as_ref().map_or(1, |last| last.membership_calls).saturating_add(calls);
        found.push((webinar, is_marked, last));
    }
    let interval = MembershipBudget::of(calls).interval();
    let mut due = Vec::new();
    for (webinar, is_marked, last) in found {
        if last.as_ref().is_some_and(|last| reconciled::is_running(last, now)) {
            continue;
        }
        let memberships_at = last.as_ref().and_then(|last| last.memberships_at);
        let scope = if is_past(memberships_at, interval, now) { Scope::Memberships } else { Scope::Lists };
        let last = last.map(|last| last.at);
        let interval = if scope == Scope::Memberships { MIN_INTERVAL } else { INTERVAL };
        if is_marked || is_past(last, interval, now) {
            due.push((!is_marked, last, webinar, scope));
        }
    }
    let mut report = JobReport::default();
    if due.is_empty() {
        return Ok(report);
    }
    // Marked ones come first, then those that waited the longest.
    due.sort_unstable_by_key(|&(is_unmarked, last, webinar, _)| (is_unmarked, last, webinar));
    let connections = state.ports.connections().all().await.context("reading the connections")?;
    for (is_unmarked, _, webinar, scope) in due {
        if state.ports.clock.now() + MIN_TIME_LEFT >= deadline {
            report.is_left = true;
            break;
        }
        let mut of_webinar: Vec<_> =
            connections.iter().filter(|connection| connection.snapshot.id == webinar).cloned().collect();
        for (_, program) in chosen.iter().filter(|(choice, _)| *choice == webinar) {
            let other = connections.iter().find(|other| other.program == *program && other.snapshot.id != webinar);
            if let Some(other) = other {
                of_webinar.extend(connection_by_choice(state, other, webinar).await.context("reading a connection")?);
            }
        }
        // Nothing reaches Zoom through a service that is gone, and its account gets no new records (R17).
        if !reconciled::is_connected(state, &of_webinar).await.context("reading the services")? {
            continue;
        }
        if is_unmarked && !of_webinar.iter().any(|connection| is_ahead(connection, state.ports.clock.now())) {
            // Nothing can change for it any more. The record keeps the next ticks from looking again.
            let last = reconciled::read(state, webinar).await.context("reading the last comparison")?;
            let (counts, problem) = last.map(|last| (last.counts, last.problem)).unwrap_or_default();
            reconciled::write(state, webinar, &of_webinar, counts, problem, None)
                .await
                .context("writing a comparison")?;
            continue;
        }
        // What a copy left over, it had less time for than it needs.
        let (is_completed, needed) = match reconcile(state, webinar, &of_webinar, scope, deadline).await {
            Ok(comparison) => (comparison.is_complete(), MIN_CREATE_TIME),
            Err(_) => (false, MIN_TIME_LEFT),
        };
        report.done += u64::from(is_completed);
        if !is_completed && state.ports.clock.now() + needed >= deadline {
            report.is_left = true;
            state.ports.background.spawn(Box::pin(reconcile_long(state.clone(), webinar, of_webinar, scope)));
        }
    }
    Ok(report)
}

/// Returns whether an interval has passed since an instant, or there is none.
fn is_past(at: Option<Timestamp>, interval: SignedDuration, now: Timestamp) -> bool {
    at.is_none_or(|at| at + interval <= now)
}

/// Returns the connection of a program whose flow step chose another webinar, as if it were connected to that one; `None` if
/// the webinar cannot be reached.
async fn connection_by_choice(
    state: &AppState,
    connection: &ProgramConnection,
    webinar: WebinarId,
) -> Result<Option<ProgramConnection>, Error> {
    match target::resolve(state, connection, Some(&webinar.to_string())).await {
        Ok(Target { source: RecordSource { service, account: account_id }, webinar: snapshot }) => {
            Ok(Some(ProgramConnection { service, account_id, snapshot, ..connection.clone() }))
        }
        Err(error @ Error::Internal(_)) => Err(error),
        Err(error) => {
            platform::log!(Warn, "webinar.reconcile_failed", webinar = webinar, code = error.problem().code);
            Ok(None)
        }
    }
}

/// Compares a webinar for which a tick is too short. Others leave it alone meanwhile.
async fn reconcile_long(state: Arc<AppState>, webinar: WebinarId, connections: Vec<ProgramConnection>, scope: Scope) {
    let until = state.ports.clock.now() + LONG_RUN_TIMEOUT;
    match reconciled::claim(&state, webinar, until).await {
        // The result is recorded and logged.
        Ok(true) => _ = reconcile(&state, webinar, &connections, scope, until).await,
        Ok(false) => {}
        Err(error) => platform::log!(Warn, "webinar.reconcile_failed", webinar = webinar, code = error.problem().code),
    }
}

/// Returns whether a webinar is not over, and has registrants to compare.
fn is_ahead(connection: &ProgramConnection, now: Timestamp) -> bool {
    connection.snapshot.end_time() > now && connection.snapshot.registration.requires_registration()
}
