//! Throttles brute-force attempts on the admin key: each wrong key doubles the delay of the next refusal.
//!
//! The console delays the right key too, so that timing reveals nothing. The API does not, since an attack must not slow
//! the admin's own programs down.

use domain::time::{SignedDuration, Timestamp};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Delay after the first wrong key; each further one doubles it.
const FIRST_DELAY: SignedDuration = SignedDuration::from_millis(250);

/// Maximum delay, so that an attack does not lock the admin out.
const MAX_DELAY: SignedDuration = SignedDuration::from_secs(4);

/// How long after the last wrong key the count is kept.
const MEMORY: SignedDuration = SignedDuration::from_mins(15);

/// The recent wrong keys that this instance received.
#[derive(Debug, Default)]
pub struct KeyThrottle(Mutex<Option<Failures>>);

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last: Timestamp,
}

impl KeyThrottle {
    /// Counts a wrong key. Call it before waiting, so that a dropped connection does not undo it.
    pub fn record_failure(&self, now: Timestamp) {
        let mut failures = self.lock();
        let count = recent(*failures, now).map_or(0, |failures| failures.count);
        *failures = Some(Failures { count: count.saturating_add(1), last: now });
    }

    /// Returns how long to delay the present answer.
    pub fn delay(&self, now: Timestamp) -> SignedDuration {
        let Some(failures) = recent(*self.lock(), now) else { return SignedDuration::ZERO };
        let doublings = failures.count.saturating_sub(1).min(10);
        (FIRST_DELAY * (1 << doublings)).min(MAX_DELAY)
    }

    /// Resets the count after the right key.
    pub fn record_success(&self) {
        *self.lock() = None;
    }

    fn lock(&self) -> MutexGuard<'_, Option<Failures>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn recent(failures: Option<Failures>, now: Timestamp) -> Option<Failures> {
    failures.filter(|failures| now.duration_since(failures.last) < MEMORY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_doubles_up_to_a_maximum_and_expires() {
        let (throttle, now) = (KeyThrottle::default(), Timestamp::UNIX_EPOCH);
        let mut delays = vec![throttle.delay(now).as_millis()];
        for _ in 0..7 {
            throttle.record_failure(now);
            delays.push(throttle.delay(now).as_millis());
        }
        assert_eq!(delays, [0, 250, 500, 1000, 2000, 4000, 4000, 4000]);
        assert_eq!(throttle.delay(now + MEMORY), SignedDuration::ZERO);
        throttle.record_failure(now + MEMORY);
        assert_eq!(throttle.delay(now + MEMORY), FIRST_DELAY);
        throttle.record_success();
        assert_eq!(throttle.delay(now + MEMORY), SignedDuration::ZERO);
    }
}
