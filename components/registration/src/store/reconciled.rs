//! The last comparison of each webinar's registrants (R18).

use crate::state::AppState;
use domain::records::{ProgramConnection, Reconciled, ReconciledKey, ReconciliationCounts, Record};
use domain::time::Timestamp;
use domain::{Error, Problem, WebinarId};
use platform::services;

/// Reads the last comparison of a webinar. Logs and skips an unreadable record.
pub async fn read(state: &AppState, webinar: WebinarId) -> Result<Option<Reconciled>, Error> {
    Ok(state.ports.store().get_readable(&ReconciledKey { webinar }).await?)
}

/// A comparison that read the memberships in Marketo.
#[derive(Debug, Clone, Copy, Default)]
pub struct MembershipsRead {
    /// When it began; `None` if it failed.
    pub at: Option<Timestamp>,
    /// Number of calls to read them, and to look up the addresses that this leads to.
    pub calls: u32,
    /// Number of registrants who cannot be copied; `None` if the copy is left over.
    pub uncopied: Option<usize>,
}

/// Writes a comparison that just ended.
///
/// `memberships`: what it read of them; `None` leaves what is known. The calls of one that failed are added to those of the
/// reading before, so that the budget sees them until the memberships are read again.
///
/// An account that removed the app keeps no record (R17): the removal may have ended the services while the comparison ran, and
/// may have deleted the records before this one is written.
pub async fn write(
    state: &AppState,
    webinar: WebinarId,
    connections: &[ProgramConnection],
    counts: ReconciliationCounts,
    problem: Option<Problem>,
    memberships: Option<MembershipsRead>,
) -> Result<(), Error> {
    if !is_connected(state, connections).await? {
        return Ok(());
    }
    let last = read(state, webinar).await?.map(|last| (last.memberships_at, last.membership_calls, last.uncopied));
    let (memberships_at, membership_calls, uncopied) = match (memberships, last.unwrap_or_default()) {
        (Some(MembershipsRead { at: None, calls, .. }), (at, before, uncopied)) => {
            (at, before.saturating_add(calls), uncopied)
        }
        (Some(MembershipsRead { at, calls, uncopied }), _) => (at, calls, uncopied.unwrap_or_default()),
        (None, last) => last,
    };
    let at = state.ports.clock.now();
    let v = Reconciled::VERSION;
    let source = connections.first().map(Into::into);
    let running_until = None;
    let record =
        Reconciled { v, at, counts, problem, running_until, memberships_at, membership_calls, uncopied, source };
    state.ports.store().put(&ReconciledKey { webinar }, &record).await?;
    if !is_connected(state, connections).await? {
        state.ports.store().delete(&ReconciledKey { webinar }).await?;
    }
    Ok(())
}

/// Returns whether one of the connections has a service that is not gone.
pub async fn is_connected(state: &AppState, connections: &[ProgramConnection]) -> Result<bool, Error> {
    for connection in connections {
        if !services::is_gone(state.ports.store(), &connection.service).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Claims a webinar for a comparison until an instant. Returns `false` while another one runs. Two at once are harmless.
pub async fn claim(state: &AppState, webinar: WebinarId, until: Timestamp) -> Result<bool, Error> {
    let last = read(state, webinar).await?;
    if last.as_ref().is_some_and(|last| is_running(last, state.ports.clock.now())) {
        return Ok(false);
    }
    let never = Reconciled {
        v: Reconciled::VERSION,
        at: Timestamp::default(),
        counts: ReconciliationCounts::default(),
        problem: None,
        running_until: None,
        memberships_at: None,
        membership_calls: 0,
        uncopied: 0,
        source: None,
    };
    let record = Reconciled { running_until: Some(until), ..last.unwrap_or(never) };
    state.ports.store().put(&ReconciledKey { webinar }, &record).await?;
    Ok(true)
}

/// Returns whether a comparison runs that is too long for a tick.
pub fn is_running(last: &Reconciled, now: Timestamp) -> bool {
    last.running_until.is_some_and(|until| now < until)
}
