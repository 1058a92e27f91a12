//! Webinars read a moment ago.

use domain::time::{SignedDuration, Timestamp};
use domain::{ServiceId, WebinarId};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use zoom_client::webinars::Webinar;

/// A webinar in memory is used this long. Long enough for a person to page through the console and for the chunks of
/// one campaign; short enough that a setting just changed in Zoom counts at the next try.
const CACHE_LIFE: SignedDuration = SignedDuration::from_secs(30);

/// Webinars in memory, keyed by service. What is too old is dropped whenever something is added, so it stays small.
#[derive(Default)]
pub(crate) struct WebinarCache(Mutex<HashMap<(ServiceId, WebinarId), Read>>);

struct Read {
    at: Timestamp,
    webinar: Webinar,
}

impl Read {
    fn is_recent(&self, now: Timestamp) -> bool {
        now.duration_since(self.at) < CACHE_LIFE
    }
}

impl WebinarCache {
    fn lock(&self) -> MutexGuard<'_, HashMap<(ServiceId, WebinarId), Read>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn get(&self, service: &ServiceId, id: WebinarId, now: Timestamp) -> Option<Webinar> {
        let cache = self.lock();
        cache.get(&(service.clone(), id)).filter(|read| read.is_recent(now)).map(|read| read.webinar.clone())
    }

    pub(crate) fn put(&self, service: &ServiceId, id: WebinarId, webinar: &Webinar, now: Timestamp) {
        let mut cache = self.lock();
        cache.retain(|_, read| read.is_recent(now));
        cache.insert((service.clone(), id), Read { at: now, webinar: webinar.clone() });
    }

    pub(crate) fn forget(&self, service: &ServiceId, id: WebinarId) {
        self.lock().remove(&(service.clone(), id));
    }
}
