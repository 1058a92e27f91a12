//! The maintenance: once an hour lists the store, mends the slots of chunks and the index of due failures, and sweeps.
//! Whatever else the tick does finds its work without a listing.

use super::retry_failures::settle_unconnected;
use super::sweep;
use crate::state::AppState;
use crate::store::keys::RegistrationKeys;
use crate::store::{due_failures, outbox, slots};
use anyhow::Context;
use domain::records::{Failure, LastRegistrationSweepKey, Moment, OutboxKey};
use domain::time::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// Minimum interval between two listings.
const INTERVAL: SignedDuration = SignedDuration::from_hours(1);

/// Minimum time left to begin.
const MIN_TIME_LEFT: SignedDuration = SignedDuration::from_secs(5);

/// Runs if the last maintenance is an hour ago.
pub async fn run_if_due(state: &AppState, deadline: Timestamp) -> anyhow::Result<()> {
    let (store, now) = (state.ports.store(), state.ports.clock.now());
    let last = store.get_readable(&LastRegistrationSweepKey {}).await.context("reading the last maintenance")?;
    if last.is_some_and(|last| now < last.at + INTERVAL && last.at <= now) || now + MIN_TIME_LEFT > deadline {
        return Ok(());
    }
    // Recorded first, so that a store that is too large to list is not listed every minute.
    store.put(&LastRegistrationSweepKey {}, &Moment::new(now)).await.context("recording the maintenance")?;
    let keys = RegistrationKeys::list(state).await.context("listing the store")?;
    give_slots(state, &keys.chunks).await.context("giving chunks their slots")?;
    index_failures(state, &keys).await.context("indexing failures")?;
    sweep::sweep(state, &keys, deadline).await
}

/// Gives each open chunk a slot.
async fn give_slots(state: &AppState, chunks: &[OutboxKey]) -> Result<(), domain::Error> {
    let taken = slots::taken(state).await?;
    for OutboxKey { id } in chunks.iter().filter(|key| taken.iter().all(|(_, taken)| taken.chunk != key.id)) {
        let head = outbox::load_readable_head(state, id).await?;
        if head.is_some_and(|head| head.problem.is_none()) {
            slots::keep(state, id, None).await?;
        }
    }
    Ok(())
}

/// Adds failures that the index lacks. Those of programs that are not connected are never due: they are settled here.
async fn index_failures(state: &AppState, keys: &RegistrationKeys) -> Result<(), domain::Error> {
    let now = state.ports.clock.now();
    let failures = state.ports.store().get_all(&keys.failures).await?.records;
    let mut due: Vec<Failure> = failures.into_iter().filter(|failure| failure.next_try.is_some()).collect();
    due_failures::add(state, &due).await?;
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
    Ok(())
}
