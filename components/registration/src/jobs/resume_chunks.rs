//! Resumes chunks that no worker processes: deferred ones, and those of crashed workers.

use crate::flow_step::process;
use crate::state::AppState;
use crate::store::outbox;
use domain::Error;
use domain::records::OutboxId;
use domain::time::{SignedDuration, Timestamp};

/// Minimum time left to start a chunk: three seconds for Zoom, and the reserve for Marketo.
const MIN_TIME_LEFT: SignedDuration = SignedDuration::from_secs(3 + process::MARKETO_RESERVE.as_secs());

/// Resumes abandoned chunks until the deadline. `keys`: the outbox's keys. Returns the number of resumed chunks.
pub async fn resume_abandoned(state: &AppState, keys: &[String], deadline: Timestamp) -> Result<u64, Error> {
    let mut resumed = 0;
    let mut claimed = Vec::new();
    for key in keys {
        let Some(id) = OutboxId::from_key(key) else { continue };
        let Some(head) = outbox::load_head(state, &id).await? else { continue };
        if head.problem.is_some() {
            continue;
        }
        if head.claimed_until > state.ports.clock.now() {
            claimed.push((id, head.claimed_until));
        } else {
            resumed += u64::from(resume(state, &id, deadline).await?);
        }
    }
    // The workers of these chunks may have crashed. If so, their claims expire within this tick.
    for (id, claimed_until) in claimed {
        let wait = claimed_until.duration_since(state.ports.clock.now());
        if state.ports.clock.now() + wait + MIN_TIME_LEFT >= deadline {
            continue;
        }
        state.ports.clock.sleep(wait).await;
        let head = outbox::load_head(state, &id).await?;
        if head.is_some_and(|head| head.claimed_until <= state.ports.clock.now() && head.problem.is_none()) {
            resumed += u64::from(resume(state, &id, deadline).await?);
        }
    }
    Ok(resumed)
}

/// Resumes a chunk, if there is time. Returns whether it did.
async fn resume(state: &AppState, id: &OutboxId, deadline: Timestamp) -> Result<bool, Error> {
    if state.ports.clock.now() + MIN_TIME_LEFT >= deadline {
        return Ok(false);
    }
    let Some(chunk) = outbox::take_over(state, id).await? else { return Ok(false) };
    process::process(state, chunk, deadline).await;
    Ok(true)
}
