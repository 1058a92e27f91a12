//! Wrong admin keys. Each makes the next refusal wait longer. At the console the right key waits too, so that who guesses
//! does not know by the waiting; at the API it does not, since guessing must not slow the admin's programs down.

use domain::time::{SignedDuration, Timestamp};
use std::sync::{Mutex, PoisonError};

/// What the first wrong key costs; each further one doubles it.
const FIRST_DELAY: SignedDuration = SignedDuration::from_millis(250);

/// No wait is longer, so that guessing does not lock the admin out.
const LONGEST_DELAY: SignedDuration = SignedDuration::from_secs(4);

/// After this long without a wrong key all is forgotten.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_mins(15);

/// The wrong keys that this instance saw lately.
#[derive(Debug, Default)]
pub struct Attempts(Mutex<Option<Wrong>>);

#[derive(Debug, Clone, Copy)]
struct Wrong {
    count: u32,
    last: Timestamp,
}

impl Attempts {
    /// Counts a wrong key. Done before any waiting, so that hanging up does not undo it.
    pub fn wrong(&self, now: Timestamp) {
        let mut wrong = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = recent(*wrong, now).map_or(0, |wrong| wrong.count);
        *wrong = Some(Wrong { count: count.saturating_add(1), last: now });
    }

    /// How long the present answer has to wait.
    pub fn delay(&self, now: Timestamp) -> SignedDuration {
        let wrong = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(wrong) = recent(wrong, now) else { return SignedDuration::ZERO };
        let doublings = wrong.count.saturating_sub(1).min(10);
        (FIRST_DELAY * (1 << doublings)).min(LONGEST_DELAY)
    }

    /// The right key was shown.
    pub fn right(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

fn recent(wrong: Option<Wrong>, now: Timestamp) -> Option<Wrong> {
    wrong.filter(|wrong| now.duration_since(wrong.last) < FORGOTTEN_AFTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_grows_is_capped_and_is_forgotten() {
        let (attempts, now) = (Attempts::default(), Timestamp::UNIX_EPOCH);
        let mut delays = vec![attempts.delay(now).as_millis()];
        for _ in 0..7 {
            attempts.wrong(now);
            delays.push(attempts.delay(now).as_millis());
        }
        assert_eq!(delays, [0, 250, 500, 1000, 2000, 4000, 4000, 4000]);
        assert_eq!(attempts.delay(now + FORGOTTEN_AFTER), SignedDuration::ZERO);
        attempts.wrong(now + FORGOTTEN_AFTER);
        assert_eq!(attempts.delay(now + FORGOTTEN_AFTER), FIRST_DELAY);
        attempts.right();
        assert_eq!(attempts.delay(now + FORGOTTEN_AFTER), SignedDuration::ZERO);
    }
}
