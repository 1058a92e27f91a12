//! The last comparison of each webinar's registrants (R18).

use crate::state::AppState;
use domain::records::{Reconciled, ReconciledKey, ReconciliationCounts, Record};
use domain::time::Timestamp;
use domain::{Error, Problem, WebinarId};

/// Reads the last comparison of a webinar. Logs and skips an unreadable record.
pub async fn read(state: &AppState, webinar: WebinarId) -> Result<Option<Reconciled>, Error> {
    Ok(state.ports.store().get_readable(&ReconciledKey { webinar }).await?)
}

/// Writes a comparison that just ended.
pub async fn write(
    state: &AppState,
    webinar: WebinarId,
    counts: ReconciliationCounts,
    problem: Option<Problem>,
) -> Result<(), Error> {
    let at = state.ports.clock.now();
    let record = Reconciled { v: Reconciled::VERSION, at, counts, problem, running_until: None };
    Ok(state.ports.store().put(&ReconciledKey { webinar }, &record).await?)
}

/// Claims a webinar for a comparison until an instant. Returns `false` while another one runs. Two at once are harmless.
pub async fn claim(state: &AppState, webinar: WebinarId, until: Timestamp) -> Result<bool, Error> {
    let last = read(state, webinar).await?;
    if last.as_ref().is_some_and(|last| is_running(last, state.ports.clock.now())) {
        return Ok(false);
    }
    let (at, counts, problem) = last.map(|last| (last.at, last.counts, last.problem)).unwrap_or_default();
    let record = Reconciled { v: Reconciled::VERSION, at, counts, problem, running_until: Some(until) };
    state.ports.store().put(&ReconciledKey { webinar }, &record).await?;
    Ok(true)
}

/// Returns whether a comparison runs that is too long for a tick.
pub fn is_running(last: &Reconciled, now: Timestamp) -> bool {
    last.running_until.is_some_and(|until| now < until)
}
