//! How far Marketo's activities are read (R23). Two ticks at once may move the cursor back by a page: leads are noticed
//! twice without effect.

use crate::state::AppState;
use domain::records::{ActivityCursor, ActivityCursorKey};
use domain::{Error, Problem};

/// Reads the cursor; `None` before the first poll, and if the record cannot be read: reading begins again then.
pub async fn read(state: &AppState) -> Result<Option<ActivityCursor>, Error> {
    Ok(state.ports.store().get_readable(&ActivityCursorKey {}).await?)
}

/// Writes the cursor.
pub async fn write(state: &AppState, cursor: &ActivityCursor) -> Result<(), Error> {
    Ok(state.ports.store().put(&ActivityCursorKey {}, cursor).await?)
}

/// Records why the last poll failed. Writes only if that has changed, so that an outage costs no write a minute.
pub async fn record_problem(state: &AppState, cursor: ActivityCursor, problem: Option<Problem>) -> Result<(), Error> {
    if cursor.problem == problem {
        return Ok(());
    }
    write(state, &ActivityCursor { problem, ..cursor }).await
}

/// Forgets why the last poll failed, because no program is polled for any more: nothing waits for it to end.
pub async fn forget_problem(state: &AppState) -> Result<(), Error> {
    match read(state).await? {
        Some(cursor) => record_problem(state, cursor, None).await,
        None => Ok(()),
    }
}
