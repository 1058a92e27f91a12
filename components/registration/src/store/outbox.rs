//! The outbox: chunks that were accepted and whose callback is not delivered yet. A chunk in the outbox survives a
//! crash of its worker: the tick resumes it.

use crate::state::AppState;
use domain::records::{
    Callback, Lease, MAX_VALUE_BYTES, MappingCrashMarkerKey, Outbox, OutboxId, OutboxKey, OutboxLead, OutboxPart,
    OutboxPartKey, Record,
};
use domain::time::SignedDuration;
use domain::{Error, Problem, ProgramId};
use futures::TryFutureExt;
use platform::lease::{self, LeaseTerms};

/// The terms of a claim on a chunk. It lasts for twice the renewal interval, and is short enough for the tick to wait until
/// it expires. A chunk with an expired claim was left by a crashed worker.
pub const CLAIM: LeaseTerms =
    LeaseTerms { max_duration: SignedDuration::from_secs(15), settling_time: SignedDuration::from_millis(50) };

/// How often a worker renews its claim. Each renewal is a write.
const CLAIM_RENEWAL_INTERVAL: SignedDuration = SignedDuration::from_secs(7);

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

/// Writes a new chunk and claims it. Writes the parts first, so that a chunk with a head is complete. Returns the claim,
/// which [`confirm`] completes.
pub async fn write(state: &AppState, id: &OutboxId, chunk: NewChunk) -> Result<Lease, Error> {
    let NewChunk { callback, program, is_connected, leads } = chunk;
    let mut parts = split(leads)?.into_iter();
    let first = parts.next().unwrap_or_default();
    let store = state.ports.store();
    let mut more_parts = 0;
    for leads in parts {
        more_parts += 1;
        let key = OutboxPartKey { id: id.clone(), part: more_parts };
        store.put(&key, &OutboxPart { v: OutboxPart::VERSION, leads }).await?;
    }
    let claim = CLAIM.grant(&state.ports);
    let head = Outbox {
        v: Outbox::VERSION,
        accepted_at: state.ports.clock.now(),
        claim: Some(claim),
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
    write_head(state, id, &head).await?;
    Ok(claim)
}

/// Reads a new chunk after [`write`](write()). Returns `None` if another worker has it: the chunk was delivered twice at once.
pub async fn confirm(state: &AppState, id: &OutboxId, claim: Lease) -> Result<Option<ClaimedChunk>, Error> {
    let key = OutboxKey { id: id.clone() };
    match CLAIM.confirm(&state.ports, &key, claim).await? {
        Some(head) => read_leads(state, id, head).await,
        None => Ok(None),
    }
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

/// Reads the head of a chunk for a loop over many. Logs and skips an unreadable one.
pub fn load_readable_head<'a>(
    state: &'a AppState,
    id: &OutboxId,
) -> impl Future<Output = Result<Option<Outbox>, Error>> + Send + use<'a> {
    state.ports.store().get_readable(&OutboxKey { id: id.clone() }).err_into()
}

/// Reads the leads of a chunk for a loop over many chunks, without those of parts that are gone or unreadable.
pub async fn readable_leads(state: &AppState, id: &OutboxId, head: Outbox) -> Result<Vec<OutboxLead>, Error> {
    let mut leads = head.leads;
    for part in 1..=head.more_parts {
        let key = OutboxPartKey { id: id.clone(), part };
        leads.extend(state.ports.store().get_readable(&key).await?.map(|part| part.leads).unwrap_or_default());
    }
    Ok(leads)
}

/// Reads a complete chunk; `None` when it is gone.
pub async fn load(state: &AppState, id: &OutboxId) -> Result<Option<ClaimedChunk>, Error> {
    match load_head(state, id).await? {
        Some(head) => read_leads(state, id, head).await,
        None => Ok(None),
    }
}

/// Reads the leads of a chunk; `None` when it is gone.
async fn read_leads(state: &AppState, id: &OutboxId, head: Outbox) -> Result<Option<ClaimedChunk>, Error> {
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

/// Takes a chunk over from another run: reads it, claims it and counts the run. Returns `None` when it is gone, or another
/// worker has claimed it.
pub async fn take_over(state: &AppState, id: &OutboxId) -> Result<Option<ClaimedChunk>, Error> {
    let Some(head) = load_head(state, id).await? else { return Ok(None) };
    if CLAIM.is_held(head.claim, state.ports.clock.now()) {
        return Ok(None);
    }
    let Some(mut chunk) = read_leads(state, id, head).await? else { return Ok(None) };
    let claim = CLAIM.grant(&state.ports);
    chunk.head.worker_crashed |= chunk.head.claim.is_some();
    chunk.head.claim = Some(claim);
    chunk.head.runs += 1;
    write_head(state, id, &chunk.head).await?;
    if CLAIM.confirm(&state.ports, &OutboxKey { id: id.clone() }, claim).await?.is_none() {
        return Ok(None);
    }
    platform::log!(Info, "outbox.resumed", outbox = id, runs = chunk.head.runs, leads = chunk.leads.len());
    Ok(Some(chunk))
}

/// Renews the claim while it is polled. Returns when another worker has claimed the chunk.
pub async fn renew_claim(state: &AppState, chunk: &ClaimedChunk) {
    loop {
        state.ports.clock.sleep(CLAIM_RENEWAL_INTERVAL).await;
        let until = state.ports.clock.now() + CLAIM.max_duration;
        let claim = chunk.head.claim.map(|claim| Lease { until, ..claim });
        match replace_head(state, chunk, &Outbox { claim, ..chunk.head.clone() }).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => platform::log!(Warn, "outbox.renew_claim_failed", outbox = chunk.id, error = error),
        }
    }
}

/// Writes the head unless another worker has claimed the chunk, or it is gone. Returns whether it did.
async fn replace_head(state: &AppState, chunk: &ClaimedChunk, head: &Outbox) -> Result<bool, Error> {
    let Some(claim) = chunk.head.claim else { return Ok(false) };
    let is_owned = lease::replace_owned(&state.ports, &OutboxKey { id: chunk.id.clone() }, claim.by, head).await?;
    if !is_owned {
        platform::log!(Warn, "outbox.claim_lost", outbox = chunk.id);
    }
    Ok(is_owned)
}

/// Releases a chunk, for the next tick.
pub async fn release(state: &AppState, chunk: &ClaimedChunk) {
    let head = Outbox { claim: None, ..chunk.head.clone() };
    if let Err(error) = replace_head(state, chunk, &head).await {
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
    let head = Outbox { callback_tries: tries, claim: None, problem, ..chunk.head.clone() };
    replace_head(state, chunk, &head).await.map(drop)
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
        store.delete(&MappingCrashMarkerKey { id: id.clone() }).await?;
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
