//! Ends a chunk whose account removed the app (R17): Marketo waits for its callback, so the leads are reported as failed before
//! the chunk is deleted.

use super::callback::{self, Delivery};
use crate::outcome::LeadResult;
use crate::state::AppState;
use crate::store::{outbox, seizure};
use domain::records::{Outbox, OutboxId, OutboxKey, OutboxLead};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ErrorCode, Problem};

/// How long one callback is tried. The caller has a deadline, and repeats what fails.
const CALLBACK_TIMEOUT: SignedDuration = SignedDuration::from_secs(3);

/// Number of failed callbacks after which the chunk is deleted without one: nothing of the account may stay. The calls are a
/// minute apart.
const MAX_CALLBACKS: u32 = 3;

/// Ends a chunk, whether a worker has it or not. Returns whether it is gone.
pub async fn end(state: &AppState, id: &OutboxId, deadline: Timestamp) -> Result<bool, Error> {
    let Some(head) = outbox::load_readable_head(state, id).await? else { return Ok(true) };
    if head.problem.is_some() {
        seizure::remove(state, id, &head).await?;
        return Ok(true);
    }
    if state.ports.clock.now() + CALLBACK_TIMEOUT > deadline {
        return Ok(false);
    }
    let Some(head) = seizure::seize(state, id, &head).await? else { return Ok(false) };
    let leads = outbox::readable_leads(state, id, head.clone()).await?;
    let problem = Problem::of(ErrorCode::ServiceNotFound);
    let results: Vec<_> = leads.iter().map(|lead| LeadResult::failed(lead.id, problem.clone())).collect();
    let until = state.ports.clock.now() + CALLBACK_TIMEOUT;
    let tries = head.callback_tries + 1;
    match callback::deliver(state, &head.callback, &results, until).await {
        Delivery::Accepted => platform::log!(Info, "callback.delivered", outbox = id, leads = results.len()),
        Delivery::NotExpected(status) => platform::log!(Warn, "callback.discarded", outbox = id, status = status),
        Delivery::Failed => {
            let given_up = tries >= MAX_CALLBACKS;
            platform::log!(Warn, "callback.delivery_failed", outbox = id, tries = tries, given_up = given_up);
            if !given_up {
                keep_ids(state, id, &head, &leads, tries).await?;
                return Ok(false);
            }
        }
    }
    seizure::remove(state, id, &head).await?;
    Ok(true)
}

/// Keeps no more of a chunk than the next callback needs.
async fn keep_ids(
    state: &AppState,
    id: &OutboxId,
    head: &Outbox,
    leads: &[OutboxLead],
    callback_tries: u32,
) -> Result<(), Error> {
    let leads: Vec<_> = leads.iter().map(|lead| OutboxLead::forgotten(lead.id)).collect();
    let kept = Outbox { callback_tries, leads, more_parts: 0, ..head.clone() };
    state.ports.store().put(&OutboxKey { id: id.clone() }, &kept).await?;
    outbox::delete_parts(state, id, head).await
}
