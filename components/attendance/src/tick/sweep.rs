//! Forgetting what is of no use any more: what programs left that are not connected any more, sheets of a reading that is
//! over, who was there how long, and ends of webinars that nobody waits for.

use crate::app::App;
use crate::programs;
use crate::run::current;
use crate::worker;
use domain::records::{Connection, EndedKey, LastSweepKey, Moment, Phase, ProgramsKey};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ProgramId, WebinarId};

/// Kept for so long after a webinar's end, as the ledger of registrations is (DESIGN section 5).
const KEPT_AFTER_END: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Ends of webinars are kept so long, connected or not: by then whoever waited for one has read it.
const ENDS_KEPT: SignedDuration = SignedDuration::from_hours(48);

/// Swept about once an hour: all keys have to be read for it.
const EVERY: SignedDuration = SignedDuration::from_hours(1);

/// Sweeps, once an hour, while nobody is at work.
pub(super) async fn sweep(app: &App, deadline: Timestamp) -> Result<(), Error> {
    let last = app.store().get(&LastSweepKey {}).await?;
    if last.is_some_and(|last| app.now() < last.at + EVERY) {
        return Ok(());
    }
    worker::alone(app, deadline, sweep_alone(app, deadline)).await
}

async fn sweep_alone(app: &App, deadline: Timestamp) -> Result<(), Error> {
    let keys = app.store().keys("attendance:").await?;
    // A connection that cannot be read now is connected all the same.
    let ids = app.store().get(&ProgramsKey {}).await?.unwrap_or_default().ids;
    let connections = programs::all(app).await?;
    let mut swept = 0;
    for key in keys {
        if !app.has_time(deadline) {
            return Ok(());
        }
        let Some(program) = key.split(':').nth(1).and_then(|id| id.parse::<ProgramId>().ok()) else { continue };
        let is_of_no_use = match connections.iter().find(|connection| connection.program == program) {
            Some(connection) => is_of_no_use(app, &key, connection).await?,
            None => !ids.contains(&program),
        };
        if is_of_no_use {
            app.ports.key_value.delete(&key).await?;
            swept += 1;
        }
    }
    for key in app.store().keys("asked:").await? {
        let program = key.strip_prefix("asked:").and_then(|id| id.parse::<ProgramId>().ok());
        if program.is_some_and(|program| !ids.contains(&program)) {
            app.ports.key_value.delete(&key).await?;
            swept += 1;
        }
    }
    for key in app.store().keys("ended:").await? {
        let Some(webinar) = key.strip_prefix("ended:").and_then(|id| id.parse::<WebinarId>().ok()) else { continue };
        let end = app.store().get(&EndedKey { webinar }).await?;
        if end.is_some_and(|end| end.at + ENDS_KEPT < app.now()) {
            app.store().delete(&EndedKey { webinar }).await?;
            swept += 1;
        }
    }
    if swept > 0 {
        platform::log!("attendance.swept", count = swept);
    }
    Ok(app.store().put(&LastSweepKey {}, &Moment::new(app.now())).await?)
}

/// Whether nobody will look at a record of a connected program. Its own record stays: it says what came of it. Sheets, on
/// which names and addresses are, stay while they are worked on.
async fn is_of_no_use(app: &App, key: &str, connection: &Connection) -> Result<bool, Error> {
    let is_old = connection.snapshot.end_time() + KEPT_AFTER_END < app.now();
    Ok(match key.split(':').nth(2) {
        None => false,
        Some("work" | "stays") => is_old,
        Some(_) => {
            let phase = current(app, connection).await?.phase;
            is_old || matches!(phase, Phase::Waiting | Phase::Settling | Phase::Done | Phase::Failed)
        }
    })
}
