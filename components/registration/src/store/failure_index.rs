//! The index of failure records, with the time at which they are due. The tick and the console read its shards instead of
//! listing the store.
//!
//! An entry is written after or beside the record of its lead, and an instance may overwrite an entry of another one: the
//! maintenance compares the index with the records once an hour.

use crate::state::AppState;
use domain::records::{Failure, FailureIndex, FailureIndexKey, FailureKey};
use domain::time::Timestamp;
use domain::{Error, LeadId};
use futures::FutureExt;
use platform::concurrency::run_bounded;

/// Number of shards. A tick reads all of them.
const SHARDS: usize = 64;

/// Maximum number of entries of a shard, so that it fits into a value. Those that are due last are left to the maintenance.
const MAX_ENTRIES: usize = 800;

/// Maximum number of shards read or written at once.
const MAX_CONCURRENT: usize = 8;

/// A change of the index.
pub type Change = (FailureKey, Indexed);

/// What the index has of a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Indexed {
    /// A failure, and when it is due; `None` if it is not retried.
    Failed(Option<Timestamp>),
    /// Nothing.
    Absent,
}

/// Adds failures.
pub async fn add(state: &AppState, failures: impl IntoIterator<Item = &Failure>) -> Result<(), Error> {
    let key = |failure: &Failure| FailureKey { program: failure.program, lead: failure.lead };
    let changes = failures.into_iter().map(|failure| (key(failure), Indexed::Failed(failure.next_try)));
    apply(state, changes.collect()).await
}

/// Applies changes to the index.
pub async fn apply(state: &AppState, changes: Vec<Change>) -> Result<(), Error> {
    let mut by_shard: Vec<Vec<Change>> = (0..SHARDS).map(|_| Vec::new()).collect();
    for change in changes {
        by_shard[shard_of(change.0.lead)].push(change);
    }
    let shards = by_shard.into_iter().enumerate().filter(|(_, changes)| !changes.is_empty());
    let writes = shards.map(|(shard, changes)| apply_to_shard(state, shard, changes).boxed());
    for written in run_bounded(MAX_CONCURRENT, writes.collect()).await {
        written?;
    }
    Ok(())
}

fn shard_of(lead: LeadId) -> usize {
    usize::try_from(lead.get() % SHARDS as u64).unwrap_or_default()
}

async fn apply_to_shard(state: &AppState, shard: usize, changes: Vec<Change>) -> Result<(), Error> {
    let key = FailureIndexKey { shard };
    let _guard = state.locks.lock(&state.ports, &key.to_string()).await;
    // What cannot be read is replaced: the index is rebuilt from the records.
    let before = state.ports.store().get_readable(&key).await?.unwrap_or_default();
    let mut after = before.clone();
    for (failure, indexed) in changes {
        after.entries.retain(|(program, lead, _)| (*program, *lead) != (failure.program, failure.lead));
        if let Indexed::Failed(at) = indexed {
            after.entries.push((failure.program, failure.lead, at));
        }
    }
    // Those that are not retried come last.
    after.entries.sort_by_key(|(_, _, at)| at.unwrap_or(Timestamp::MAX));
    after.entries.truncate(MAX_ENTRIES);
    if after.entries.is_empty() && !before.entries.is_empty() {
        state.ports.store().delete(&key).await?;
    } else if after != before {
        state.ports.store().put(&key, &after).await?;
    }
    Ok(())
}

/// Returns the entries that are due, the most overdue first.
pub async fn due(state: &AppState, now: Timestamp) -> Result<Vec<(FailureKey, Timestamp)>, Error> {
    let all = all(state).await?.into_iter();
    let mut due: Vec<_> = all.filter_map(|(key, at)| Some((key, at.filter(|at| *at <= now)?))).collect();
    due.sort_by_key(|(_, at)| *at);
    Ok(due)
}

/// Drops entries (R17).
pub async fn forget(state: &AppState, is_gone: impl Fn(&FailureKey) -> bool) -> Result<(), Error> {
    let entries = all(state).await?.into_iter().filter(|(key, _)| is_gone(key));
    apply(state, entries.map(|(key, _)| (key, Indexed::Absent)).collect()).await
}

/// Returns all entries.
pub async fn all(state: &AppState) -> Result<Vec<(FailureKey, Option<Timestamp>)>, Error> {
    let read = async |shard| state.ports.store().get_readable(&FailureIndexKey { shard }).await;
    let mut all = Vec::new();
    for shard in run_bounded(MAX_CONCURRENT, (0..SHARDS).map(|shard| read(shard).boxed()).collect()).await {
        let entries: FailureIndex = shard?.unwrap_or_default();
        all.extend(entries.entries.into_iter().map(|(program, lead, at)| (FailureKey { program, lead }, at)));
    }
    Ok(all)
}
