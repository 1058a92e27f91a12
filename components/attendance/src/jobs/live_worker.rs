//! The worker for the joins of a webinar under way: collects them from the slots, and sets the people to Attended in
//! batches. Each event and the tick start one; the webinar's lease allows one at a time.

use super::continuation;
use crate::live::people::identity;
use crate::live::watch;
use crate::live::writer::{self, PartlyWritten};
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

/// Interval at which the slots are read, and what failed is repeated.
const SCAN_INTERVAL: SignedDuration = SignedDuration::from_secs(2);

/// How long an instance relies on a worker that it has seen, or started, without looking again. A worker stays for at least
/// as long after the last join.
const RELIANCE: SignedDuration = SignedDuration::from_secs(2);

/// How long no worker starts after one that left joins because Zoom, Marketo or the store did not answer.
const OUTAGE_PAUSE: SignedDuration = SignedDuration::from_secs(5);

/// How far a worker has come.
enum Progress {
    /// No joins are left.
    Finished,
    /// Joins are left for the next worker.
    OutOfTime,
    /// Zoom, Marketo or the store does not answer. A later event or the tick continues.
    Stalled,
}

/// What a worker does after a pass over the slots.
enum Pass {
    /// No joins are left.
    Finished,
    /// Time is out.
    OutOfTime,
    /// It reads the slots again soon.
    Waiting,
    /// Zoom does not answer: the people whom it does not know are written.
    ZoomIsDown,
    /// Marketo did not answer. The batch is repeated.
    Failed,
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
        match handle_joins(state, webinar, deadline).await {
            Ok(Progress::Finished) => {}
            Ok(Progress::OutOfTime) => {
                let is_over = watch::is_over(state, webinar).await;
                if matches!(is_over, Ok(false)) {
                    continuation::hand_over(state, lease, Some(webinar)).await;
                    return Ok(());
                }
                // After the planned time no worker follows: the run after the webinar finds who is left. If that time cannot
                // be read, the next event or the tick starts one.
                lease.release().await?;
                return is_over.map(|_| ());
            }
            // The lease must not keep others out for as long as it was acquired.
            stalled @ (Ok(Progress::Stalled) | Err(_)) => {
                lease.renew(state.now() + OUTAGE_PAUSE).await?;
                return stalled.map(|_| ());
            }
        }
        lease.release().await?;
        // An event that came meanwhile saw the lease.
        if !state.has_time(deadline) || live_joins::slots(state, webinar).await?.is_empty() {
            return Ok(());
        }
    }
    Ok(())
}

async fn handle_joins(state: &AppState, webinar: WebinarId, deadline: Timestamp) -> Result<Progress, Error> {
    let mut worker = LiveWorker {
        state,
        webinar,
        deadline,
        done: DonePeople::load(state, webinar).await?,
        partly_written: PartlyWritten::new(),
    };
    loop {
        let at_end = match worker.pass().await {
            Ok(Pass::Finished) => return Ok(Progress::Finished),
            Ok(Pass::OutOfTime) => return Ok(Progress::OutOfTime),
            Ok(Pass::ZoomIsDown) => return Ok(Progress::Stalled),
            Ok(Pass::Waiting) => Progress::OutOfTime,
            Ok(Pass::Failed) => Progress::Stalled,
            Err(error) => {
                platform::log!(Warn, "live.worker_failed", webinar = webinar, error = error);
                Progress::Stalled
            }
        };
        if !state.has_time(deadline - SCAN_INTERVAL) {
            return Ok(at_end);
        }
        state.ports.clock.sleep(SCAN_INTERVAL).await;
    }
}

/// A worker under the webinar's lease.
struct LiveWorker<'a> {
    state: &'a AppState,
    webinar: WebinarId,
    deadline: Timestamp,
    done: DonePeople<'a>,
    partly_written: PartlyWritten,
}

impl LiveWorker<'_> {
    /// Reads the slots, writes the batches that are due, and deletes the slots that nobody adds to any more.
    async fn pass(&mut self) -> Result<Pass, Error> {
        let state = self.state;
        let slots = live_joins::slots(state, self.webinar).await?;
        if slots.is_empty() {
            return Ok(Pass::Finished);
        }
        let is_over = watch::is_over(state, self.webinar).await?;
        let (mut pending, mut is_zoom_down) = (pending(&slots, &self.done), false);
        // Before a pause, and before the last worker ends, people who joined just now are written too.
        while is_due(&pending, state.now()) || ((is_zoom_down || is_over) && !pending.is_empty()) {
            if !state.has_time(self.deadline) {
                return Ok(if is_zoom_down { Pass::ZoomIsDown } else { Pass::OutOfTime });
            }
            let batch: Vec<_> = pending.drain(..pending.len().min(BATCH)).collect();
            let partly_written = &mut self.partly_written;
            let written =
                writer::write(state, self.webinar, &batch, self.deadline, is_zoom_down, partly_written).await?;
            self.done.add(written.people).await?;
            is_zoom_down = written.is_zoom_down;
            if written.has_failed {
                return Ok(Pass::Failed);
            }
        }
        if is_zoom_down {
            return Ok(Pass::ZoomIsDown);
        }
        for slot in &slots {
            if slot.is_expired(state.now()) && slot.joins.iter().all(|join| self.done.contains(identity(join))) {
                live_joins::delete(state, slot).await?;
            }
        }
        Ok(Pass::Waiting)
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
