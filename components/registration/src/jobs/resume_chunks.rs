//! Resumes chunks that no worker processes: deferred ones, and those of crashed workers.

use crate::flow_step::process::{self, MIN_RUN_TIME};
use crate::state::AppState;
use crate::store::outbox::{self, CLAIM};
use crate::store::slots;
use anyhow::Context;
use domain::records::{Outbox, OutboxId, OutboxKey};
use domain::time::Timestamp;
use platform::internal_api::JobReport;
use platform::store::Stored;

/// Resumes abandoned chunks until the deadline. Reports the number of resumed chunks.
pub async fn resume_abandoned(state: &AppState, deadline: Timestamp) -> anyhow::Result<JobReport> {
    let mut report = JobReport::default();
    let mut claimed = Vec::new();
    for (slot, taken) in slots::taken(state).await.context("reading the slots of chunks")? {
        let id = taken.chunk.clone();
        let head = match state.ports.store().inspect(&OutboxKey { id: id.clone() }).await.context("reading a chunk")? {
            Stored::Readable(head) if head.problem.is_none() => head,
            // A chunk that was given up is kept, and needs no slot.
            Stored::Readable(_) => {
                slots::free(state, &id, slot).await.context("freeing the slot of a chunk")?;
                continue;
            }
            Stored::Unreadable => continue,
            Stored::Absent => {
                if slots::is_abandoned(&taken, state.ports.clock.now()) {
                    slots::free(state, &id, slot).await.context("freeing the slot of a chunk")?;
                }
                continue;
            }
        };
        match head.claim {
            Some(claim) if CLAIM.is_held(head.claim, state.ports.clock.now()) => claimed.push((id, claim.until)),
            _ => resume(state, &id, deadline, &mut report).await?,
        }
    }
    // The workers of these chunks may have crashed. If so, their claims expire within this tick.
    for (id, claimed_until) in claimed {
        let wait = claimed_until.duration_since(state.ports.clock.now());
        // Its worker is still at it, or the next tick resumes it.
        if state.ports.clock.now() + wait + MIN_RUN_TIME >= deadline {
            continue;
        }
        state.ports.clock.sleep(wait).await;
        let head = load_head(state, &id).await?;
        if head.is_some_and(|head| !CLAIM.is_held(head.claim, state.ports.clock.now()) && head.problem.is_none()) {
            resume(state, &id, deadline, &mut report).await?;
        }
    }
    Ok(report)
}

async fn load_head(state: &AppState, id: &OutboxId) -> anyhow::Result<Option<Outbox>> {
    outbox::load_readable_head(state, id).await.with_context(|| format!("reading the head of chunk {id}"))
}

/// Resumes a chunk, if there is time.
async fn resume(state: &AppState, id: &OutboxId, deadline: Timestamp, report: &mut JobReport) -> anyhow::Result<()> {
    if state.ports.clock.now() + MIN_RUN_TIME >= deadline {
        report.is_left = true;
        return Ok(());
    }
    let chunk = match outbox::take_over(state, id).await {
        Ok(Some(chunk)) => chunk,
        Ok(None) => return Ok(()),
        // The other chunks do not wait for one that cannot be read.
        Err(error) => {
            platform::log!(Error, "outbox.load_failed", outbox = id, error = error);
            return Ok(());
        }
    };
    process::process(state, chunk, Some(deadline)).await;
    report.done += 1;
    Ok(())
}
