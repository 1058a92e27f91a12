//! The slots of open chunks. A chunk takes a slot before it is written, and the tick reads the slots instead of listing the
//! store. Their number bounds the chunks that wait.

use crate::state::AppState;
use domain::records::{ChunkSlot, ChunkSlotKey, OutboxId, OutboxKey, Record};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ProgramId};
use futures::FutureExt;
use platform::concurrency::run_bounded;
use platform::store::Stored;

/// Number of slots. A tick reads all of them. Marketo sends a campaign in chunks, some at a time.
pub const SLOTS: usize = 256;

/// Maximum number of slots read at once.
const MAX_CONCURRENT: usize = 16;

/// How long a slot is kept whose chunk is not there. The chunk is written after its slot, and may show later.
const EMPTY_RETENTION: SignedDuration = SignedDuration::from_hours(1);

/// What takes a slot.
#[derive(Debug, Clone, Copy)]
pub struct SlotOwner<'a> {
    /// The chunk.
    pub chunk: &'a OutboxId,
    /// Its program.
    pub program: Option<ProgramId>,
    /// Number of its leads.
    pub leads: usize,
}

/// Takes a slot for a chunk. Returns `None` when no slot is free.
pub async fn take(state: &AppState, owner: SlotOwner<'_>) -> Result<Option<usize>, Error> {
    let SlotOwner { chunk: id, program, leads } = owner;
    // The same chunk at two instances begins with the same slot.
    let first = id.number();
    for slot in (0..SLOTS).map(|offset| (first + offset) % SLOTS) {
        let Some(_reservation) = state.slots_in_use.reserve(slot) else { continue };
        let key = ChunkSlotKey { slot };
        match state.ports.store().inspect(&key).await? {
            Stored::Absent => {
                let at = state.ports.clock.now();
                let taken = ChunkSlot { v: ChunkSlot::VERSION, chunk: id.clone(), at, program, leads };
                state.ports.store().put(&key, &taken).await?;
                return Ok(Some(slot));
            }
            Stored::Readable(taken) if taken.chunk == *id => return Ok(Some(slot)),
            Stored::Readable(_) | Stored::Unreadable => {}
        }
    }
    Ok(None)
}

/// Returns the slot of a chunk: its own, or another one if another instance took that at the same time.
pub async fn keep(state: &AppState, owner: SlotOwner<'_>, slot: Option<usize>) -> Result<Option<usize>, Error> {
    let id = owner.chunk;
    if let Some(slot) = slot
        && state.ports.store().get_readable(&ChunkSlotKey { slot }).await?.is_some_and(|taken| taken.chunk == *id)
    {
        return Ok(Some(slot));
    }
    let taken = take(state, owner).await?;
    if taken.is_none() {
        // The maintenance gives the chunk a slot.
        platform::log!(Warn, "outbox.slot_missing", outbox = id);
    }
    Ok(taken)
}

/// Frees the slot of a chunk, unless another chunk has it.
pub async fn free(state: &AppState, id: &OutboxId, slot: usize) -> Result<(), Error> {
    let key = ChunkSlotKey { slot };
    if state.ports.store().get_readable(&key).await?.is_some_and(|taken| taken.chunk == *id) {
        state.ports.store().delete(&key).await?;
    }
    Ok(())
}

/// Frees the slot of a delivery that is not processed, unless the chunk itself has this slot.
pub async fn free_unused(state: &AppState, id: &OutboxId, slot: usize) -> Result<(), Error> {
    match state.ports.store().get_readable(&OutboxKey { id: id.clone() }).await? {
        Some(head) if head.slot == Some(slot) => Ok(()),
        _ => free(state, id, slot).await,
    }
}

/// Returns the slots that are taken.
pub async fn taken(state: &AppState) -> Result<Vec<(usize, ChunkSlot)>, Error> {
    let read = async |slot| (slot, state.ports.store().get_readable(&ChunkSlotKey { slot }).await);
    let mut taken = Vec::new();
    for (slot, stored) in run_bounded(MAX_CONCURRENT, (0..SLOTS).map(|slot| read(slot).boxed()).collect()).await {
        taken.extend(stored?.map(|stored| (slot, stored)));
    }
    taken.sort_unstable_by_key(|(_, taken)| taken.at);
    Ok(taken)
}

/// Returns the slots of the open chunks of a program.
pub async fn of_program(state: &AppState, program: ProgramId) -> Result<Vec<ChunkSlot>, Error> {
    let taken = taken(state).await?.into_iter().map(|(_, taken)| taken);
    Ok(taken.filter(|taken| taken.program == Some(program)).collect())
}

/// Returns whether a slot without a chunk is to be freed.
pub fn is_abandoned(taken: &ChunkSlot, now: Timestamp) -> bool {
    taken.at + EMPTY_RETENTION < now
}
