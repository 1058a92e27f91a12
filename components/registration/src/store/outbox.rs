//! The outbox: chunks that were accepted and whose callback is not delivered yet. A chunk in the outbox survives a
//! crash of its worker: the tick resumes it.

use super::given_up;
use super::slots::{self, SlotOwner};
use crate::state::AppState;
use domain::records::{
    Callback, Lease, MAX_VALUE_BYTES, MappingCrashMarkerKey, Outbox, OutboxId, OutboxKey, OutboxLead, OutboxPart,
    OutboxPartKey, Record, RecordSource,
};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ErrorCode, LeadId, Problem, ProgramId, Sensitive};
use futures::TryFutureExt;
use platform::lease::{self, LeaseTerms, LeaseWatch, PendingClaim};
use std::ops::Range;

/// The terms of a claim on a chunk. It lasts for twice the renewal interval, and is short enough for the tick to wait until
/// it expires. A chunk with an expired claim was left by a crashed worker.
pub const CLAIM: LeaseTerms =
    LeaseTerms { max_duration: SignedDuration::from_secs(15), settling_time: SignedDuration::from_millis(250) };

/// How often a worker renews its claim. Each renewal is a write.
const CLAIM_RENEWAL_INTERVAL: SignedDuration = SignedDuration::from_secs(7);

/// How long a chunk whose account removed the app (R17) is left to the removal, which calls Marketo back.
const ENDING_TIMEOUT: SignedDuration = SignedDuration::from_hours(1);

/// How long the part of a chunk may be invisible before the chunk is given up.
pub const MISSING_PART_TIMEOUT: SignedDuration = SignedDuration::from_hours(24);

/// Maximum size of the leads in one part, in bytes. The rest of a value is for the other fields.
const MAX_PART_BYTES: usize = MAX_VALUE_BYTES - 8_000;

/// A chunk that was read completely and that this worker claimed.
#[derive(Debug)]
pub struct ClaimedChunk {
    /// The chunk's id.
    pub id: OutboxId,
    /// Its head, as this worker wrote it.
    pub head: Outbox,
    /// All leads, without those whose data was deleted.
    pub leads: Vec<OutboxLead>,
    /// The leads whose data was deleted.
    pub forgotten: Vec<LeadId>,
    /// Shows whether another worker has taken the chunk over.
    pub watch: LeaseWatch<OutboxKey>,
}

/// A chunk that this worker wrote and claimed. [`confirm`] shows whether the claim holds.
#[derive(Debug)]
pub struct WrittenChunk {
    /// The chunk's id.
    pub id: OutboxId,
    slot: usize,
    claim: PendingClaim,
    leads: Vec<OutboxLead>,
}

/// A chunk that was accepted and is to be written.
#[derive(Debug)]
pub struct NewChunk {
    /// Where the outcomes go.
    pub callback: Callback,
    /// The program of the smart campaign, if it is in one.
    pub program: Option<ProgramId>,
    /// The service that the program is connected through; `None` if it is not.
    pub source: Option<RecordSource>,
    /// The slot that names the chunk.
    pub slot: usize,
    /// All leads.
    pub leads: Vec<OutboxLead>,
}

/// Writes a new chunk and claims it. Writes the parts first, so that a chunk with a head is complete. Returns `None` if the
/// outbox has the chunk already.
pub async fn write(state: &AppState, id: &OutboxId, chunk: NewChunk) -> Result<Option<WrittenChunk>, Error> {
    let NewChunk { callback, program, source, slot, leads } = chunk;
    let parts = split(&leads)?;
    let store = state.ports.store();
    for (index, part) in parts.iter().enumerate().skip(1) {
        let key = OutboxPartKey { id: id.clone(), part: index };
        let at = Some(state.ports.clock.now());
        store.put(&key, &OutboxPart { v: OutboxPart::VERSION, at, leads: leads[part.clone()].to_vec() }).await?;
    }
    let first = parts.first().map_or_else(Vec::new, |part| leads[part.clone()].to_vec());
    let head = |claim| Outbox {
        v: Outbox::VERSION,
        accepted_at: state.ports.clock.now(),
        claim: Some(claim),
        runs: 1,
        worker_crashed: false,
        open_leads: None,
        progress_at: None,
        callback_tries: 0,
        ending: None,
        problem: None,
        callback,
        program,
        was_connected: source.is_some(),
        source,
        slot: Some(slot),
        leads: first,
        more_parts: parts.len().saturating_sub(1),
    };
    let key = OutboxKey { id: id.clone() };
    let claim = CLAIM.claim(&state.ports, &key, |stored, claim| stored.is_none().then(|| head(claim))).await?;
    Ok(claim.map(|claim| WrittenChunk { id: id.clone(), slot, claim, leads }))
}

/// Completes the claim on a new chunk. Returns `None` if another worker has it: the chunk was delivered twice at once.
pub async fn confirm(state: &AppState, chunk: WrittenChunk) -> Result<Option<ClaimedChunk>, Error> {
    let WrittenChunk { id, slot, claim, leads } = chunk;
    let Some(mut head) = CLAIM.confirm(&state.ports, &OutboxKey { id: id.clone() }, claim).await? else {
        slots::free_unused(state, &id, slot).await?;
        return Ok(None);
    };
    // Another instance may have taken the slot at the same time.
    let owner = SlotOwner { chunk: &id, program: head.program, leads: leads.len() };
    head.slot = slots::keep(state, owner, Some(slot)).await?;
    // The leads are in memory, so that the parts are not read again.
    Ok(Some(claimed(state, id, head, leads, claim)))
}

fn claimed(state: &AppState, id: OutboxId, head: Outbox, leads: Vec<OutboxLead>, claim: PendingClaim) -> ClaimedChunk {
    let watch = LeaseWatch::new(&state.ports, OutboxKey { id: id.clone() }, claim.lease.by);
    let (forgotten, leads): (Vec<_>, Vec<_>) = leads.into_iter().partition(|lead| lead.is_forgotten);
    let forgotten = forgotten.into_iter().map(|lead| lead.id).collect();
    ClaimedChunk { id, head, leads, forgotten, watch }
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

/// Reads the leads of a chunk; `None` while a part is not visible. Nothing is deleted for that: on some stores the parts
/// that another instance wrote show later than the head.
async fn read_leads(state: &AppState, id: &OutboxId, head: &Outbox) -> Result<Option<Vec<OutboxLead>>, Error> {
    let mut leads = head.leads.clone();
    for part in 1..=head.more_parts {
        let key = OutboxPartKey { id: id.clone(), part };
        let Some(part) = state.ports.store().get(&key).await? else {
            platform::log!(Warn, "outbox.part_missing", outbox = id, part = part);
            return Ok(None);
        };
        leads.extend(part.leads);
    }
    Ok(Some(leads))
}

/// Takes a chunk over from another run: reads it, claims it and counts the run. Returns `None` when it is gone, another
/// worker has claimed it, or a part of it is not visible.
pub async fn take_over(state: &AppState, id: &OutboxId) -> Result<Option<ClaimedChunk>, Error> {
    let Some(head) = load_head(state, id).await? else { return Ok(None) };
    let now = state.ports.clock.now();
    let is_ending = head.ending.is_some_and(|ending| now < ending.next_callback + ENDING_TIMEOUT);
    if is_ending || CLAIM.is_held(head.claim, now) {
        return Ok(None);
    }
    let key = OutboxKey { id: id.clone() };
    if read_leads(state, id, &head).await?.is_none() {
        if state.ports.clock.now().duration_since(head.accepted_at) >= MISSING_PART_TIMEOUT {
            platform::log!(Error, "outbox.given_up", outbox = id);
            let given_up = given_up_head(&head, &head.leads, Problem::of(ErrorCode::Internal));
            state.ports.store().put(&key, &given_up).await?;
            forget_given_up(state, id, &head).await?;
        }
        return Ok(None);
    }
    let taken_over = |stored: Option<Outbox>, claim| {
        stored.map(|head| Outbox {
            worker_crashed: head.worker_crashed || head.claim.is_some(),
            claim: Some(claim),
            runs: head.runs + 1,
            ..head
        })
    };
    let Some(claim) = CLAIM.claim(&state.ports, &key, taken_over).await? else { return Ok(None) };
    let Some(mut head) = CLAIM.confirm(&state.ports, &key, claim).await? else { return Ok(None) };
    // Read after the claim: a person may have been forgotten before.
    let Some(leads) = read_leads(state, id, &head).await? else {
        release(state, &claimed(state, id.clone(), head, Vec::new(), claim), None).await;
        return Ok(None);
    };
    let owner = SlotOwner { chunk: id, program: head.program, leads: leads.len() };
    head.slot = slots::keep(state, owner, head.slot).await?;
    platform::log!(Info, "outbox.resumed", outbox = id, runs = head.runs, leads = leads.len());
    Ok(Some(claimed(state, id.clone(), head, leads, claim)))
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

/// Releases a chunk, for the next tick. `open_leads`: number of leads without an outcome, if the run came so far.
pub async fn release(state: &AppState, chunk: &ClaimedChunk, open_leads: Option<usize>) {
    let progress_at = match open_leads {
        Some(open) => Some(last_progress(&chunk.head, open, state.ports.clock.now())),
        None => chunk.head.progress_at,
    };
    let open_leads = open_leads.or(chunk.head.open_leads);
    let head = Outbox { claim: None, open_leads, progress_at, ..chunk.head.clone() };
    if let Err(error) = replace_head(state, chunk, &head).await {
        platform::log!(Warn, "outbox.release_failed", outbox = chunk.id, error = error);
    }
}

/// Returns when a chunk last made progress: now, if a run leaves fewer leads without an outcome than the one before.
pub fn last_progress(head: &Outbox, open_leads: usize, now: Timestamp) -> Timestamp {
    let is_progress = head.open_leads.is_none_or(|before| open_leads < before);
    head.progress_at.filter(|_| !is_progress).unwrap_or(now)
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
    let head = Outbox { callback_tries: tries, claim: None, ..chunk.head.clone() };
    let Some(problem) = problem else { return replace_head(state, chunk, &head).await.map(drop) };
    if replace_head(state, chunk, &given_up_head(&head, &chunk.leads, problem)).await? {
        forget_given_up(state, &chunk.id, &head).await?;
    }
    Ok(())
}

/// Maximum number of leads whose ids are kept of a chunk that was given up.
const MAX_GIVEN_UP_LEADS: usize = 500;

/// Returns what is kept of a chunk that was given up: ids and problem, and nothing of the people.
fn given_up_head(head: &Outbox, leads: &[OutboxLead], problem: Problem) -> Outbox {
    let ids = leads.iter().take(MAX_GIVEN_UP_LEADS).map(|lead| OutboxLead {
        id: lead.id,
        fields: Sensitive::new(Vec::new()),
        choice: None,
        status: None,
        is_forgotten: false,
    });
    let callback = Callback {
        url: String::new(),
        token: Sensitive::from(""),
        api_key: Sensitive::from(""),
        munchkin_id: head.callback.munchkin_id.clone(),
    };
    let leads = ids.collect();
    Outbox { problem: Some(problem), claim: None, callback, leads, more_parts: 0, slot: None, ..head.clone() }
}

/// Deletes what else the store has of a chunk that was given up, and adds it to the index.
async fn forget_given_up(state: &AppState, id: &OutboxId, before: &Outbox) -> Result<(), Error> {
    given_up::add(state, id).await?;
    delete_beside_head(state, id, before).await
}

/// Dismisses a chunk that was given up. Returns whether there is one.
pub async fn dismiss(state: &AppState, id: &OutboxId) -> Result<bool, Error> {
    let head = load_readable_head(state, id).await?.filter(|head| head.problem.is_some());
    if let Some(head) = &head {
        remove(state, id, head).await?;
    }
    given_up::remove(state, id).await?;
    Ok(head.is_some())
}

/// Deletes a chunk after its callback: the head first, so that nobody runs it without its parts. The sweep finds parts that
/// an interrupted deletion left.
pub async fn delete(state: &AppState, chunk: &ClaimedChunk) -> Result<(), Error> {
    remove(state, &chunk.id, &chunk.head).await
}

/// Deletes a chunk that no worker has.
pub async fn remove(state: &AppState, id: &OutboxId, head: &Outbox) -> Result<(), Error> {
    state.ports.store().delete(&OutboxKey { id: id.clone() }).await?;
    delete_beside_head(state, id, head).await
}

/// Deletes what else the store has of a chunk.
pub(super) async fn delete_beside_head(state: &AppState, id: &OutboxId, head: &Outbox) -> Result<(), Error> {
    delete_parts(state, id, head).await?;
    if head.runs > 1 {
        state.ports.store().delete(&MappingCrashMarkerKey { id: id.clone() }).await?;
    }
    match head.slot {
        Some(slot) => slots::free(state, id, slot).await,
        None => Ok(()),
    }
}

/// Deletes the further parts of a chunk.
pub async fn delete_parts(state: &AppState, id: &OutboxId, head: &Outbox) -> Result<(), Error> {
    for part in 1..=head.more_parts {
        state.ports.store().delete(&OutboxPartKey { id: id.clone(), part }).await?;
    }
    Ok(())
}

/// Splits leads into parts of at most [`MAX_PART_BYTES`].
fn split(leads: &[OutboxLead]) -> Result<Vec<Range<usize>>, Error> {
    let mut parts = Vec::new();
    let (mut start, mut room) = (0, MAX_PART_BYTES);
    for (index, lead) in leads.iter().enumerate() {
        let size = serde_json::to_vec(lead).map_err(|error| Error::Internal(error.to_string()))?.len() + 1;
        if size > room && index > start {
            parts.push(start..index);
            (start, room) = (index, MAX_PART_BYTES);
        }
        room = room.saturating_sub(size);
    }
    parts.push(start..leads.len());
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
                is_forgotten: false,
            };
            let leads: Vec<_> = sizes.iter().enumerate().map(lead).collect();
            let parts = split(&leads).unwrap();
            for part in &parts {
                prop_assert!(serde_json::to_vec(&leads[part.clone()]).unwrap().len() <= MAX_VALUE_BYTES);
            }
            prop_assert_eq!(parts.into_iter().flatten().collect::<Vec<_>>(), (0..leads.len()).collect::<Vec<_>>());
        }
    }
}
