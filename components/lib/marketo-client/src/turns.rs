//! Keeping to half of the subscription's rate limit, as Adobe advises an integration to do: 50 calls in 20 seconds
//! (marketo.md section 4). Pure.

use crate::error::RATE_WINDOW;
use domain::time::{SignedDuration, Timestamp};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// So many calls fit into a window.
const CALLS: usize = 50;

/// No caller waits for a turn so long.
const FAR_AHEAD: SignedDuration = SignedDuration::from_mins(10);

/// When the last calls were, or will be, made.
#[derive(Debug, Default)]
pub(crate) struct Turns(Mutex<VecDeque<Timestamp>>);

impl Turns {
    /// Takes the next turn and tells how long to wait for it.
    ///
    /// # Errors
    /// How long it would take, when that is not before the deadline; then no turn was taken.
    pub(crate) fn take(&self, now: Timestamp, deadline: Timestamp) -> Result<SignedDuration, SignedDuration> {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Turns so far ahead were given by a clock that has been set back since.
        while calls.back().is_some_and(|last| now + FAR_AHEAD < *last) {
            calls.pop_back();
        }
        while calls.len() > CALLS {
            calls.pop_front();
        }
        let free_at = calls.front().filter(|_| calls.len() == CALLS).map_or(now, |first| *first + RATE_WINDOW);
        let at = free_at.max(now);
        let wait = at.duration_since(now);
        if wait > SignedDuration::ZERO && at >= deadline {
            return Err(wait);
        }
        calls.push_back(at);
        Ok(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(millis)
    }

    #[test]
    fn no_window_has_more_calls_than_fit() {
        let (turns, mut now, mut made) = (Turns::default(), 0, Vec::new());
        for step in 0..500 {
            now += step % 7 * 30;
            let wait = turns.take(at(now), at(i64::MAX / 2)).unwrap();
            made.push(now + wait.as_millis());
        }
        assert!(made.is_sorted());
        assert!(made.windows(CALLS + 1).all(|window| window[CALLS] - window[0] >= RATE_WINDOW.as_millis()));
        // No slower than it must be.
        assert!(*made.last().unwrap() <= now.max(10 * RATE_WINDOW.as_millis()));
    }

    #[test]
    fn a_turn_after_the_deadline_is_not_taken() {
        let turns = Turns::default();
        for _ in 0..CALLS {
            assert_eq!(turns.take(at(0), at(9_000)), Ok(SignedDuration::ZERO));
        }
        for _ in 0..3 {
            assert_eq!(turns.take(at(1_000), at(9_000)), Err(SignedDuration::from_secs(19)));
        }
        assert_eq!(turns.take(at(1_000), at(30_000)), Ok(SignedDuration::from_secs(19)));
    }
}
