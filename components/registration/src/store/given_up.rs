//! The index of chunks that were given up, by which the console finds them. Their heads keep ids and problem only.

use crate::state::AppState;
use domain::Error;
use domain::records::{GivenUpChunks, GivenUpChunksKey, OutboxId};

/// Number of shards.
const SHARDS: usize = 8;

/// Maximum number of chunks of a shard, so that it fits into a value. The latest are kept.
const MAX_CHUNKS: usize = 1500;

/// Adds a chunk.
pub async fn add(state: &AppState, id: &OutboxId) -> Result<(), Error> {
    change(state, id, |chunks| {
        if !chunks.contains(id) {
            chunks.push(id.clone());
            let surplus = chunks.len().saturating_sub(MAX_CHUNKS);
            chunks.drain(..surplus);
        }
    })
    .await
}

/// Removes a chunk.
pub async fn remove(state: &AppState, id: &OutboxId) -> Result<(), Error> {
    change(state, id, |chunks| chunks.retain(|chunk| chunk != id)).await
}

async fn change(state: &AppState, id: &OutboxId, change: impl FnOnce(&mut Vec<OutboxId>)) -> Result<(), Error> {
    let key = GivenUpChunksKey { shard: id.number() % SHARDS };
    let _guard = state.locks.lock(&state.ports, &key.to_string()).await;
    // What cannot be read is replaced: the maintenance adds what is missing.
    let before = state.ports.store().get_readable(&key).await?.unwrap_or_default();
    let mut after = before.clone();
    change(&mut after.chunks);
    if after.chunks.is_empty() && !before.chunks.is_empty() {
        state.ports.store().delete(&key).await?;
    } else if after != before {
        state.ports.store().put(&key, &after).await?;
    }
    Ok(())
}

/// Returns all chunks.
pub async fn all(state: &AppState) -> Result<Vec<OutboxId>, Error> {
    let mut all = Vec::new();
    for shard in 0..SHARDS {
        let stored: Option<GivenUpChunks> = state.ports.store().get_readable(&GivenUpChunksKey { shard }).await?;
        all.extend(stored.map(|stored| stored.chunks).unwrap_or_default());
    }
    Ok(all)
}
