//! The joins that this instance has accepted, until they are written. Concurrent events share a write: the first one writes
//! what has been accepted so far.

use domain::WebinarId;
use domain::records::{LiveJoin, LiveJoins, LiveJoinsKey};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Maximum number of joins in a slot, so that its record fits into a value.
pub(super) const MAX_JOINS: usize = 200;

/// What this instance writes down, by webinar.
#[derive(Debug, Default)]
pub(crate) struct JoinJournals(Mutex<BTreeMap<WebinarId, Journal>>);

#[derive(Debug, Default)]
struct Journal {
    /// Joins that were accepted and are not written.
    waiting: VecDeque<LiveJoin>,
    /// Number of joins that were accepted.
    accepted: u64,
    /// Number of joins that were written, in the order in which they were accepted.
    written: u64,
    is_writing: bool,
    slot: Option<OwnedSlot>,
}

/// The slot of an instance, with what is stored in it.
#[derive(Debug, Clone)]
pub(crate) struct OwnedSlot {
    pub(super) key: LiveJoinsKey,
    pub(super) record: LiveJoins,
}

/// What an event does next.
pub(super) enum Step {
    /// Its join is written.
    Done,
    /// Another event writes.
    Wait,
    /// It writes these joins, to this slot.
    Write(Vec<LiveJoin>, Option<OwnedSlot>),
}

impl JoinJournals {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<WebinarId, Journal>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Accepts a join and returns its number.
    pub(super) fn accept(&self, webinar: WebinarId, join: LiveJoin) -> u64 {
        let mut journals = self.lock();
        let journal = journals.entry(webinar).or_default();
        journal.waiting.push_back(join);
        journal.accepted += 1;
        journal.accepted
    }

    /// Returns what the event of the join with a number does next.
    pub(super) fn step(&self, webinar: WebinarId, number: u64) -> Step {
        let mut journals = self.lock();
        let journal = journals.entry(webinar).or_default();
        match () {
            () if journal.written >= number => Step::Done,
            () if journal.is_writing => Step::Wait,
            () => {
                journal.is_writing = true;
                Step::Write(journal.waiting.iter().take(MAX_JOINS).cloned().collect(), journal.slot.take())
            }
        }
    }

    /// Notes that the first joins that waited are written, or dropped because no slot is left.
    pub(super) fn finish(&self, webinar: WebinarId, count: usize, slot: Option<OwnedSlot>) {
        let mut journals = self.lock();
        let journal = journals.entry(webinar).or_default();
        journal.waiting.drain(..count);
        journal.written += count as u64;
        journal.slot = slot;
    }
}

/// Lets the next event write when it is dropped, which also happens when the request is cancelled.
pub(super) struct WriteGuard<'a>(&'a JoinJournals, WebinarId);

impl<'a> WriteGuard<'a> {
    pub(super) const fn new(journals: &'a JoinJournals, webinar: WebinarId) -> Self {
        Self(journals, webinar)
    }
}

impl Drop for WriteGuard<'_> {
    fn drop(&mut self) {
        self.0.lock().entry(self.1).or_default().is_writing = false;
    }
}
