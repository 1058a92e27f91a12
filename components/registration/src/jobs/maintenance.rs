//! The maintenance: once an hour lists the store, mends the slots and indexes, and sweeps.
//!
//! The indexes are those of failures and of chunks that were given up. Records that cannot be read are counted. Whatever else the tick does finds its work without a listing.

use super::retry_failures::settle_unconnected;
use super::sweep;
use crate::state::AppState;
use crate::store::failure_index::{self, Indexed};
use crate::store::given_up;
use crate::store::keys::RegistrationKeys;
use crate::store::slots::{self, SlotOwner};
use anyhow::Context;
use domain::records::{LastRegistrationSweepKey, Maintenance, OutboxKey, Record};
use domain::time::{SignedDuration, Timestamp};
use platform::store::Stored;
use std::collections::{BTreeMap, BTreeSet};

/// Minimum interval between two listings.
const INTERVAL: SignedDuration = SignedDuration::from_hours(1);

/// Minimum time left to begin.
const MIN_TIME_LEFT: SignedDuration = SignedDuration::from_secs(5);

/// Runs if the last maintenance is an hour ago. Returns whether there was no time for it.
pub async fn run_if_due(state: &AppState, deadline: Timestamp) -> anyhow::Result<bool> {
    let (store, now) = (state.ports.store(), state.ports.clock.now());
    let last = store.get_readable(&LastRegistrationSweepKey {}).await.context("reading the last maintenance")?;
    if last.as_ref().is_some_and(|last| now < last.at + INTERVAL && last.at <= now) {
        return Ok(false);
    }
    if now + MIN_TIME_LEFT > deadline {
        return Ok(true);
    }
    // Recorded first, so that a store that is too large to list is not listed every minute.
    let unreadable = last.map(|last| last.unreadable).unwrap_or_default();
    let record = Maintenance { v: Maintenance::VERSION, at: now, unreadable };
    store.put(&LastRegistrationSweepKey {}, &record).await.context("recording the maintenance")?;
    let keys = RegistrationKeys::list(state).await.context("listing the store")?;
    let mut unreadable = index_chunks(state, &keys.chunks).await.context("indexing chunks")?;
    unreadable += index_failures(state, &keys).await.context("indexing failures")?;
    unreadable += sweep::sweep(state, &keys, deadline).await?;
    let record = Maintenance { unreadable, ..record };
    store.put(&LastRegistrationSweepKey {}, &record).await.context("recording what cannot be read")?;
    Ok(false)
}

/// Gives each open chunk a slot, and adds those that were given up to their index. Returns the number of chunks that cannot be
/// read.
async fn index_chunks(state: &AppState, chunks: &[OutboxKey]) -> Result<usize, domain::Error> {
    let (taken, given_up) = (slots::taken(state).await?, given_up::all(state).await?);
    let mut unreadable = 0;
    for key in chunks {
        let id = &key.id;
        match state.ports.store().inspect(key).await? {
            Stored::Readable(head) if head.problem.is_some() => {
                if !given_up.contains(id) {
                    given_up::add(state, id).await?;
                }
            }
            Stored::Readable(head) if taken.iter().all(|(_, taken)| taken.chunk != *id) => {
                let owner = SlotOwner { chunk: id, program: head.program, leads: head.leads.len() };
                slots::keep(state, owner, None).await?;
            }
            Stored::Readable(_) | Stored::Absent => {}
            Stored::Unreadable => unreadable += 1,
        }
    }
    Ok(unreadable)
}

/// Drops entries of the index whose record is gone: two instances that write a shard at once may bring one back.
async fn drop_abandoned_entries(state: &AppState, keys: &RegistrationKeys) -> Result<(), domain::Error> {
    let listed: BTreeSet<_> = keys.failures.iter().map(|key| (key.program, key.lead)).collect();
    let mut abandoned = Vec::new();
    for (key, _) in failure_index::all(state).await? {
        // A listing may lack keys without an error.
        if !listed.contains(&(key.program, key.lead)) && !state.ports.store().exists(&key).await? {
            abandoned.push((key, Indexed::Absent));
        }
    }
    failure_index::apply(state, abandoned).await
}

/// Adds failures that the index lacks. Those of programs that are not connected are never due: they are settled here. Returns
/// the number of failures that cannot be read.
async fn index_failures(state: &AppState, keys: &RegistrationKeys) -> Result<usize, domain::Error> {
    let now = state.ports.clock.now();
    let failures = state.ports.store().get_all(&keys.failures).await?;
    failure_index::add(state, &failures.records).await?;
    drop_abandoned_entries(state, keys).await?;
    let (mut due, unreadable) = (failures.records, failures.unreadable);
    let connected = state.ports.connections().index().await?.ids;
    due.retain(|failure| !connected.contains(&failure.program) && failure.next_try.is_some_and(|at| at <= now));
    let mut by_program: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for failure in due {
        by_program.entry(failure.program).or_default().push(failure);
    }
    for (program, failures) in by_program {
        if let Err(error) = settle_unconnected(state, program, failures).await {
            platform::log!(Warn, "failure.retry_failed", program = program, error = error.problem().code);
        }
    }
    Ok(unreadable)
}
