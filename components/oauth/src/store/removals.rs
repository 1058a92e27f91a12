//! The removals under way. A removal is recorded before anything is deleted, and its record is deleted last, so that the
//! tick resumes an interrupted removal.

use crate::state::AppState;
use domain::records::{Key, VERSION};
use domain::time::Timestamp;
use domain::{Error, ServiceId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A removal under way.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Removal {
    v: u32,
    pub(crate) since: Timestamp,
    #[serde(rename = "why")]
    pub(crate) reason: RemovalReason,
}

/// Why a service is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RemovalReason {
    /// An admin deleted the service here. The grant is revoked, and nothing remains.
    Deleted,
    /// The app was removed from the Zoom account (R17). The account's data is deleted. The service's name remains, so
    /// that the console can show what happened.
    Deauthorized,
}

impl Removal {
    pub(crate) const fn new(since: Timestamp, reason: RemovalReason) -> Self {
        Self { v: VERSION, since, reason }
    }
}

struct RemovalKey {
    id: ServiceId,
}

impl Key for RemovalKey {
    type Record = Removal;
}

impl fmt::Display for RemovalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "removal:{}", self.id)
    }
}

/// Returns the removal of a service that is under way, if any.
pub(crate) async fn get(app: &AppState, id: &ServiceId) -> Result<Option<Removal>, Error> {
    Ok(app.store().get(&RemovalKey { id: id.clone() }).await?)
}

/// Writes a removal.
pub(crate) async fn save(app: &AppState, id: &ServiceId, removal: &Removal) -> Result<(), Error> {
    Ok(app.store().put(&RemovalKey { id: id.clone() }, removal).await?)
}

/// Deletes the record of a removal that is complete.
pub(crate) async fn delete(app: &AppState, id: &ServiceId) -> Result<(), Error> {
    Ok(app.store().delete(&RemovalKey { id: id.clone() }).await?)
}
