//! The joins of webinars under way, written down before the event is acknowledged.
//!
//! An instance takes one of a few slots of the webinar and is its only writer. Concurrent events of the instance share a
//! write: the first one writes what has been accepted so far, the others poll, because a request cannot wait for another
//! one of its instance. The slots are few and known, so that a worker finds all joins without a listing.

use super::join_journals::{MAX_JOINS, OwnedSlot, Step, WriteGuard};
use crate::state::AppState;
use domain::records::{Lease, LiveJoin, LiveJoins, LiveJoinsKey, Record};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, WebinarId};
use futures::FutureExt;
use platform::concurrency::run_bounded;
use platform::lease::LeaseTerms;
use platform::maintenance::from_anywhere;
use platform::services;

/// Number of slots of a webinar: a few for each instance that answers events at the same time.
const SLOTS: usize = 64;

/// Maximum number of slots that are read concurrently.
const MAX_CONCURRENT_READS: usize = 16;

/// How an instance takes a slot. The time is short, because an instance ends after some requests or an idle second, and
/// its slot is taken until its lease expires: at 40 joins a second several instances a second may end.
const TERMS: LeaseTerms =
    LeaseTerms { max_duration: SignedDuration::from_secs(8), settling_time: SignedDuration::from_millis(50) };

/// How long before the end of its lease the owner no longer writes to a slot, but takes another one.
const MARGIN: SignedDuration = SignedDuration::from_secs(4);

/// How long after the end of its lease a slot is left alone, because its last write may show late. With [`MARGIN`] a
/// write has 10 seconds to show, and events are answered within 3.
const RETENTION: SignedDuration = SignedDuration::from_secs(6);

/// How often an event polls for the write that includes its join.
const POLL_INTERVAL: SignedDuration = SignedDuration::from_millis(2);

/// Maximum time until a join is written. Zoom waits 3 seconds for the acknowledgement, and repeats an event after an error.
const WRITE_TIMEOUT: SignedDuration = SignedDuration::from_millis(2_500);

/// Writes a join down. It is durable when this returns, unless all slots are taken: then the run after the webinar finds the
/// person.
pub(crate) async fn append(state: &AppState, webinar: WebinarId, join: LiveJoin) -> Result<(), Error> {
    let journals = &state.live.journals;
    let (number, deadline) = (journals.accept(webinar, join), state.now() + WRITE_TIMEOUT);
    loop {
        match journals.step(webinar, number) {
            Step::Done => return Ok(()),
            Step::Wait if state.now() >= deadline => {
                return Err(Error::Internal("a join was not written in time".to_owned()));
            }
            Step::Wait => state.ports.clock.sleep(POLL_INTERVAL).await,
            Step::Write(batch, slot) => {
                let _guard = WriteGuard::new(journals, webinar);
                let count = batch.len();
                let slot = write(state, webinar, batch, slot).await?;
                journals.finish(webinar, count, slot);
            }
        }
    }
}

/// Adds joins to the instance's slot, or to a new one. Returns the slot, if there is one.
async fn write(
    state: &AppState,
    webinar: WebinarId,
    batch: Vec<LiveJoin>,
    slot: Option<OwnedSlot>,
) -> Result<Option<OwnedSlot>, Error> {
    let is_usable = |slot: &OwnedSlot| {
        state.now() + MARGIN < slot.record.until && slot.record.joins.len() + batch.len() <= MAX_JOINS
    };
    let Some(mut slot) = slot.filter(is_usable) else { return take_slot(state, webinar, &batch).await };
    // It is gone once the account removed the app (R17).
    if read(state, slot.key.clone()).await?.is_none_or(|read| read.owner.by != slot.record.by) {
        return take_slot(state, webinar, &batch).await;
    }
    slot.record.joins.extend(batch);
    slot.record.until = state.now() + TERMS.max_duration;
    state.store().put(&slot.key, &slot.record).await?;
    Ok(Some(slot))
}

/// Takes a slot in the same write that adds the joins: a free one, else one with room that its owner left. Drops the joins
/// if there is none.
async fn take_slot(state: &AppState, webinar: WebinarId, batch: &[LiveJoin]) -> Result<Option<OwnedSlot>, Error> {
    if !may_keep(state, webinar).await? {
        return Ok(None);
    }
    for key in from_anywhere(&state.ports, (0..SLOTS).map(|slot| LiveJoinsKey { webinar, slot }).collect()) {
        if !state.store().exists(&key).await?
            && let Some(slot) = claim(state, key, batch).await?
        {
            return Ok(Some(slot));
        }
    }
    for slot in from_anywhere(&state.ports, slots(state, webinar).await?) {
        if slot.is_expired(state.now())
            && let Some(slot) = claim(state, slot.key, batch).await?
        {
            return Ok(Some(slot));
        }
    }
    platform::log!(Warn, "live.joins_dropped", webinar = webinar, count = batch.len());
    Ok(None)
}

/// Adds joins to those of a slot that nobody owns. Returns `None` if there is no room, or another instance is faster.
async fn claim(state: &AppState, key: LiveJoinsKey, batch: &[LiveJoin]) -> Result<Option<OwnedSlot>, Error> {
    let build = |stored: Option<LiveJoins>, Lease { by, until, .. }: Lease| {
        let mut joins = stored.map(|stored| stored.joins).unwrap_or_default();
        joins.extend_from_slice(batch);
        (joins.len() <= MAX_JOINS).then_some(LiveJoins { v: LiveJoins::VERSION, by, until, joins })
    };
    let Some(claim) = TERMS.claim(&state.ports, &key, build).await? else { return Ok(None) };
    let record = TERMS.confirm(&state.ports, &key, claim).await?;
    Ok(record.map(|record| OwnedSlot { key, record }))
}

/// The joins of a slot.
#[derive(Debug)]
pub(crate) struct Slot {
    key: LiveJoinsKey,
    /// The joins.
    pub(crate) joins: Vec<LiveJoin>,
    owner: Lease,
}

impl Slot {
    /// Returns whether the slot's owner adds nothing any more: it can be deleted, once its joins were handled, and another
    /// instance can take it.
    pub(crate) fn is_expired(&self, now: Timestamp) -> bool {
        let until = self.owner.until;
        // A wrong clock keeps no slot.
        until + RETENTION <= now || (now < until && !TERMS.is_held(Some(self.owner), now))
    }
}

/// Reads all slots of a webinar.
pub(crate) async fn slots(state: &AppState, webinar: WebinarId) -> Result<Vec<Slot>, Error> {
    let read = async |slot: usize| read(state, LiveJoinsKey { webinar, slot }).await;
    let reads = run_bounded(MAX_CONCURRENT_READS, (0..SLOTS).map(|slot| read(slot).boxed()).collect()).await;
    reads.into_iter().filter_map(Result::transpose).collect()
}

async fn read(state: &AppState, key: LiveJoinsKey) -> Result<Option<Slot>, Error> {
    let found = state.store().get_readable(&key).await?;
    Ok(found.map(|LiveJoins { by, until, joins, .. }| Slot { key, joins, owner: Lease::new(by, until) }))
}

/// Deletes a slot, unless it was written since it was read.
pub(crate) async fn delete(state: &AppState, slot: &Slot) -> Result<(), Error> {
    if read(state, slot.key.clone()).await?.is_some_and(|read| read.owner == slot.owner) {
        state.store().delete(&slot.key).await?;
    }
    Ok(())
}

/// Returns whether a program watches a webinar whose account did not remove the app. Nothing else is written down (R17).
pub(super) async fn may_keep(state: &AppState, webinar: WebinarId) -> Result<bool, Error> {
    for connection in state.ports.connections().live(Some(webinar)).await? {
        if !services::is_gone(state.store(), &connection.service).await? {
            return Ok(true);
        }
    }
    Ok(false)
}
