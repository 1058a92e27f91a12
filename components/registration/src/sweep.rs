//! Forgetting what is of no use any more: the ledger and the failures of webinars that are long over (DESIGN section
//! 5).

use crate::app::App;
use crate::failures::record;
use crate::push::ledger;
use domain::records::{ConnectedPrograms, ProgramKey, ProgramsKey};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ProgramId, WebinarId};

/// Kept for so long after a webinar's end: late attendance is read, and people look things up.
const KEPT_AFTER_END: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Kept for so long when no program is connected to the webinar any more, so that its end is not known: people
/// register half a year ahead at most.
const KEPT_UNCONNECTED: SignedDuration = SignedDuration::from_hours(210 * 24);

/// Swept in the first minute of each hour: a month may be an hour longer.
const MINUTE: i64 = 0;

/// Sweeps, once an hour, as far as time allows. `registrations` and `failures` are all store keys of their kind.
pub async fn sweep(app: &App, registrations: &[String], failures: &[String], deadline: Timestamp) -> Result<(), Error> {
    let now = app.ports.clock.now();
    if now.as_second().rem_euclid(3600) / 60 != MINUTE {
        return Ok(());
    }
    let ends = ends(app).await?;
    let mut swept = 0;
    for key in registrations.iter().filter_map(|key| ledger::parse_key(key)) {
        if app.ports.clock.now() >= deadline {
            break;
        }
        let ends = ends.iter().filter(|(_, webinar, _)| *webinar == key.webinar).map(|(_, _, end)| *end);
        let is_old = match ends.max() {
            Some(end) => end + KEPT_AFTER_END < now,
            None => {
                let entry = app.ports.store().get(&key).await?;
                entry.is_some_and(|entry| entry.at + KEPT_UNCONNECTED < now)
            }
        };
        if is_old {
            app.ports.store().delete(&key).await?;
            swept += 1;
        }
    }
    for failure in record::read(app, failures).await? {
        let end = ends.iter().find(|(program, _, _)| *program == failure.program).map(|(_, _, end)| *end);
        if end.unwrap_or(failure.since) + KEPT_AFTER_END < now {
            record::forget(app, failure.program, failure.lead).await?;
            swept += 1;
        }
    }
    if swept > 0 {
        platform::log!("registrations.swept", count = swept);
    }
    Ok(())
}

/// Every connected program with its webinar and that webinar's end.
async fn ends(app: &App) -> Result<Vec<(ProgramId, WebinarId, Timestamp)>, Error> {
    let store = app.ports.store();
    let programs = store.get(&ProgramsKey {}).await?.unwrap_or_else(ConnectedPrograms::default);
    let mut ends = Vec::new();
    for id in programs.ids {
        let Some(connection) = store.get(&ProgramKey { id }).await? else { continue };
        ends.push((id, connection.snapshot.id, connection.snapshot.end_time()));
    }
    Ok(ends)
}
