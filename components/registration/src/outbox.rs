//! The outbox: chunks that were accepted and not yet called back. What is written here is not lost, whenever the
//! process dies; the tick carries on with it.

use crate::app::App;
use crate::flow_step::run;
use domain::records::{
    Callback, Lead, MAX_VALUE_BYTES, Outbox, OutboxId, OutboxKey, OutboxPart, OutboxPartKey, QuestionedKey, VERSION,
};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, Problem, ProgramId};

/// A chunk that nobody has claimed for this long belongs to a process that died. Instances renew their claim twice
/// as often; the tick can wait it out within one run.
const CLAIM: SignedDuration = SignedDuration::from_secs(15);

/// How often a claim is renewed. Each time is a write.
const CLAIM_RENEWAL: SignedDuration = SignedDuration::from_secs(7);

/// Leads of one part take at most this much, so that the rest of the record fits beside them.
const PART_BYTES: usize = MAX_VALUE_BYTES - 8_000;

/// The least time that makes it worth while to begin with a chunk: three seconds for Zoom, and Marketo's.
const WORTH_BEGINNING: SignedDuration = SignedDuration::from_secs(3 + run::FOR_MARKETO.as_secs());

/// A chunk, read whole and claimed.
#[derive(Debug)]
pub struct Work {
    /// Which.
    pub id: OutboxId,
    /// Its head, as this run wrote it.
    pub head: Outbox,
    /// All leads.
    pub leads: Vec<Lead>,
}

/// A chunk to be written.
#[derive(Debug)]
pub struct NewChunk {
    /// How to call back.
    pub callback: Callback,
    /// The program of the smart campaign, if it is in one.
    pub program: Option<ProgramId>,
    /// Whether that is connected.
    pub is_connected: bool,
    /// All leads.
    pub leads: Vec<Lead>,
}

/// Writes a new chunk, parts first: a chunk whose head is there is whole. It is claimed by the writer.
pub async fn write(app: &App, id: &OutboxId, chunk: NewChunk) -> Result<(), Error> {
    let NewChunk { callback, program, is_connected, leads } = chunk;
    let mut parts = split(leads)?.into_iter();
    let first = parts.next().unwrap_or_default();
    let store = app.ports.store();
    let mut more_parts = 0;
    for leads in parts {
        more_parts += 1;
        let key = OutboxPartKey { id: id.clone(), part: more_parts };
        store.put(&key, &OutboxPart { v: VERSION, leads }).await?;
    }
    let now = app.ports.clock.now();
    let head = Outbox {
        v: VERSION,
        accepted_at: now,
        claimed_until: now + CLAIM,
        runs: 1,
        at_work: true,
        died: false,
        callback_tries: 0,
        problem: None,
        callback,
        program,
        was_connected: is_connected,
        leads: first,
        more_parts,
    };
    Ok(store.put(&OutboxKey { id: id.clone() }, &head).await?)
}

/// A chunk's head.
pub async fn load_head(app: &App, id: &OutboxId) -> Result<Option<Outbox>, Error> {
    Ok(app.ports.store().get(&OutboxKey { id: id.clone() }).await?)
}

/// A whole chunk; `None` when it is gone.
pub async fn load(app: &App, id: &OutboxId) -> Result<Option<Work>, Error> {
    let Some(head) = load_head(app, id).await? else { return Ok(None) };
    let mut leads = head.leads.clone();
    for part in 1..=head.more_parts {
        let key = OutboxPartKey { id: id.clone(), part };
        let Some(part) = app.ports.store().get(&key).await? else {
            // Parts come before their head, so the chunk was being removed when the process died or the store failed.
            remove(app, id, &head).await?;
            return Ok(None);
        };
        leads.extend(part.leads);
    }
    Ok(Some(Work { id: id.clone(), head, leads }))
}

/// Renews the claim for as long as it is polled. Never returns.
pub async fn keep_claimed(app: &App, work: &Work) {
    loop {
        app.ports.clock.sleep(CLAIM_RENEWAL).await;
        let claimed_until = app.ports.clock.now() + CLAIM;
        let head = Outbox { claimed_until, ..work.head.clone() };
        if let Err(error) = app.ports.store().put(&OutboxKey { id: work.id.clone() }, &head).await {
            platform::log!("outbox.claim_not_renewed", outbox = work.id, error = error);
        }
    }
}

/// Gives a chunk up to the next tick.
pub async fn release(app: &App, work: &Work) {
    let head = Outbox { claimed_until: app.ports.clock.now(), at_work: false, ..work.head.clone() };
    if let Err(error) = app.ports.store().put(&OutboxKey { id: work.id.clone() }, &head).await {
        platform::log!("outbox.not_released", outbox = work.id, error = error);
    }
}

/// Notes a callback that did not get through. With a problem the chunk is kept for people and worked on no more.
pub async fn callback_failed(app: &App, work: &Work, tries: u32, problem: Option<Problem>) -> Result<(), Error> {
    platform::log!("flow_step.callback_failed", outbox = work.id, tries = tries, given_up = problem.is_some());
    let claimed_until = app.ports.clock.now();
    let head = Outbox { callback_tries: tries, claimed_until, at_work: false, problem, ..work.head.clone() };
    Ok(app.ports.store().put(&OutboxKey { id: work.id.clone() }, &head).await?)
}

/// Removes a chunk that was called back.
pub async fn forget(app: &App, work: &Work) -> Result<(), Error> {
    remove(app, &work.id, &work.head).await
}

/// Removes a chunk, head last: by a head whose parts are missing the tick finds what was not removed.
async fn remove(app: &App, id: &OutboxId, head: &Outbox) -> Result<(), Error> {
    let store = app.ports.store();
    for part in 1..=head.more_parts {
        store.delete(&OutboxPartKey { id: id.clone(), part }).await?;
    }
    if head.runs > 1 {
        store.delete(&QuestionedKey { outbox: id.clone() }).await?;
    }
    Ok(store.delete(&OutboxKey { id: id.clone() }).await?)
}

/// Carries on with the chunks behind some store keys that nobody works on, as far as time allows. Returns how many.
pub async fn carry_on(app: &App, keys: &[String], deadline: Timestamp) -> Result<u64, Error> {
    let mut worked = 0;
    let mut claimed = Vec::new();
    for key in keys {
        let Some(id) = OutboxId::from_key(key) else { continue };
        let Some(head) = load_head(app, &id).await? else { continue };
        if head.problem.is_some() {
            continue;
        }
        if head.claimed_until > app.ports.clock.now() {
            claimed.push((id, head.claimed_until));
        } else {
            worked += u64::from(take_over(app, &id, deadline).await?);
        }
    }
    // Whoever claimed these may be dead. A claim that runs out within this tick tells.
    for (id, claimed_until) in claimed {
        let wait = claimed_until.duration_since(app.ports.clock.now());
        if app.ports.clock.now() + wait + WORTH_BEGINNING >= deadline {
            continue;
        }
        app.ports.clock.sleep(wait).await;
        let head = load_head(app, &id).await?;
        if head.is_some_and(|head| head.claimed_until <= app.ports.clock.now() && head.problem.is_none()) {
            worked += u64::from(take_over(app, &id, deadline).await?);
        }
    }
    Ok(worked)
}

/// Claims a chunk and works on it, if there is time.
async fn take_over(app: &App, id: &OutboxId, deadline: Timestamp) -> Result<bool, Error> {
    let now = app.ports.clock.now();
    if now + WORTH_BEGINNING >= deadline {
        return Ok(false);
    }
    let Some(mut work) = load(app, id).await? else { return Ok(false) };
    work.head.claimed_until = now + CLAIM;
    work.head.runs += 1;
    work.head.died |= work.head.at_work;
    work.head.at_work = true;
    app.ports.store().put(&OutboxKey { id: id.clone() }, &work.head).await?;
    platform::log!("outbox.taken_over", outbox = id, runs = work.head.runs, leads = work.leads.len());
    run::work_on(app, work, deadline).await;
    Ok(true)
}

/// Cuts leads into parts of at most [`PART_BYTES`].
fn split(leads: Vec<Lead>) -> Result<Vec<Vec<Lead>>, Error> {
    let mut parts = vec![Vec::new()];
    let mut room = PART_BYTES;
    for lead in leads {
        let size = serde_json::to_vec(&lead).map_err(|error| Error::Ours(error.to_string()))?.len() + 1;
        if size > room && room < PART_BYTES {
            parts.push(Vec::new());
            room = PART_BYTES;
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
        fn parts_fit_into_a_value_and_lose_nobody(sizes in prop::collection::vec(0usize..9000, 0..40)) {
            let lead = |(id, size): (usize, &usize)| Lead {
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
