//! The maintenance: once an hour lists the store, repairs the index of programs, and deletes what refreshes left of programs
//! that were disconnected meanwhile.

use crate::state::AppState;
use anyhow::Context;
use domain::records::{AnyKey, CatalogSweepKey, ProgramKey, RecordKind};
use domain::time::Timestamp;
use platform::maintenance::Maintenance;

/// Runs if the last maintenance is an hour ago.
pub(crate) async fn run_if_due(state: &AppState, deadline: Timestamp) -> anyhow::Result<()> {
    let begun = Maintenance::begin_if_due(&state.ports, CatalogSweepKey {}, deadline).await;
    let Some(mut maintenance) = begun.context("beginning the maintenance")? else { return Ok(()) };
    let store = state.ports.store();
    let keys = store.list_kinds(&[RecordKind::Program, RecordKind::Refreshed]).await.context("listing the store")?;
    let (mut programs, mut refreshed) = (Vec::new(), Vec::new());
    for key in keys {
        match key {
            AnyKey::Program(key) => programs.push(key.id),
            AnyKey::Refreshed(key) => refreshed.push(key),
            _ => {}
        }
    }
    let is_gone = |id| maintenance.is_lasting_orphan(&ProgramKey { id });
    let repaired = state.ports.connections().repair_index(&programs, is_gone, state.now()).await;
    repaired.context("repairing the index of programs")?;
    for key in refreshed.into_iter().filter(|key| !programs.contains(&key.program)) {
        // A listing may lack keys without an error.
        let is_gone = !store.exists(&ProgramKey { id: key.program }).await.context("looking for a connection")?;
        if is_gone && maintenance.is_lasting_orphan(&key) {
            store.delete(&key).await.context("deleting what a refresh left")?;
        }
    }
    maintenance.finish().await.context("recording the maintenance")
}
