//! Deletes records that have reached the end of their life: those of disconnected programs, the pages of finished runs,
//! presences, and signals of ended webinars.

use super::worker;
use crate::state::AppState;
use crate::store::checkpoint::{RecordKind, parse_key};
use crate::store::{connections, record, signals};
use domain::records::{LastSweepKey, Phase, ProgramConnection, ProgramsKey, WebinarEndedKey};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ProgramId, WebinarId};

/// How long run states and presences are kept after a webinar's end, as long as the ledger of registrations
/// (docs/STATE.md).
const RETENTION: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How long the signal that a webinar ended is kept. By then each connected program has merged it.
const SIGNAL_RETENTION: SignedDuration = SignedDuration::from_hours(48);

/// Minimum interval between sweeps, since a sweep reads all keys.
const INTERVAL: SignedDuration = SignedDuration::from_hours(1);

/// Sweeps if the last sweep is an hour ago and no worker is active.
pub(crate) async fn run_if_due(state: &AppState, deadline: Timestamp) -> Result<(), Error> {
    let last = state.store().get(&LastSweepKey {}).await?;
    if last.is_some_and(|last| state.now() < last.at + INTERVAL) {
        return Ok(());
    }
    worker::run_exclusively(state, deadline, sweep(state, deadline)).await
}

async fn sweep(state: &AppState, deadline: Timestamp) -> Result<(), Error> {
    let keys = state.store().keys("attendance:").await?;
    // A program whose connection is unreadable is connected all the same.
    let ids = state.store().get(&ProgramsKey {}).await?.unwrap_or_default().ids;
    let connections = connections::load_all(state).await?;
    let mut deleted = 0;
    for key in keys {
        if !state.has_time(deadline) {
            return Ok(());
        }
        let Some((program, kind)) = parse_key(&key) else { continue };
        let is_expired = match connections.iter().find(|connection| connection.program == program) {
            Some(connection) => is_expired(state, kind, connection).await?,
            None => !ids.contains(&program),
        };
        if is_expired {
            state.ports.key_value.delete(&key).await?;
            deleted += 1;
        }
    }
    for key in state.store().keys("sync-requested:").await? {
        let program = key.strip_prefix("sync-requested:").and_then(|id| id.parse::<ProgramId>().ok());
        if program.is_some_and(|program| !ids.contains(&program)) {
            state.ports.key_value.delete(&key).await?;
            deleted += 1;
        }
    }
    for key in state.store().keys("ended:").await? {
        let Some(webinar) = key.strip_prefix("ended:").and_then(|id| id.parse::<WebinarId>().ok()) else { continue };
        let ended = state.store().get(&WebinarEndedKey { webinar }).await?;
        if ended.is_some_and(|ended| ended.at + SIGNAL_RETENTION < state.now()) {
            state.store().delete(&WebinarEndedKey { webinar }).await?;
            deleted += 1;
        }
    }
    if deleted > 0 {
        platform::log!(Info, "attendance.swept", count = deleted);
    }
    signals::record_sweep(state).await
}

/// Returns whether a record of a connected program is to be deleted. The attendance record is kept as long as the
/// connection. Pages contain names and addresses and are kept only while a run uses them.
async fn is_expired(state: &AppState, kind: RecordKind, connection: &ProgramConnection) -> Result<bool, Error> {
    let is_old = connection.snapshot.end_time() + RETENTION < state.now();
    Ok(match kind {
        RecordKind::Attendance => false,
        RecordKind::RunState | RecordKind::Presences => is_old,
        RecordKind::Page => {
            let phase = record::load(state, connection).await?.phase;
            is_old || matches!(phase, Phase::Waiting | Phase::Settling | Phase::Done | Phase::Failed)
        }
    })
}
