//! Ends a chunk whose account removed the app (R17): Marketo waits for its callback, so the leads are reported as failed before
//! the chunk is deleted.

use super::callback::{self, Delivery};
use crate::outcome::LeadResult;
use crate::state::AppState;
use crate::store::outbox::{self, CLAIM, MISSING_PART_TIMEOUT};
use crate::store::{chunk_leads, seizure};
use domain::records::{ChunkEnding, Outbox, OutboxId};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ErrorCode, Problem};

/// How long one callback is tried. The caller has a deadline, and repeats what fails.
const CALLBACK_TIMEOUT: SignedDuration = SignedDuration::from_secs(3);

/// Number of failed callbacks after which the chunk is deleted without one: nothing of the account may stay.
const MAX_CALLBACKS: u32 = 3;

/// Minimum time between two callbacks: less than the minute between two ticks, so that each tick sends one.
const CALLBACK_INTERVAL: SignedDuration = SignedDuration::from_secs(45);

/// Ends a chunk. Returns whether it is gone; otherwise the caller calls again.
///
/// A chunk that a worker has is only taken from it, since the worker may be calling Marketo back: a worker that lost its claim
/// stops before the claim of this call expires. Then, and for a chunk that no worker has, Marketo is called back. A part that is not
/// visible is waited for.
pub async fn end(state: &AppState, id: &OutboxId, deadline: Timestamp) -> Result<bool, Error> {
    let Some(head) = outbox::load_readable_head(state, id).await? else { return Ok(true) };
    if head.problem.is_some() {
        seizure::remove(state, id, &head).await?;
        return Ok(true);
    }
    let now = state.ports.clock.now();
    if now + CLAIM.settling_time + CALLBACK_TIMEOUT > deadline {
        return Ok(false);
    }
    let is_held = CLAIM.is_held(head.claim, now);
    if head.ending.is_some_and(|ending| is_held || now < ending.next_callback) {
        return Ok(false);
    }
    let ending = head.ending.unwrap_or(ChunkEnding { callback_tries: 0, next_callback: now });
    let begin = |head| Outbox { ending: Some(ending), ..head };
    let Some(head) = seizure::seize(state, id, &head, &begin).await? else { return Ok(false) };
    if is_held {
        return Ok(false);
    }
    let visible = chunk_leads::visible_leads(state, id, head.clone()).await?;
    if visible.is_part_missing && now.duration_since(head.accepted_at) < MISSING_PART_TIMEOUT {
        return Ok(false);
    }
    let problem = Problem::of(ErrorCode::ServiceNotFound);
    let failed = visible.leads.iter().map(|lead| LeadResult::failed(lead.id, problem.clone()));
    let results: Vec<_> = failed.collect();
    let until = state.ports.clock.now() + CALLBACK_TIMEOUT;
    match callback::deliver(state, &head.callback, &results, until).await {
        Delivery::Accepted => platform::log!(Info, "callback.delivered", outbox = id, leads = results.len()),
        Delivery::NotExpected(status) => platform::log!(Warn, "callback.discarded", outbox = id, status = status),
        Delivery::Failed => {
            let tries = ending.callback_tries + 1;
            let given_up = tries >= MAX_CALLBACKS;
            platform::log!(Warn, "callback.delivery_failed", outbox = id, tries = tries, given_up = given_up);
            if !given_up {
                keep_ids(state, id, &head, tries).await?;
                return Ok(false);
            }
        }
    }
    // Marked first, so that an interrupted deletion is resumed without another callback.
    let marked = Outbox { problem: Some(problem), leads: Vec::new(), ..head.clone() };
    if seizure::replace(state, id, &head, &marked).await? {
        seizure::remove(state, id, &head).await?;
        return Ok(true);
    }
    Ok(false)
}

/// Keeps no more of a chunk than the next callback needs.
async fn keep_ids(state: &AppState, id: &OutboxId, head: &Outbox, callback_tries: u32) -> Result<(), Error> {
    seizure::strip_parts(state, id, head, &|_| true).await?;
    let next_callback = state.ports.clock.now() + CALLBACK_INTERVAL;
    let ending = Some(ChunkEnding { callback_tries, next_callback });
    let kept = Outbox { ending, leads: seizure::stripped(&head.leads, &|_| true), ..head.clone() };
    seizure::replace(state, id, head, &kept).await.map(drop)
}
