//! Deletes ledger entries and failure records of webinars that ended long ago (docs/STATE.md).

use crate::state::AppState;
use crate::store::failures;
use anyhow::Context;
use domain::records::{FailureKey, ProgramConnection, RegistrationKey};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ProgramId, WebinarId};

/// How long records are kept after the end of their webinar, for late attendance and for the admin's questions.
const RETENTION: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How long ledger entries are kept whose webinar no program is connected to, so that its end is unknown. People
/// register half a year ahead at most.
const UNCONNECTED_RETENTION: SignedDuration = SignedDuration::from_hours(210 * 24);

/// The minute of each hour in which the sweep runs.
const MINUTE: i64 = 0;

/// Sweeps once an hour, until the deadline. `registrations` and `failures`: the keys of these kinds.
pub async fn sweep(
    state: &AppState,
    registrations: &[RegistrationKey],
    failures: &[FailureKey],
    deadline: Timestamp,
) -> anyhow::Result<()> {
    let now = state.ports.clock.now();
    if now.as_second().rem_euclid(3600) / 60 != MINUTE {
        return Ok(());
    }
    let ends = webinar_ends(state).await.context("reading when webinars end")?;
    let mut swept = 0;
    for key in registrations {
        if state.ports.clock.now() >= deadline {
            break;
        }
        let ends = ends.iter().filter(|(_, webinar, _)| *webinar == key.webinar).map(|(_, _, end)| *end);
        let is_old = match ends.max() {
            Some(end) => end + RETENTION < now,
            None => {
                let entry = state.ports.store().get_readable(key).await.context("reading a ledger entry to sweep")?;
                entry.is_some_and(|entry| entry.at + UNCONNECTED_RETENTION < now)
            }
        };
        if is_old {
            state.ports.store().delete(key).await.context("deleting a ledger entry")?;
            swept += 1;
        }
    }
    for failure in failures::read_all(state, failures).await.context("reading failures to sweep")? {
        let end = ends.iter().find(|(program, _, _)| *program == failure.program).map(|(_, _, end)| *end);
        if end.unwrap_or(failure.since) + RETENTION < now {
            failures::delete(state, failure.program, failure.lead).await.context("deleting a failure")?;
            swept += 1;
        }
    }
    if swept > 0 {
        platform::log!(Info, "registration.swept", count = swept);
    }
    Ok(())
}

/// Returns the connected programs with their webinars and the ends of these.
async fn webinar_ends(state: &AppState) -> Result<Vec<(ProgramId, WebinarId, Timestamp)>, Error> {
    let connections = state.ports.connections().all().await?;
    let end =
        |connection: &ProgramConnection| (connection.program, connection.snapshot.id, connection.snapshot.end_time());
    Ok(connections.iter().map(end).collect())
}
