//! The removals under way. A removal is recorded before anything is deleted, and its record is deleted last, so that the
//! tick resumes an interrupted removal.

use crate::state::AppState;
use domain::records::{Removal, RemovalKey};
use domain::{Error, ServiceId};

/// Returns the removal of a service that is under way, if any.
pub(crate) async fn get(app: &AppState, id: &ServiceId) -> Result<Option<Removal>, Error> {
    Ok(app.store().get(&RemovalKey { id: id.clone() }).await?)
}

/// Writes a removal.
pub(crate) async fn save(app: &AppState, id: &ServiceId, removal: &Removal) -> Result<(), Error> {
    Ok(app.store().put(&RemovalKey { id: id.clone() }, removal).await?)
}

/// Records how many components have deleted the account's records, if the removal is still under way.
pub(crate) async fn save_progress(app: &AppState, id: &ServiceId, forgotten_in: usize) -> Result<(), Error> {
    match get(app, id).await? {
        Some(removal) => save(app, id, &Removal { forgotten_in, ..removal }).await,
        None => Ok(()),
    }
}

/// Deletes the record of a removal that is complete.
pub(crate) async fn delete(app: &AppState, id: &ServiceId) -> Result<(), Error> {
    Ok(app.store().delete(&RemovalKey { id: id.clone() }).await?)
}
