//! Makes a backup.

use super::{Backup, VERSION};
use crate::state::AppState;
use crate::store;
use domain::Error;
use domain::records::ServiceState;
use serde::Serialize;
use serde_json::Value;

/// Returns a backup of every service that was not deauthorized and of every connection, archived ones included.
///
/// # Errors
/// A connection cannot be read: a backup that lacks it would look complete.
pub(crate) async fn export(state: &AppState) -> Result<Backup, Error> {
    let services = store::services::all(state.ports.store()).await?;
    let kept = services.iter().filter(|service| service.state != ServiceState::Deauthorized);
    let connections = state.ports.connections();
    let mut programs = connections.all().await?;
    programs.extend(connections.archived().await?);
    programs.sort_unstable_by_key(|connection| connection.program);
    programs.dedup_by_key(|connection| connection.program);
    let programs: Vec<_> = programs.iter().map(json).collect::<Result<_, _>>()?;
    let services = kept.map(json).collect::<Result<_, _>>()?;
    platform::log!(Info, "backup.exported", programs = programs.len());
    Ok(Backup { v: VERSION, exported_at: Some(state.now()), services, programs })
}

fn json(record: &impl Serialize) -> Result<Value, Error> {
    serde_json::to_value(record).map_err(|error| Error::Internal(error.to_string()))
}
