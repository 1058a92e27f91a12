//! Deletes ledger entries and failure records of webinars that ended long ago (docs/STATE.md).

use crate::state::AppState;
use crate::store::{failures, ledger};
use domain::records::{ConnectedPrograms, ProgramKey, ProgramsKey};
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
    registrations: &[String],
    failures: &[String],
    deadline: Timestamp,
) -> Result<(), Error> {
    let now = state.ports.clock.now();
    if now.as_second().rem_euclid(3600) / 60 != MINUTE {
        return Ok(());
    }
    let ends = webinar_ends(state).await?;
    let mut swept = 0;
    for key in registrations.iter().filter_map(|key| ledger::parse_key(key)) {
        if state.ports.clock.now() >= deadline {
            break;
        }
        let ends = ends.iter().filter(|(_, webinar, _)| *webinar == key.webinar).map(|(_, _, end)| *end);
        let is_old = match ends.max() {
            Some(end) => end + RETENTION < now,
            None => {
                let entry = state.ports.store().get(&key).await?;
                entry.is_some_and(|entry| entry.at + UNCONNECTED_RETENTION < now)
            }
        };
        if is_old {
            state.ports.store().delete(&key).await?;
            swept += 1;
        }
    }
    for failure in failures::read_all(state, failures).await? {
        let end = ends.iter().find(|(program, _, _)| *program == failure.program).map(|(_, _, end)| *end);
        if end.unwrap_or(failure.since) + RETENTION < now {
            failures::delete(state, failure.program, failure.lead).await?;
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
    let store = state.ports.store();
    let programs = store.get(&ProgramsKey {}).await?.unwrap_or_else(ConnectedPrograms::default);
    let mut ends = Vec::new();
    for id in programs.ids {
        let Some(connection) = store.get(&ProgramKey { id }).await? else { continue };
        ends.push((id, connection.snapshot.id, connection.snapshot.end_time()));
    }
    Ok(ends)
}
