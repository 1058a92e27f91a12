//! Connections of programs to webinars. `catalog` writes them; this component only reads them.

use crate::state::AppState;
use domain::records::{ProgramConnection, ProgramKey, ProgramsKey};
use domain::{Error, WebinarId};
use futures::FutureExt;
use platform::concurrency::run_bounded;

/// Maximum number of connections that are read concurrently.
const MAX_CONCURRENT_READS: usize = 32;

/// Returns every connection, in no particular order. Skips unreadable ones.
pub(crate) async fn load_all(state: &AppState) -> Result<Vec<ProgramConnection>, Error> {
    let ids = state.store().get(&ProgramsKey {}).await?.unwrap_or_default().ids;
    let reads = ids.into_iter().map(|id| async move { (id, state.store().get(&ProgramKey { id }).await) }.boxed());
    let mut connections = Vec::new();
    for (id, connection) in run_bounded(MAX_CONCURRENT_READS, reads.collect()).await {
        match connection {
            Ok(connection) => connections.extend(connection),
            Err(error) => platform::log!(Error, "connection.read_failed", program = id, error = error),
        }
    }
    Ok(connections)
}

/// Returns the connections to a webinar.
pub(crate) async fn of_webinar(state: &AppState, webinar: WebinarId) -> Result<Vec<ProgramConnection>, Error> {
    let mut connections = load_all(state).await?;
    connections.retain(|connection| connection.snapshot.id == webinar);
    Ok(connections)
}
