//! Deletes records that have reached the end of their life: those of disconnected programs, the pages of finished runs,
//! presences, and signals of ended webinars.

use super::worker;
use crate::state::AppState;
use crate::store::checkpoint::List;
use crate::store::forget::program_of;
use crate::store::{record, signals};
use anyhow::Context;
use domain::records::{AnyKey, LastSweepKey, PageKey, Phase, ProgramConnection, ProgramKey};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ProgramId};

/// How long run states and presences are kept after a webinar's end, as long as the ledger of registrations
/// (docs/STATE.md).
const RETENTION: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How long the signal that a webinar ended is kept. By then each connected program has merged it.
const SIGNAL_RETENTION: SignedDuration = SignedDuration::from_hours(48);

/// Minimum interval between sweeps, since a sweep reads all keys.
const INTERVAL: SignedDuration = SignedDuration::from_hours(1);

/// Sweeps if the last sweep is an hour ago and no worker is active.
pub(crate) async fn run_if_due(state: &AppState, deadline: Timestamp) -> anyhow::Result<()> {
    let last = state.store().get(&LastSweepKey {}).await.context("reading the last sweep")?;
    if last.is_some_and(|last| state.now() < last.at + INTERVAL) {
        return Ok(());
    }
    worker::run_exclusively(state, deadline, sweep(state, deadline)).await
}

async fn sweep(state: &AppState, deadline: Timestamp) -> anyhow::Result<()> {
    // A listing reads all keys, regardless of the kind, so there is only one.
    let keys = state.store().list::<AnyKey>().await.context("listing the store")?;
    // A program whose connection is unreadable is connected all the same.
    let ids = state.ports.connections().index().await.context("reading the index of programs")?.ids;
    let connections = state.ports.connections().all().await.context("reading connections")?;
    let mut deleted = 0;
    for key in keys {
        if !state.has_time(deadline) {
            return Ok(());
        }
        let is_expired = match &key {
            AnyKey::WebinarEnded(key) => {
                let ended = state.store().get_readable(key).await?;
                ended.is_some_and(|ended| ended.at + SIGNAL_RETENTION < state.now())
            }
            AnyKey::WebinarStarted(key) => {
                let started = state.store().get_readable(key).await?;
                started.is_some_and(|started| started.at + SIGNAL_RETENTION < state.now())
            }
            AnyKey::SyncRequested(key) => !is_connected(state, &ids, key.program).await?,
            _ => {
                let Some(program) = program_of(&key) else { continue };
                match connections.iter().find(|connection| connection.program == program) {
                    Some(connection) => is_expired(state, &key, connection)
                        .await
                        .with_context(|| format!("reading program {program}"))?,
                    None => !is_connected(state, &ids, program).await?,
                }
            }
        };
        if is_expired {
            state.store().delete(&key).await?;
            deleted += 1;
        }
    }
    if deleted > 0 {
        platform::log!(Info, "attendance.swept", count = deleted);
    }
    signals::record_sweep(state).await.context("recording the sweep")
}

/// Returns whether a program is connected, also if the index lacks it.
async fn is_connected(state: &AppState, ids: &[ProgramId], program: ProgramId) -> Result<bool, Error> {
    Ok(ids.contains(&program) || state.store().exists(&ProgramKey { id: program }).await?)
}

/// Returns whether a record of a connected program is to be deleted. The attendance record is kept as long as the
/// connection. Pages contain names and addresses and are kept only while a run uses them.
async fn is_expired(state: &AppState, key: &AnyKey, connection: &ProgramConnection) -> Result<bool, Error> {
    let is_old = connection.snapshot.end_time() + RETENTION < state.now();
    Ok(match key {
        AnyKey::RunState(_) | AnyKey::Page(PageKey { list: List::Presences, .. }) => is_old,
        AnyKey::Page(_) => {
            let record = record::load(state, connection).await?;
            // A run that waits until No Show may be set continues with its pages.
            let is_used = record.phase == Phase::Waiting && record.no_show_wait.is_some();
            is_old
                || (!is_used && matches!(record.phase, Phase::Waiting | Phase::Settling | Phase::Done | Phase::Failed))
        }
        _ => false,
    })
}
