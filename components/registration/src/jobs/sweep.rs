//! Deletes what is old (docs/STATE.md).
//!
//! These are ledger entries and failure records of webinars that ended long ago, chunks that were given up long ago, what an
//! interrupted deletion left of a chunk, and marks and comparisons of webinars that are not in the index.

use crate::state::AppState;
use crate::store::failure_index::{self, Indexed};
use crate::store::keys::RegistrationKeys;
use crate::store::{failures, given_up, marks, outbox, reconciled};
use anyhow::Context;
use domain::records::{FailureKey, MappingCrashMarkerKey, OutboxKey, OutboxPartKey, ProgramConnection, RecordSource};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ProgramId, WebinarId};
use platform::services;
use platform::store::Stored;
use std::collections::BTreeSet;

/// How long records are kept after the end of their webinar, for late attendance and for the admin's questions.
const RETENTION: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How long ledger entries are kept whose webinar no program is connected to, so that its end is unknown. People
/// register half a year ahead at most.
const UNCONNECTED_RETENTION: SignedDuration = SignedDuration::from_hours(210 * 24);

/// How long marks and comparisons are kept of webinars that are not in the index.
const UNINDEXED_RETENTION: SignedDuration = SignedDuration::from_hours(24);

/// How long a part of a chunk without a head is kept. The head is written after the parts, and may show later.
const HEADLESS_RETENTION: SignedDuration = SignedDuration::from_hours(1);

/// Sweeps until the deadline. Returns the number of ledger entries that it could not read.
pub async fn sweep(state: &AppState, keys: &RegistrationKeys, deadline: Timestamp) -> anyhow::Result<usize> {
    let RegistrationKeys { chunks, parts, crash_markers, failures, registrations, .. } = keys;
    let now = state.ports.clock.now();
    let ends = webinar_ends(state).await.context("reading when webinars end")?;
    let removed = services::deauthorized(state.ports.store()).await.context("reading the services")?;
    // A worker wrote it while its account removed the app (R17).
    let is_of_removed = |source: Option<&RecordSource>| source.is_some_and(|source| removed.contains(&source.service));
    let (mut swept, mut unreadable) = (0, 0);
    for key in registrations {
        if state.ports.clock.now() >= deadline {
            break;
        }
        let ends = ends.iter().filter(|(_, webinar, _)| *webinar == key.webinar).map(|(_, _, end)| *end);
        let is_old = match ends.max() {
            Some(end) => end + RETENTION < now,
            None => match state.ports.store().inspect(key).await.context("reading a ledger entry to sweep")? {
                Stored::Readable(entry) => {
                    is_of_removed(entry.source.as_ref()) || entry.at + UNCONNECTED_RETENTION < now
                }
                Stored::Absent => false,
                Stored::Unreadable => {
                    unreadable += 1;
                    false
                }
            },
        };
        if is_old {
            state.ports.store().delete(key).await.context("deleting a ledger entry")?;
            swept += 1;
        }
    }
    let mut gone = Vec::new();
    for failure in state.ports.store().get_all(failures).await.context("reading failures to sweep")?.records {
        let end = ends.iter().find(|(program, _, _)| *program == failure.program).map(|(_, _, end)| *end);
        if is_of_removed(failure.source.as_ref()) || end.unwrap_or(failure.since) + RETENTION < now {
            failures::delete(state, failure.program, failure.lead).await.context("deleting a failure")?;
            let key = FailureKey { program: failure.program, lead: failure.lead };
            gone.push((key, Indexed::Absent));
            swept += 1;
        }
    }
    failure_index::apply(state, gone).await.context("removing failures from their index")?;
    let with_ledger: BTreeSet<_> = registrations.iter().map(|entry| entry.webinar).collect();
    for key in &keys.counts {
        let ends = ends.iter().filter(|(_, webinar, _)| *webinar == key.webinar).map(|(_, _, end)| *end);
        // Counts of a webinar that no program is connected to stay as long as its ledger.
        if ends.max().map_or_else(|| !with_ledger.contains(&key.webinar), |end| end + RETENTION < now) {
            state.ports.store().delete(key).await.context("deleting counts")?;
            swept += 1;
        }
    }
    swept += sweep_chunks(state, chunks, now).await.context("sweeping chunks")?;
    swept += sweep_headless(state, chunks, parts, crash_markers, now).await.context("sweeping parts of chunks")?;
    swept += sweep_unindexed(state, keys, now).await?;
    if swept > 0 {
        platform::log!(Info, "registration.swept", count = swept);
    }
    Ok(unreadable)
}

/// Deletes chunks that were given up long ago.
async fn sweep_chunks(state: &AppState, chunks: &[OutboxKey], now: Timestamp) -> Result<u64, Error> {
    let mut swept = 0;
    for key in chunks {
        let head = outbox::load_readable_head(state, &key.id).await?;
        if let Some(head) = head.filter(|head| head.problem.is_some() && head.accepted_at + RETENTION < now) {
            outbox::remove(state, &key.id, &head).await?;
            given_up::remove(state, &key.id).await?;
            swept += 1;
        }
    }
    Ok(swept)
}

/// Deletes parts and crash markers whose chunk is gone.
async fn sweep_headless(
    state: &AppState,
    chunks: &[OutboxKey],
    parts: &[OutboxPartKey],
    crash_markers: &[MappingCrashMarkerKey],
    now: Timestamp,
) -> Result<u64, Error> {
    let store = state.ports.store();
    let mut swept = 0;
    for key in parts.iter().filter(|key| chunks.iter().all(|chunk| chunk.id != key.id)) {
        let part = store.get_readable(key).await?;
        let is_old = part.is_some_and(|part| part.at.is_none_or(|at| at + HEADLESS_RETENTION < now));
        if is_old && !store.exists(&OutboxKey { id: key.id.clone() }).await? {
            store.delete(key).await?;
            swept += 1;
        }
    }
    for key in crash_markers.iter().filter(|key| chunks.iter().all(|chunk| chunk.id != key.id)) {
        if !store.exists(&OutboxKey { id: key.id.clone() }).await? {
            store.delete(key).await?;
            swept += 1;
        }
    }
    Ok(swept)
}

/// Deletes marks and comparisons of webinars that the index does not have: the tick does not look at them. Returns their
/// number.
async fn sweep_unindexed(state: &AppState, keys: &RegistrationKeys, now: Timestamp) -> anyhow::Result<u64> {
    let indexed = state.ports.connections().index().await.context("reading the connected webinars")?.webinars;
    let is_old = |at: Option<Timestamp>| at.is_none_or(|at| at + UNINDEXED_RETENTION < now);
    let mut swept = 0;
    for key in keys.marks.iter().filter(|key| !indexed.contains(&key.webinar)) {
        let mark = marks::read(state, key.webinar).await.context("reading a mark to sweep")?;
        if is_old(mark.map(|mark| mark.at)) {
            state.ports.store().delete(key).await.context("deleting a mark")?;
            swept += 1;
        }
    }
    for key in keys.comparisons.iter().filter(|key| !indexed.contains(&key.webinar)) {
        let last = reconciled::read(state, key.webinar).await.context("reading a comparison to sweep")?;
        if is_old(last.map(|last| last.at)) {
            state.ports.store().delete(key).await.context("deleting a comparison")?;
            swept += 1;
        }
    }
    Ok(swept)
}

/// Returns the connected programs with their webinars and the ends of these.
async fn webinar_ends(state: &AppState) -> Result<Vec<(ProgramId, WebinarId, Timestamp)>, Error> {
    let connections = state.ports.connections().all().await?;
    let end =
        |connection: &ProgramConnection| (connection.program, connection.snapshot.id, connection.snapshot.end_time());
    Ok(connections.iter().map(end).collect())
}
