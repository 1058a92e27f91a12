//! The index of failure records by when they are due. The tick reads its shards instead of listing the store.
//!
//! An entry is written after or beside the record of its lead, and an instance may overwrite an entry of another one: the
//! maintenance compares the index with the records once an hour.

use crate::state::AppState;
use domain::records::{DueFailures, DueFailuresKey, Failure, FailureKey};
use domain::time::Timestamp;
use domain::{Error, LeadId, ProgramId};
use futures::FutureExt;
use platform::concurrency::run_bounded;
use std::collections::BTreeSet;

/// Number of shards. A tick reads all of them.
const SHARDS: usize = 64;

/// Maximum number of entries of a shard, so that it fits into a value. Those that are due last are left to the maintenance.
const MAX_ENTRIES: usize = 800;

/// Maximum number of shards read or written at once.
const MAX_CONCURRENT: usize = 8;

/// A change of the index: when a lead is due, or `None` to drop it.
pub type Change = (FailureKey, Option<Timestamp>);

/// Adds records that are due at some time.
pub async fn add(state: &AppState, failures: impl IntoIterator<Item = &Failure>) -> Result<(), Error> {
    let changes = failures.into_iter().filter(|failure| failure.next_try.is_some());
    let key = |failure: &Failure| FailureKey { program: failure.program, lead: failure.lead };
    apply(state, changes.map(|failure| (key(failure), failure.next_try)).collect()).await
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
    let key = DueFailuresKey { shard };
    let _guard = state.locks.lock(&state.ports, &key.to_string()).await;
    // What cannot be read is replaced: the index is rebuilt from the records.
    let before = state.ports.store().get_readable(&key).await?.unwrap_or_default();
    let mut after = before.clone();
    for (failure, at) in changes {
        after.entries.retain(|(program, lead, _)| (*program, *lead) != (failure.program, failure.lead));
        after.entries.extend(at.map(|at| (failure.program, failure.lead, at)));
    }
    after.entries.sort_by_key(|(_, _, at)| *at);
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
    let mut due = all(state).await?;
    due.retain(|(_, at)| *at <= now);
    due.sort_by_key(|(_, at)| *at);
    Ok(due)
}

/// Drops the entries of programs (R17).
pub async fn forget(state: &AppState, programs: &BTreeSet<ProgramId>) -> Result<(), Error> {
    let entries = all(state).await?.into_iter().filter(|(key, _)| programs.contains(&key.program));
    apply(state, entries.map(|(key, _)| (key, None)).collect()).await
}

async fn all(state: &AppState) -> Result<Vec<(FailureKey, Timestamp)>, Error> {
    let read = async |shard| state.ports.store().get_readable(&DueFailuresKey { shard }).await;
    let mut all = Vec::new();
    for shard in run_bounded(MAX_CONCURRENT, (0..SHARDS).map(|shard| read(shard).boxed()).collect()).await {
        let entries: DueFailures = shard?.unwrap_or_default();
        all.extend(entries.entries.into_iter().map(|(program, lead, at)| (FailureKey { program, lead }, at)));
    }
    Ok(all)
}
