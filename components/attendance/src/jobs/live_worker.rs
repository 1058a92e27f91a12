//! The worker for the joins of a webinar under way: collects them from the slots, and sets the people to Attended in
//! batches. Each event and the tick start one; the webinar's lease allows one at a time.

use super::continuation;
use crate::live::people::identity;
use crate::live::{watch, writer};
use crate::state::AppState;
use crate::store::lease;
use crate::store::live_done::DonePeople;
use crate::store::live_joins::{self, Slot};
use domain::records::LiveJoin;
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, WebinarId};
use marketo_client::BATCH;
use std::collections::HashSet;

/// How long joins are collected before they are written, unless a batch is full earlier. Marketo takes 300 people in a call;
/// 30 joins a second fill a batch in this time, and fewer cost at most 6 calls a minute.
const GATHERING_TIME: SignedDuration = SignedDuration::from_secs(10);

/// Interval at which the slots are read.
const SCAN_INTERVAL: SignedDuration = SignedDuration::from_secs(2);

/// How long an instance relies on a worker that it has seen, or started, without looking again. A worker stays for at least
/// as long after the last join.
const RELIANCE: SignedDuration = SignedDuration::from_secs(2);

/// How long no worker starts after Zoom or Marketo did not answer.
const OUTAGE_PAUSE: SignedDuration = SignedDuration::from_secs(5);

/// How far a worker has come.
enum Progress {
    /// No joins are left.
    Finished,
    /// Joins are left for the next worker.
    OutOfTime,
    /// Zoom or Marketo does not answer. A later event or the tick continues.
    Stalled,
}

/// Starts a worker after a join was written at an instant, unless one is active.
pub(crate) async fn start(state: AppState, webinar: WebinarId, at: Timestamp) {
    if state.live.worker_throttle.admit(webinar, at, RELIANCE) {
        run(state, webinar, None).await;
    }
}

/// Starts a worker for each webinar whose joins are left from a crash or an outage. Costs one read where no program asks for
/// live attendance.
pub(crate) async fn start_abandoned(state: &AppState) -> Result<(), Error> {
    for webinar in watch::under_way(state).await? {
        if !live_joins::slots(state, webinar).await?.is_empty() {
            state.ports.background.spawn(Box::pin(run(state.clone(), webinar, None)));
        }
    }
    Ok(())
}

/// Works until no joins are left or time is out, unless another worker is active.
pub(crate) async fn run(state: AppState, webinar: WebinarId, predecessor: Option<u32>) {
    if let Err(error) = work(&state, webinar, predecessor).await {
        platform::log!(Warn, "live.worker_failed", webinar = webinar, error = error);
    }
}

async fn work(state: &AppState, webinar: WebinarId, predecessor: Option<u32>) -> Result<(), Error> {
    let deadline = state.deadline();
    let mut predecessor = predecessor;
    while let Some(lease) = lease::acquire_live(state, webinar, deadline, predecessor.take()).await? {
        match handle_joins(state, webinar, deadline).await? {
            Progress::OutOfTime => {
                continuation::hand_over(state, lease, Some(webinar)).await;
                return Ok(());
            }
            Progress::Stalled => {
                lease.renew(state.now() + OUTAGE_PAUSE).await?;
                return Ok(());
            }
            Progress::Finished => {}
        }
        lease.release().await?;
        // An event that came meanwhile saw the lease.
        if live_joins::slots(state, webinar).await?.is_empty() || !state.has_time(deadline) {
            return Ok(());
        }
    }
    Ok(())
}

async fn handle_joins(state: &AppState, webinar: WebinarId, deadline: Timestamp) -> Result<Progress, Error> {
    let mut done = DonePeople::load(state, webinar).await?;
    loop {
        let slots = live_joins::slots(state, webinar).await?;
        if slots.is_empty() {
            return Ok(Progress::Finished);
        }
        let (mut pending, mut is_zoom_down) = (pending(&slots, &done), false);
        // Before a pause, people who joined just now are written too.
        while is_due(&pending, state.now()) || (is_zoom_down && !pending.is_empty()) {
            if !state.has_time(deadline) {
                return Ok(if is_zoom_down { Progress::Stalled } else { Progress::OutOfTime });
            }
            let batch: Vec<_> = pending.drain(..pending.len().min(BATCH)).collect();
            let written = writer::write(state, webinar, &batch, deadline, is_zoom_down).await?;
            done.add(written.people).await?;
            is_zoom_down = written.is_zoom_down;
            if written.has_failed {
                return Ok(Progress::Stalled);
            }
        }
        if is_zoom_down {
            return Ok(Progress::Stalled);
        }
        for slot in &slots {
            if slot.is_expired(state.now()) && slot.joins.iter().all(|join| done.contains(identity(join))) {
                live_joins::delete(state, slot).await?;
            }
        }
        if !state.has_time(deadline) {
            return Ok(Progress::OutOfTime);
        }
        state.ports.clock.sleep(SCAN_INTERVAL).await;
    }
}

/// Returns the joins that are to be handled, the oldest first, each person once.
fn pending(slots: &[Slot], done: &DonePeople<'_>) -> Vec<LiveJoin> {
    let mut seen = HashSet::new();
    let mut joins: Vec<_> = slots.iter().flat_map(|slot| &slot.joins).collect();
    joins.sort_by_key(|join| join.at);
    joins.retain(|join| {
        let person = identity(join);
        !done.contains(person) && seen.insert(person)
    });
    joins.into_iter().cloned().collect()
}

/// Returns whether a batch is full or has waited for long enough.
fn is_due(pending: &[LiveJoin], now: Timestamp) -> bool {
    pending.len() >= BATCH || pending.first().is_some_and(|join| join.at + GATHERING_TIME <= now)
}
