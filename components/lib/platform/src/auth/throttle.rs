//! Limits attempts with wrong keys: after a few, further ones are answered 429 with `Retry-After`.
//!
//! No answer is delayed, so an attack holds up no other request. A right key of at least 20 characters is always accepted: it is not
//! found by trying, and an attack must not lock the admin out. A shorter one is refused like a wrong one until `Retry-After` is over.

use domain::time::{SignedDuration, Timestamp};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Number of wrong keys that are answered 401: people mistype, and a client with an old key may call many routes.
const FREE_REFUSALS: u32 = 50;

/// Maximum of `Retry-After`, in seconds.
const MAX_RETRY_AFTER: u16 = 60;

/// How long after the last wrong key the count is kept.
const MEMORY: SignedDuration = SignedDuration::from_mins(15);

/// The recent wrong keys that this instance received.
#[derive(Debug, Default)]
pub struct KeyThrottle(Mutex<Option<Refusals>>);

/// Recent wrong keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusals {
    /// Their number.
    pub count: u32,
    last: Timestamp,
}

impl Refusals {
    /// Returns the seconds that a caller is to wait before the next attempt; `None` for the first ones. Each further wrong key
    /// doubles them.
    pub fn retry_after(self) -> Option<u16> {
        let doublings = self.count.checked_sub(FREE_REFUSALS + 1)?.min(10);
        Some((1 << doublings).min(MAX_RETRY_AFTER))
    }
}

impl KeyThrottle {
    /// Counts a wrong key. Returns the recent ones with it.
    pub fn record_failure(&self, now: Timestamp) -> Refusals {
        let mut refusals = self.lock();
        let recent = refusals.filter(|refusals| now.duration_since(refusals.last) < MEMORY);
        let count = recent.map_or(0, |recent| recent.count).saturating_add(1);
        *refusals.insert(Refusals { count, last: now })
    }

    /// Returns the seconds until the next attempt with a key that may be found by trying; `None` if it is allowed now.
    pub fn blocked_for(&self, now: Timestamp) -> Option<u16> {
        let refusals = (*self.lock())?;
        let seconds = refusals.retry_after()?;
        (now < refusals.last + SignedDuration::from_secs(seconds.into())).then_some(seconds)
    }

    /// Resets the count after the right key.
    pub fn record_success(&self) {
        *self.lock() = None;
    }

    fn lock(&self) -> MutexGuard<'_, Option<Refusals>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_wait_longer_with_each_wrong_key_until_it_is_forgotten() {
        let (throttle, now) = (KeyThrottle::default(), Timestamp::UNIX_EPOCH);
        let waits: Vec<_> = (0..59).map(|_| throttle.record_failure(now).retry_after()).collect();
        assert_eq!(waits[..50], [None; 50]);
        assert_eq!(waits[50..], [1, 2, 4, 8, 16, 32, 60, 60, 60].map(Some));
        assert_eq!(throttle.blocked_for(now), Some(60));
        assert_eq!(throttle.blocked_for(now + SignedDuration::from_mins(1)), None);
        assert_eq!(throttle.record_failure(now + MEMORY).count, 1);
        assert_eq!(throttle.blocked_for(now + MEMORY), None);
        throttle.record_failure(now + MEMORY);
        throttle.record_success();
        assert_eq!(throttle.record_failure(now + MEMORY).count, 1);
    }
}
