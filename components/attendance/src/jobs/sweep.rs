//! Deletes records that have reached the end of their life: those of disconnected programs, the pages of finished runs,
//! presences, and signals and joins of ended webinars.

use super::worker;
use crate::state::AppState;
use crate::store::checkpoint::List;
use crate::store::forget::program_of;
use crate::store::record;
use anyhow::Context;
use domain::records::{AnyKey, LastSweepKey, PageKey, Phase, ProgramConnection, RecordKind};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ProgramId};
use platform::maintenance::{self, Maintenance, from_anywhere};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// How long run states and presences are kept after a webinar's end, as long as the ledger of registrations
/// (docs/STATE.md).
const RETENTION: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How long the signals and the joins of a webinar are kept after they were written. By then each connected program has
/// merged the signals, and its attendance is complete.
const SIGNAL_RETENTION: SignedDuration = SignedDuration::from_hours(48);

/// The kinds of this component's records that end. A listing reads all keys, regardless of the kind, so there is only one.
const KINDS: &[RecordKind] = &[
    RecordKind::Attendance,
    RecordKind::RunState,
    RecordKind::Page,
    RecordKind::SyncRequested,
    RecordKind::WebinarEnded,
    RecordKind::WebinarStarted,
    RecordKind::LiveJoins,
    RecordKind::LiveDone,
    RecordKind::LiveWorker,
];

/// Sweeps if the last sweep is an hour ago and no worker is active. Returns whether there was no time for it.
pub(crate) async fn run_if_due(state: &AppState, deadline: Timestamp) -> anyhow::Result<bool> {
    if !maintenance::is_due(&state.ports, &LastSweepKey {}).await.context("reading the last sweep")? {
        return Ok(false);
    }
    if !state.has_time(deadline) {
        return Ok(true);
    }
    worker::run_exclusively(state, deadline, sweep(state, deadline)).await?;
    Ok(false)
}

async fn sweep(state: &AppState, deadline: Timestamp) -> anyhow::Result<()> {
    let begun = Maintenance::begin_if_due(&state.ports, LastSweepKey {}, deadline).await;
    let Some(mut maintenance) = begun.context("beginning the sweep")? else { return Ok(()) };
    let keys = state.store().list_kinds(KINDS).await.context("listing the store")?;
    let mut connections = KnownConnections::default();
    let mut deleted = 0;
    // Not always from the same one, so that a sweep that runs out of time does not always leave the same records.
    for key in from_anywhere(&state.ports, keys) {
        if !state.has_time(deadline) {
            break;
        }
        let store = state.store();
        let written_at = match &key {
            AnyKey::WebinarEnded(key) => store.get_readable(key).await?.map(|ended| ended.at),
            AnyKey::WebinarStarted(key) => store.get_readable(key).await?.map(|started| started.at),
            AnyKey::LiveJoins(key) => store.get_readable(key).await?.map(|joins| joins.until),
            AnyKey::LiveDone(key) => store.get_readable(key).await?.map(|done| done.at),
            AnyKey::LiveWorker(key) => store.get_readable(key).await?.map(|lease| lease.until),
            _ => None,
        };
        let is_expired = match written_at {
            Some(written_at) => written_at + SIGNAL_RETENTION < state.now(),
            None => match program_of(&key) {
                // It cannot be read now. One that never can is deleted.
                None => maintenance.is_lasting_orphan(&key),
                Some(program) => match connections.find(state, program).await {
                    Known::Connected(connection) => is_expired(state, &key, connection).await.unwrap_or_else(|error| {
                        // It does not stop the sweep of the others.
                        platform::log!(Error, "attendance.read_failed", program = program, error = error);
                        false
                    }),
                    // The connection may show later than the records that depend on it.
                    Known::Disconnected => maintenance.is_lasting_orphan(&key),
                    Known::Unreadable => false,
                },
            },
        };
        if is_expired {
            state.store().delete(&key).await?;
            deleted += 1;
        }
    }
    if deleted > 0 {
        platform::log!(Info, "attendance.swept", count = deleted);
    }
    maintenance.finish().await.context("recording the sweep")
}

/// What is known of a program's connection.
enum Known {
    Connected(Box<ProgramConnection>),
    Disconnected,
    /// A program whose connection cannot be read is connected all the same.
    Unreadable,
}

/// The connections of the programs that have records here, each read once, whether or not the index has them.
#[derive(Default)]
struct KnownConnections(BTreeMap<ProgramId, Known>);

impl KnownConnections {
    async fn find(&mut self, state: &AppState, program: ProgramId) -> &Known {
        match self.0.entry(program) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(match state.ports.connections().find(program).await {
                Ok(Some(connection)) => Known::Connected(Box::new(connection)),
                Ok(None) => Known::Disconnected,
                Err(_) => Known::Unreadable,
            }),
        }
    }
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
