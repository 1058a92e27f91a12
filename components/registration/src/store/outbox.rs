//! The outbox: chunks that were accepted and whose callback is not delivered yet. A chunk in the outbox survives a
//! crash of its worker: the tick resumes it.

use crate::state::AppState;
use domain::records::{
    Callback, MAX_VALUE_BYTES, MappingCrashMarkerKey, Outbox, OutboxId, OutboxKey, OutboxLead, OutboxPart,
    OutboxPartKey, VERSION,
};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, Problem, ProgramId};
use futures::TryFutureExt;

/// Prefix of the outbox's keys.
pub const PREFIX: &str = "outbox:";

/// How long a claim on a chunk lasts: twice the renewal interval, and short enough for the tick to wait until it
/// expires. A chunk with an expired claim was left by a crashed worker.
const CLAIM_DURATION: SignedDuration = SignedDuration::from_secs(15);

/// How often a worker renews its claim. Each renewal is a write.
const CLAIM_RENEWAL_INTERVAL: SignedDuration = SignedDuration::from_secs(7);

/// The `claimed_until` of a released chunk.
const UNCLAIMED: Timestamp = Timestamp::UNIX_EPOCH;

/// Maximum size of the leads in one part, in bytes. The rest of a value is for the other fields.
const MAX_PART_BYTES: usize = MAX_VALUE_BYTES - 8_000;

/// A chunk that was read completely and that this worker claimed.
#[derive(Debug)]
pub struct ClaimedChunk {
    /// The chunk's id.
    pub id: OutboxId,
    /// Its head, as this worker wrote it.
    pub head: Outbox,
    /// All leads.
    pub leads: Vec<OutboxLead>,
}

/// A chunk that was accepted and is to be written.
#[derive(Debug)]
pub struct NewChunk {
    /// Where the outcomes go.
    pub callback: Callback,
    /// The program of the smart campaign, if it is in one.
    pub program: Option<ProgramId>,
    /// Whether the program is connected.
    pub is_connected: bool,
    /// All leads.
    pub leads: Vec<OutboxLead>,
}

/// Writes a new chunk and claims it. Writes the parts first, so that a chunk with a head is complete.
pub async fn write(state: &AppState, id: &OutboxId, chunk: NewChunk) -> Result<(), Error> {
    let NewChunk { callback, program, is_connected, leads } = chunk;
    let mut parts = split(leads)?.into_iter();
    let first = parts.next().unwrap_or_default();
    let store = state.ports.store();
    let mut more_parts = 0;
    for leads in parts {
        more_parts += 1;
        let key = OutboxPartKey { id: id.clone(), part: more_parts };
        store.put(&key, &OutboxPart { v: VERSION, leads }).await?;
    }
    let now = state.ports.clock.now();
    let head = Outbox {
        v: VERSION,
        accepted_at: now,
        claimed_until: now + CLAIM_DURATION,
        runs: 1,
        worker_crashed: false,
        callback_tries: 0,
        problem: None,
        callback,
        program,
        was_connected: is_connected,
        leads: first,
        more_parts,
    };
    write_head(state, id, &head).await
}

fn write_head<'a>(
    state: &'a AppState,
    id: &OutboxId,
    head: &Outbox,
) -> impl Future<Output = Result<(), Error>> + Send + use<'a> {
    state.ports.store().put(&OutboxKey { id: id.clone() }, head).err_into()
}

/// Reads the head of a chunk.
pub fn load_head<'a>(
    state: &'a AppState,
    id: &OutboxId,
) -> impl Future<Output = Result<Option<Outbox>, Error>> + Send + use<'a> {
    state.ports.store().get(&OutboxKey { id: id.clone() }).err_into()
}

/// Reads a complete chunk; `None` when it is gone.
pub async fn load(state: &AppState, id: &OutboxId) -> Result<Option<ClaimedChunk>, Error> {
    let Some(head) = load_head(state, id).await? else { return Ok(None) };
    let mut leads = head.leads.clone();
    for part in 1..=head.more_parts {
        let key = OutboxPartKey { id: id.clone(), part };
        let Some(part) = state.ports.store().get(&key).await? else {
            // Parts are written before the head, so an interrupted deletion removed this one.
            remove(state, id, &head).await?;
            return Ok(None);
        };
        leads.extend(part.leads);
    }
    Ok(Some(ClaimedChunk { id: id.clone(), head, leads }))
}

/// Takes a chunk over from another run: reads it, claims it and counts the run. Returns `None` when it is gone.
pub async fn take_over(state: &AppState, id: &OutboxId) -> Result<Option<ClaimedChunk>, Error> {
    let now = state.ports.clock.now();
    let Some(mut chunk) = load(state, id).await? else { return Ok(None) };
    chunk.head.worker_crashed |= chunk.head.claimed_until != UNCLAIMED;
    chunk.head.claimed_until = now + CLAIM_DURATION;
    chunk.head.runs += 1;
    write_head(state, id, &chunk.head).await?;
    platform::log!(Info, "outbox.resumed", outbox = id, runs = chunk.head.runs, leads = chunk.leads.len());
    Ok(Some(chunk))
}

/// Renews the claim while it is polled. Never returns.
pub async fn renew_claim(state: &AppState, chunk: &ClaimedChunk) {
    loop {
        state.ports.clock.sleep(CLAIM_RENEWAL_INTERVAL).await;
        let claimed_until = state.ports.clock.now() + CLAIM_DURATION;
        let head = Outbox { claimed_until, ..chunk.head.clone() };
        if let Err(error) = write_head(state, &chunk.id, &head).await {
            platform::log!(Warn, "outbox.renew_claim_failed", outbox = chunk.id, error = error);
        }
    }
}

/// Releases a chunk, for the next tick.
pub async fn release(state: &AppState, chunk: &ClaimedChunk) {
    let head = Outbox { claimed_until: UNCLAIMED, ..chunk.head.clone() };
    if let Err(error) = write_head(state, &chunk.id, &head).await {
        platform::log!(Warn, "outbox.release_failed", outbox = chunk.id, error = error);
    }
}

/// Records a failed callback and releases the chunk. With a problem the chunk is given up: it stays for the console,
/// and the tick ignores it.
pub async fn callback_failed(
    state: &AppState,
    chunk: &ClaimedChunk,
    tries: u32,
    problem: Option<Problem>,
) -> Result<(), Error> {
    platform::log!(Warn, "callback.delivery_failed", outbox = chunk.id, tries = tries, given_up = problem.is_some());
    let head = Outbox { callback_tries: tries, claimed_until: UNCLAIMED, problem, ..chunk.head.clone() };
    write_head(state, &chunk.id, &head).await
}

/// Deletes a chunk after its callback.
pub async fn delete(state: &AppState, chunk: &ClaimedChunk) -> Result<(), Error> {
    remove(state, &chunk.id, &chunk.head).await
}

/// Deletes the head last, so that the tick finds the rest of an interrupted deletion.
async fn remove(state: &AppState, id: &OutboxId, head: &Outbox) -> Result<(), Error> {
    let store = state.ports.store();
    for part in 1..=head.more_parts {
        store.delete(&OutboxPartKey { id: id.clone(), part }).await?;
    }
    if head.runs > 1 {
        store.delete(&MappingCrashMarkerKey { outbox: id.clone() }).await?;
    }
    Ok(store.delete(&OutboxKey { id: id.clone() }).await?)
}

/// Splits leads into parts of at most [`MAX_PART_BYTES`].
fn split(leads: Vec<OutboxLead>) -> Result<Vec<Vec<OutboxLead>>, Error> {
    let mut parts = vec![Vec::new()];
    let mut room = MAX_PART_BYTES;
    for lead in leads {
        let size = serde_json::to_vec(&lead).map_err(|error| Error::Internal(error.to_string()))?.len() + 1;
        if size > room && room < MAX_PART_BYTES {
            parts.push(Vec::new());
            room = MAX_PART_BYTES;
        }
        room = room.saturating_sub(size);
        if let Some(part) = parts.last_mut() {
            part.push(lead);
        }
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Sensitive;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn parts_fit_into_a_value_and_keep_every_lead(sizes in prop::collection::vec(0usize..9000, 0..40)) {
            let lead = |(id, size): (usize, &usize)| OutboxLead {
                id: (id as u64).into(),
                fields: Sensitive::new(vec![("f".into(), "x".repeat(*size))]),
                choice: None,
                status: None,
            };
            let leads: Vec<_> = sizes.iter().enumerate().map(lead).collect();
            let parts = split(leads.clone()).unwrap();
            for part in &parts {
                prop_assert!(serde_json::to_vec(part).unwrap().len() <= MAX_VALUE_BYTES);
            }
            prop_assert_eq!(parts.concat(), leads);
        }
    }
}
