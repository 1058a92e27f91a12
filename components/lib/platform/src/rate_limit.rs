//! A rate limiter: a sliding window over the times of past and reserved calls. Pure.

use domain::time::{SignedDuration, Timestamp};
use std::collections::VecDeque;

/// How far ahead a reserved call can be. One further ahead was reserved before the clock was set back.
const MAX_AHEAD: SignedDuration = SignedDuration::from_mins(10);

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
        if let Some(limit) = self.limit {
            while self.calls.back().is_some_and(|last| now + MAX_AHEAD < *last) {
                self.calls.pop_back();
            }
            while self.calls.len() > limit {
                self.calls.pop_front();
            }
            if let Some(first) = self.calls.front().filter(|_| self.calls.len() == limit) {
                at = at.max(*first + self.window);
            }
        }
        let wait = at.duration_since(now);
        if wait > SignedDuration::ZERO && at >= deadline {
            return Err(wait);
        }
        if self.limit.is_some() {
            self.calls.push_back(at);
        }
        Ok(wait)
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
