//! Takes chunks from their workers, when an account removed the app (R17) or a person is forgotten.

use super::given_up;
use super::outbox::{CLAIM, delete_beside_head};
use crate::state::AppState;
use domain::Error;
use domain::records::{Outbox, OutboxId, OutboxKey, OutboxLead, OutboxPart, OutboxPartKey};
use platform::lease;

/// Takes a chunk from its worker, if it has one, with a change of the head. `seen`: the head as the caller read it.
///
/// The worker sees that before it adds a lead and before it calls Marketo. Its add calls count as after a crash (R12). Returns the
/// head as it was written; `None` if the chunk is gone or has another owner, or the worker wrote at the same time.
pub async fn seize(
    state: &AppState,
    id: &OutboxId,
    seen: &Outbox,
    change: &(dyn Fn(Outbox) -> Outbox + Sync),
) -> Result<Option<Outbox>, Error> {
    let key = OutboxKey { id: id.clone() };
    let owner = |head: &Outbox| head.claim.map(|claim| claim.by);
    // Its worker may have called it back and deleted it since: what is written now would bring it back.
    let stored = state.ports.store().get_readable(&key).await?;
    let Some(stored) = stored.filter(|stored| stored.problem.is_none() && owner(stored) == owner(seen)) else {
        return Ok(None);
    };
    let claim = CLAIM.grant(&state.ports);
    let worker_crashed = stored.worker_crashed || stored.claim.is_some();
    let seized = Outbox { claim: Some(claim), worker_crashed, ..change(stored) };
    state.ports.store().put(&key, &seized).await?;
    // A worker may have been writing: its own head, or a new claim.
    state.ports.clock.sleep(CLAIM.settling_time).await;
    lease::read_owned(&state.ports, &key, claim.by).await
}

/// Writes the head of a seized chunk, which may be released with it. Returns `false` if the chunk is gone or has another owner.
pub async fn replace(state: &AppState, id: &OutboxId, seized: &Outbox, head: &Outbox) -> Result<bool, Error> {
    let Some(claim) = seized.claim else { return Ok(false) };
    lease::replace_owned(&state.ports, &OutboxKey { id: id.clone() }, claim.by, head).await
}

/// Replaces leads in the further parts of a seized chunk by their ids. Stops when the chunk is gone or has another owner.
pub async fn strip_parts(
    state: &AppState,
    id: &OutboxId,
    seized: &Outbox,
    is_stripped: &(dyn Fn(&OutboxLead) -> bool + Sync),
) -> Result<(), Error> {
    let Some(claim) = seized.claim else { return Ok(()) };
    for part in 1..=seized.more_parts {
        let key = OutboxPartKey { id: id.clone(), part };
        let Some(stored) = state.ports.store().get_readable(&key).await? else { continue };
        let leads = stripped(&stored.leads, is_stripped);
        if leads == stored.leads {
            continue;
        }
        if lease::read_owned(&state.ports, &OutboxKey { id: id.clone() }, claim.by).await?.is_none() {
            return Ok(());
        }
        state.ports.store().put(&key, &OutboxPart { leads, ..stored }).await?;
    }
    Ok(())
}

/// Returns leads of which some are replaced by their ids.
pub fn stripped(leads: &[OutboxLead], is_stripped: &(dyn Fn(&OutboxLead) -> bool + Sync)) -> Vec<OutboxLead> {
    let strip = |lead: &OutboxLead| if is_stripped(lead) { OutboxLead::forgotten(lead.id) } else { lead.clone() };
    leads.iter().map(strip).collect()
}

/// Deletes a chunk that this worker seized: the head last, so that an interrupted deletion is found again.
pub async fn remove(state: &AppState, id: &OutboxId, head: &Outbox) -> Result<(), Error> {
    delete_beside_head(state, id, head).await?;
    given_up::remove(state, id).await?;
    Ok(state.ports.store().delete(&OutboxKey { id: id.clone() }).await?)
}
