//! Compares webinars with Zoom (R18): at once those that are marked as changed, and twice an hour all that are ahead.

use crate::following::webinar::reconcile;
use crate::registering::target::{self, Target};
use crate::state::AppState;
use crate::store::{chosen_webinars, marks, reconciled};
use anyhow::Context;
use domain::records::ProgramConnection;
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, WebinarId};
use std::sync::Arc;

/// How often a webinar is compared that is not marked.
const INTERVAL: SignedDuration = SignedDuration::from_mins(30);

/// Minimum time left to start a webinar. A run that ends with less was cut off.
const MIN_TIME_LEFT: SignedDuration = SignedDuration::from_secs(5);

/// How long a comparison may last that is too long for a tick, as one of tens of thousands of registrants.
const LONG_RUN_TIMEOUT: SignedDuration = SignedDuration::from_mins(10);

/// Compares due webinars until the deadline. Returns the number of those that were completed.
pub async fn reconcile_due(state: &Arc<AppState>, deadline: Timestamp) -> anyhow::Result<u64> {
    let mut webinars = state.ports.connections().index().await.context("reading the connected webinars")?.webinars;
    let chosen = chosen_webinars::open(state).await.context("reading the chosen webinars")?;
    webinars.extend(chosen.iter().map(|(webinar, _)| *webinar));
    webinars.sort_unstable();
    webinars.dedup();
    let mut due = Vec::new();
    for webinar in webinars {
        let is_marked = marks::read(state, webinar).await.context("reading a mark")?.is_some();
        let last = reconciled::read(state, webinar).await.context("reading the last comparison")?;
        if last.as_ref().is_some_and(|last| reconciled::is_running(last, state.ports.clock.now())) {
            continue;
        }
        let last = last.map(|last| last.at);
        if is_marked || last.is_none_or(|at| at + INTERVAL <= state.ports.clock.now()) {
            due.push((!is_marked, last, webinar));
        }
    }
    if due.is_empty() {
        return Ok(0);
    }
    // Marked ones come first, then those that waited the longest.
    due.sort_unstable();
    let connections = state.ports.connections().all().await.context("reading the connections")?;
    let mut completed = 0;
    for (is_unmarked, _, webinar) in due {
        if state.ports.clock.now() + MIN_TIME_LEFT >= deadline {
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
            reconciled::write(state, webinar, &of_webinar, counts, problem).await.context("writing a comparison")?;
            continue;
        }
        let is_completed = reconcile(state, webinar, &of_webinar, deadline).await.is_ok();
        completed += u64::from(is_completed);
        if !is_completed && state.ports.clock.now() + MIN_TIME_LEFT >= deadline {
            state.ports.background.spawn(Box::pin(reconcile_long(state.clone(), webinar, of_webinar)));
        }
    }
    Ok(completed)
}

/// Returns the connection of a program whose flow step chose another webinar, as if it were connected to that one; `None` if
/// the webinar cannot be reached.
async fn connection_by_choice(
    state: &AppState,
    connection: &ProgramConnection,
    webinar: WebinarId,
) -> Result<Option<ProgramConnection>, Error> {
    match target::resolve(state, connection, Some(&webinar.to_string())).await {
        Ok(Target { service, webinar: snapshot }) => {
            Ok(Some(ProgramConnection { service, snapshot, ..connection.clone() }))
        }
        Err(error @ Error::Internal(_)) => Err(error),
        Err(error) => {
            platform::log!(Warn, "webinar.reconcile_failed", webinar = webinar, code = error.problem().code);
            Ok(None)
        }
    }
}

/// Compares a webinar for which a tick is too short. Others leave it alone meanwhile.
async fn reconcile_long(state: Arc<AppState>, webinar: WebinarId, connections: Vec<ProgramConnection>) {
    let until = state.ports.clock.now() + LONG_RUN_TIMEOUT;
    match reconciled::claim(&state, webinar, until).await {
        // The result is recorded and logged.
        Ok(true) => _ = reconcile(&state, webinar, &connections, until).await,
        Ok(false) => {}
        Err(error) => platform::log!(Warn, "webinar.reconcile_failed", webinar = webinar, code = error.problem().code),
    }
}

/// Returns whether a webinar is not over, and has registrants to compare.
fn is_ahead(connection: &ProgramConnection, now: Timestamp) -> bool {
    connection.snapshot.end_time() > now && connection.snapshot.registration.requires_registration()
}
