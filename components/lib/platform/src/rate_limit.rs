//! A rate limiter: a sliding window over the times of past and reserved calls. Pure.

use domain::time::{SignedDuration, Timestamp};
use std::collections::VecDeque;

/// How far ahead a reserved call can be. One further ahead was reserved before the clock was set back.
const MAX_AHEAD: SignedDuration = SignedDuration::from_mins(10);

/// Maximum number of calls that are kept while no limit is known. No known upstream allows more in a window.
const MAX_UNLIMITED_CALLS: usize = 1_000;

/// Limits calls to a maximum number in each window.
#[derive(Debug)]
pub struct RateLimiter {
    window: SignedDuration,
    /// Maximum number of calls in a window; `None` for no limit.
    limit: Option<usize>,
    /// Times of past and reserved calls, oldest first.
    calls: VecDeque<Timestamp>,
    not_before: Option<Timestamp>,
}

impl RateLimiter {
    /// Creates a limiter. `limit` is `None` until it is known.
    pub const fn new(window: SignedDuration, limit: Option<usize>) -> Self {
        Self { window, limit, calls: VecDeque::new(), not_before: None }
    }

    /// Sets the maximum number of calls in a window.
    pub fn set_limit(&mut self, limit: usize) {
        self.limit = Some(limit);
    }

    /// Lets no further call start within one window from now.
    pub fn pause(&mut self, now: Timestamp) {
        self.not_before = Some(now + self.window);
    }

    /// Reserves the next slot; returns how long to wait for it.
    ///
    /// # Errors
    /// The wait, if the slot is not before the deadline. Then it is not reserved.
    pub fn reserve(&mut self, now: Timestamp, deadline: Timestamp) -> Result<SignedDuration, SignedDuration> {
        let mut at = self.not_before.map_or(now, |not_before| not_before.max(now));
        self.forget(now);
        if let Some(limit) = self.limit
            && let Some(first) = self.calls.len().checked_sub(limit).and_then(|first| self.calls.get(first))
        {
            at = at.max(*first + self.window);
        }
        let wait = at.duration_since(now);
        if wait > SignedDuration::ZERO && at >= deadline {
            return Err(wait);
        }
        // Also before the limit is known, so that the window in which the upstream reports it does not exceed it.
        self.calls.push_back(at);
        Ok(wait)
    }

    /// Forgets the calls that no longer matter.
    fn forget(&mut self, now: Timestamp) {
        while self.calls.back().is_some_and(|last| now + MAX_AHEAD < *last) {
            self.calls.pop_back();
        }
        let max_len = self.limit.unwrap_or(MAX_UNLIMITED_CALLS);
        while self.calls.front().is_some_and(|first| *first + self.window <= now || self.calls.len() > max_len) {
            self.calls.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX_CALLS: usize = 50;
    const WINDOW: SignedDuration = SignedDuration::from_secs(20);

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(millis).unwrap()
    }

    #[test]
    fn no_window_has_more_calls_than_the_limit() {
        let (mut limiter, mut now, mut made) = (RateLimiter::new(WINDOW, Some(MAX_CALLS)), 0, Vec::new());
        for step in 0..500 {
            now += step % 7 * 30;
            let wait = limiter.reserve(at(now), Timestamp::MAX).unwrap();
            made.push((at(now) + wait).as_millisecond());
        }
        assert!(made.is_sorted());
        assert!(made.windows(MAX_CALLS + 1).all(|window| window[MAX_CALLS] - window[0] >= 1_000 * WINDOW.as_secs()));
        // Calls are not delayed further than necessary.
        assert!(*made.last().unwrap() <= now.max(10_000 * WINDOW.as_secs()));
    }

    #[test]
    fn calls_made_before_the_limit_is_known_count_towards_it() {
        let mut limiter = RateLimiter::new(WINDOW, None);
        for second in 0..MAX_CALLS as i64 / 5 {
            assert_eq!(limiter.reserve(at(1_000 * second), Timestamp::MAX), Ok(SignedDuration::ZERO));
        }
        limiter.set_limit(MAX_CALLS / 5);
        assert_eq!(limiter.reserve(at(12_000), Timestamp::MAX), Ok(SignedDuration::from_secs(8)));
        assert_eq!(limiter.reserve(at(12_000), Timestamp::MAX), Ok(SignedDuration::from_secs(9)));
        // Of more calls than the limit, the latest count.
        let mut limiter = RateLimiter::new(WINDOW, None);
        for millis in 0..2 * MAX_CALLS as i64 {
            assert_eq!(limiter.reserve(at(millis), Timestamp::MAX), Ok(SignedDuration::ZERO));
        }
        limiter.set_limit(MAX_CALLS);
        assert_eq!(limiter.reserve(at(100), Timestamp::MAX), Ok(SignedDuration::from_millis(20_000 + 50 - 100)));
    }

    #[test]
    fn no_more_calls_are_kept_than_matter() {
        let mut limiter = RateLimiter::new(WINDOW, None);
        for _ in 0..2 * MAX_UNLIMITED_CALLS {
            assert_eq!(limiter.reserve(at(0), Timestamp::MAX), Ok(SignedDuration::ZERO));
        }
        assert!(limiter.calls.len() <= MAX_UNLIMITED_CALLS + 1);
        for limit in [None, Some(usize::MAX)] {
            let mut limiter = RateLimiter::new(WINDOW, limit);
            for second in 0..500 {
                assert_eq!(limiter.reserve(at(1_000 * second), Timestamp::MAX), Ok(SignedDuration::ZERO));
            }
            assert!(limiter.calls.len() <= 21, "{limit:?}");
        }
    }

    #[test]
    fn a_slot_after_the_deadline_is_not_reserved() {
        let mut limiter = RateLimiter::new(WINDOW, Some(MAX_CALLS));
        for _ in 0..MAX_CALLS {
            assert_eq!(limiter.reserve(at(0), at(9_000)), Ok(SignedDuration::ZERO));
        }
        for _ in 0..3 {
            assert_eq!(limiter.reserve(at(1_000), at(9_000)), Err(SignedDuration::from_secs(19)));
        }
        assert_eq!(limiter.reserve(at(1_000), at(30_000)), Ok(SignedDuration::from_secs(19)));
    }
}
