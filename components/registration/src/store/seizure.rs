//! Takes chunks from their workers, when an account removed the app (R17) or a person is forgotten.

use super::given_up;
use super::outbox::{CLAIM, delete_beside_head};
use crate::state::AppState;
use domain::Error;
use domain::records::{Outbox, OutboxId, OutboxKey};
use platform::lease;

/// Takes a chunk from its worker, if it has one, with other leads in the head.
///
/// The worker sees that before it adds a lead and before it calls Marketo. Returns the head as it was written; `None` if the worker
/// wrote at the same time.
pub async fn seize(state: &AppState, id: &OutboxId, head: &Outbox) -> Result<Option<Outbox>, Error> {
    let key = OutboxKey { id: id.clone() };
    let was_held = CLAIM.is_held(head.claim, state.ports.clock.now());
    let claim = CLAIM.grant(&state.ports);
    let seized = Outbox { claim: Some(claim), ..head.clone() };
    state.ports.store().put(&key, &seized).await?;
    if was_held {
        // The worker may have been writing.
        state.ports.clock.sleep(CLAIM.settling_time).await;
    }
    lease::read_owned(&state.ports, &key, claim.by).await
}

/// Deletes a chunk that this worker seized: the head last, so that an interrupted deletion is found again.
pub async fn remove(state: &AppState, id: &OutboxId, head: &Outbox) -> Result<(), Error> {
    delete_beside_head(state, id, head).await?;
    given_up::remove(state, id).await?;
    Ok(state.ports.store().delete(&OutboxKey { id: id.clone() }).await?)
}
