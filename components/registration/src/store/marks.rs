//! Marks of webinars whose registrants changed in Zoom (R18).
//!
//! A mark is written before Zoom's event is acknowledged, and
//! stays until the change has reached the ledger and Marketo. The tick looks for marks by webinar, without a listing.

use crate::state::AppState;
use domain::records::{Record, RegistrantsChanged, RegistrantsChangedKey};
use domain::{Error, WebinarId};

/// A mark that this request wrote.
#[derive(Debug, Clone)]
pub struct Mark {
    webinar: WebinarId,
    token: u32,
    /// Whether it replaced another one, whose change may not be worked off.
    replaced_another: bool,
}

/// Marks the registrants of a webinar as changed.
pub async fn write(state: &AppState, webinar: WebinarId) -> Result<Mark, Error> {
    let key = RegistrantsChangedKey { webinar };
    let replaced_another = state.ports.store().get(&key).await?.is_some();
    let token = state.ports.random.u32();
    let at = state.ports.clock.now();
    let mark = RegistrantsChanged { v: RegistrantsChanged::VERSION, token, at };
    state.ports.store().put(&key, &mark).await?;
    Ok(Mark { webinar, token, replaced_another })
}

/// Reads the mark of a webinar. Logs and skips an unreadable one.
pub async fn read(state: &AppState, webinar: WebinarId) -> Result<Option<RegistrantsChanged>, Error> {
    Ok(state.ports.store().get_readable(&RegistrantsChangedKey { webinar }).await?)
}

/// Removes a mark whose change is worked off. Leaves it to the tick if another change is still under way.
pub async fn clear(state: &AppState, mark: &Mark) -> Result<(), Error> {
    if mark.replaced_another {
        return Ok(());
    }
    clear_token(state, mark.webinar, mark.token).await
}

/// Removes the mark of a webinar, if it is the one that was there before the webinar was compared. A newer one stays.
pub async fn clear_token(state: &AppState, webinar: WebinarId, token: u32) -> Result<(), Error> {
    if read(state, webinar).await?.is_some_and(|stored| stored.token == token) {
        state.ports.store().delete(&RegistrantsChangedKey { webinar }).await?;
    }
    Ok(())
}
