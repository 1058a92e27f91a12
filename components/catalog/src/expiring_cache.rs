//! An in-memory cache whose entries expire.

use domain::time::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How long an entry is used. Long enough for a person who opens several pages or flow steps and for the chunks of one
/// campaign; short enough that a setting just changed in Zoom counts at the next attempt.
const TIME_TO_LIVE: SignedDuration = SignedDuration::from_secs(30);

/// The cache. Each insertion drops all expired entries, so that it stays small.
pub(crate) struct ExpiringCache<K, V>(Mutex<HashMap<K, Entry<V>>>);

struct Entry<V> {
    inserted_at: Timestamp,
    value: V,
}

impl<V> Entry<V> {
    fn is_fresh(&self, now: Timestamp) -> bool {
        now.duration_since(self.inserted_at) < TIME_TO_LIVE
    }
}

impl<K, V> Default for ExpiringCache<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone> ExpiringCache<K, V> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, Entry<V>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn get(&self, key: &K, now: Timestamp) -> Option<V> {
        self.lock().get(key).filter(|entry| entry.is_fresh(now)).map(|entry| entry.value.clone())
    }

    pub(crate) fn insert(&self, key: K, value: V, now: Timestamp) {
        let mut entries = self.lock();
        entries.retain(|_, entry| entry.is_fresh(now));
        entries.insert(key, Entry { inserted_at: now, value });
    }

    pub(crate) fn remove(&self, key: &K) {
        self.lock().remove(key);
    }
}
