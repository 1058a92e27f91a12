//! Marks of webinars whose registrants changed in Zoom (R18).
//!
//! A mark is written before Zoom's event is acknowledged, and
//! stays until the change has reached the ledger and Marketo. The tick looks for marks by webinar, without a listing.

use crate::state::AppState;
use domain::records::{Record, RegistrantsChanged, RegistrantsChangedKey};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, WebinarId};

/// How long a webinar waits whose comparison failed, or whose people cannot be copied because another worker copies. Each
/// attempt reads the memberships and waits for that worker, whose lease lasts as long after a call that creates leads and
/// was not answered.
const PAUSE: SignedDuration = SignedDuration::from_mins(2);

/// A mark that this request wrote.
#[derive(Debug, Clone)]
pub struct Mark {
    webinar: WebinarId,
    token: u32,
    /// The mark that it replaced. Its change may not be worked off.
    replaced: Option<RegistrantsChanged>,
}

/// Marks the registrants of a webinar as changed.
pub async fn write(state: &AppState, webinar: WebinarId) -> Result<Mark, Error> {
    let replaced = state.ports.store().get(&RegistrantsChangedKey { webinar }).await?;
    let token = state.ports.random.u32();
    put(state, webinar, token, state.ports.clock.now()).await?;
    Ok(Mark { webinar, token, replaced })
}

/// Marks a webinar that is to be compared after a pause, because another worker copies.
///
/// `known`: the mark whose change this attempt read. A change that another mark reported does not wait longer than
/// before.
pub async fn write_paused(state: &AppState, webinar: WebinarId, known: Option<u32>) -> Result<(), Error> {
    let paused = state.ports.clock.now() + PAUSE;
    let other = read(state, webinar).await?.filter(|mark| Some(mark.token) != known);
    put(state, webinar, state.ports.random.u32(), other.map_or(paused, |mark| mark.at.min(paused))).await
}

/// Lets a webinar wait whose comparison failed, because an outage may last for hours and each attempt costs calls. A change
/// that was reported meanwhile does not wait.
pub async fn pause(state: &AppState, webinar: WebinarId, token: u32) -> Result<(), Error> {
    if read(state, webinar).await?.is_none_or(|mark| mark.token != token) {
        return Ok(());
    }
    put(state, webinar, token, state.ports.clock.now() + PAUSE).await
}

async fn put(state: &AppState, webinar: WebinarId, token: u32, at: Timestamp) -> Result<(), Error> {
    let mark = RegistrantsChanged { v: RegistrantsChanged::VERSION, token, at };
    Ok(state.ports.store().put(&RegistrantsChangedKey { webinar }, &mark).await?)
}

/// Returns whether the webinar of a mark is to be compared now.
pub fn is_due(mark: &RegistrantsChanged, now: Timestamp) -> bool {
    // A wrong clock delays nothing.
    mark.at <= now || now + PAUSE < mark.at
}

/// Reads the mark of a webinar. Logs and skips an unreadable one.
pub async fn read(state: &AppState, webinar: WebinarId) -> Result<Option<RegistrantsChanged>, Error> {
    Ok(state.ports.store().get_readable(&RegistrantsChangedKey { webinar }).await?)
}

/// Removes a mark whose change is worked off. Leaves it to the tick if another change is still under way, after the
/// pause that the mark of that one has.
pub async fn clear(state: &AppState, mark: &Mark) -> Result<(), Error> {
    let Some(replaced) = &mark.replaced else { return clear_token(state, mark.webinar, mark.token).await };
    if !is_due(replaced, state.ports.clock.now())
        && read(state, mark.webinar).await?.is_some_and(|stored| stored.token == mark.token)
    {
        state.ports.store().put(&RegistrantsChangedKey { webinar: mark.webinar }, replaced).await?;
    }
    Ok(())
}

/// Removes the mark of a webinar, if it is the one that was there before the webinar was compared. A newer one stays.
pub async fn clear_token(state: &AppState, webinar: WebinarId, token: u32) -> Result<(), Error> {
    if read(state, webinar).await?.is_some_and(|stored| stored.token == token) {
        state.ports.store().delete(&RegistrantsChangedKey { webinar }).await?;
    }
    Ok(())
}
