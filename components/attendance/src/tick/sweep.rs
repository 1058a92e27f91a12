//! Forgetting what is of no use any more: what programs left that are not connected any more, who was there how long,
//! and ends of webinars that nobody waits for.

use crate::app::App;
use crate::programs;
use domain::records::{Connection, EndedKey};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ProgramId, WebinarId};

/// Kept for so long after a webinar's end, as the ledger of registrations is (DESIGN section 5).
const KEPT_AFTER_END: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Ends of webinars are kept so long, connected or not: by then whoever waited for one has read it.
const ENDS_KEPT: SignedDuration = SignedDuration::from_hours(48);

/// Swept in the last minute of each hour: all keys have to be read for it.
const MINUTE: i64 = 59;

/// Sweeps, once an hour.
pub(super) async fn sweep(app: &App) -> Result<(), Error> {
    let now = app.now();
    if now.as_second().rem_euclid(3600) / 60 != MINUTE {
        return Ok(());
    }
    let connections = programs::all(app).await?;
    let mut swept = 0;
    for key in app.store().keys("attendance:").await? {
        if is_of_no_use(&key, &connections, now) {
            app.ports.key_value.delete(&key).await?;
            swept += 1;
        }
    }
    for key in app.store().keys("ended:").await? {
        let Some(webinar) = key.strip_prefix("ended:").and_then(|id| id.parse::<WebinarId>().ok()) else { continue };
        let end = app.store().get(&EndedKey { webinar }).await?;
        if end.is_some_and(|end| end.at + ENDS_KEPT < now) {
            app.store().delete(&EndedKey { webinar }).await?;
            swept += 1;
        }
    }
    if swept > 0 {
        platform::log!("attendance.swept", count = swept);
    }
    Ok(())
}

/// Whether nobody will look at a record of ours. A connected program's own record stays: it says what came of it.
fn is_of_no_use(key: &str, connections: &[Connection], now: Timestamp) -> bool {
    let mut words = key.split(':').skip(1);
    let Some(program) = words.next().and_then(|id| id.parse::<ProgramId>().ok()) else { return false };
    match connections.iter().find(|connection| connection.program == program) {
        Some(connection) => words.next().is_some() && connection.snapshot.end_time() + KEPT_AFTER_END < now,
        None => true,
    }
}
