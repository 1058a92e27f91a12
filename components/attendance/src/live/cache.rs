//! What an instance keeps in memory of webinars under way.

use crate::rules::sessions::Plan;
use domain::time::{SignedDuration, Timestamp};
use domain::{Email, WebinarId};
use marketo_client::BATCH;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How long the watched webinars are kept: a setting takes effect after this time at the latest.
const TTL: SignedDuration = SignedDuration::from_secs(15);

/// The watched webinars with their planned times.
pub(super) type Watched = Arc<[(WebinarId, Plan)]>;

/// The watched webinars, and when they were read.
#[derive(Debug, Default)]
pub(crate) struct WatchedWebinars(Mutex<Option<(Timestamp, Watched)>>);

impl WatchedWebinars {
    pub(super) fn get(&self, now: Timestamp) -> Option<Watched> {
        let cached = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        cached.filter(|(at, _)| now < *at + TTL).map(|(_, watched)| watched)
    }

    pub(super) fn set(&self, now: Timestamp, watched: Watched) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, watched));
    }
}

/// Maximum number of addresses that wait in an instance.
const MAX_WAITING: usize = BATCH;

/// Addresses that wait for the look-up, by webinar.
#[derive(Debug, Default)]
pub(crate) struct WaitingAddresses(Mutex<BTreeMap<WebinarId, Vec<Email>>>);

impl WaitingAddresses {
    /// Adds an address. Returns whether it is the first one, whose event starts the look-up.
    pub(crate) fn push(&self, webinar: WebinarId, email: Email) -> bool {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let emails = waiting.entry(webinar).or_default();
        let is_first = emails.is_empty();
        if emails.len() < MAX_WAITING && !emails.contains(&email) {
            emails.push(email);
        }
        is_first
    }

    /// Returns the addresses of a webinar, which no longer wait.
    pub(super) fn take(&self, webinar: WebinarId) -> Vec<Email> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&webinar).unwrap_or_default()
    }
}
