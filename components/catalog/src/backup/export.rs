//! Makes a backup.

use super::{Backup, VERSION};
use crate::state::AppState;
use crate::store;
use domain::Error;
use domain::records::ServiceState;
use serde::Serialize;
use serde_json::Value;

/// Returns a backup of every service that was not deauthorized, and of the connections through these. Archived ones are left
/// out: their webinars ended long ago, and a restored connection has its attendance read again.
pub(crate) async fn export(state: &AppState) -> Result<Backup, Error> {
    let services = store::services::all(state.ports.store()).await?;
    let (ended, kept): (Vec<_>, Vec<_>) =
        services.iter().partition(|service| service.state == ServiceState::Deauthorized);
    let mut programs = state.ports.connections().all().await?;
    programs.retain(|connection| ended.iter().all(|service| service.id != connection.service));
    programs.sort_unstable_by_key(|connection| connection.program);
    let programs: Vec<_> = programs.iter().map(json).collect::<Result<_, _>>()?;
    let services = kept.into_iter().map(json).collect::<Result<_, _>>()?;
    platform::log!(Info, "backup.exported", programs = programs.len());
    Ok(Backup { v: VERSION, exported_at: Some(state.now()), services, programs })
}

fn json(record: &impl Serialize) -> Result<Value, Error> {
    serde_json::to_value(record).map_err(|error| Error::Internal(error.to_string()))
}
