//! Back-off within a run, and the schedule of later retries. Pure: randomness is passed in as a number.

use crate::time::{SignedDuration, Timestamp};

/// Base of the back-off within a run; each attempt doubles it.
pub const BACKOFF_BASE: SignedDuration = SignedDuration::from_millis(250);

/// Maximum of one wait within a run, which lasts 25 seconds at most.
pub const BACKOFF_CAP: SignedDuration = SignedDuration::from_secs(8);

/// Maximum `Retry-After` that is honoured within a run, so that an upstream cannot block the run.
pub const RETRY_AFTER_CAP: SignedDuration = SignedDuration::from_secs(20);

/// Returns the wait before a retry (the first has number 1): exponential with full jitter, which is uniform between zero
/// and the doubled base. `random` is uniform over all `u32`.
pub fn backoff(attempt: u32, random: u32) -> SignedDuration {
    let doubled = BACKOFF_BASE.as_millis() << attempt.min(10);
    let cap = doubled.min(BACKOFF_CAP.as_millis());
    SignedDuration::from_millis_i128(cap * i128::from(random) / i128::from(u32::MAX))
}

/// Clamps the wait that an upstream asked for to at most [`RETRY_AFTER_CAP`].
pub fn clamp_retry_after(retry_after: SignedDuration) -> SignedDuration {
    retry_after.clamp(SignedDuration::ZERO, RETRY_AFTER_CAP)
}

/// Waits before the retries of a transient failure. The first is short, since most outages are. The schedule spans a bit
/// more than a day, since the calls of an address are limited per UTC day (R12).
const RETRY_SCHEDULE: [SignedDuration; 7] = [
    SignedDuration::from_secs(5),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(5),
    SignedDuration::from_hours(10),
    SignedDuration::from_hours(10),
];

/// Maximum random change of a wait between runs, in percent, so that simultaneous failures are not retried
/// simultaneously.
const JITTER_PERCENT: i128 = 20;

/// Returns when to retry after a number of attempts; `None` at the end of the schedule. `random` is uniform over all
/// `u32`.
pub fn next_try(tries: u32, now: Timestamp, random: u32) -> Option<Timestamp> {
    let index = usize::try_from(tries).ok()?.checked_sub(1)?;
    Some(now + jittered(*RETRY_SCHEDULE.get(index)?, random))
}

/// How long an item waits that could not be attempted, because an upstream or a service cannot be used.
const OUTAGE_WAIT: SignedDuration = SignedDuration::from_mins(1);

/// Returns when to look again at an item that could not be attempted. It waits without end, so that it is attempted soon
/// after the outage.
pub fn after_outage(now: Timestamp, random: u32) -> Timestamp {
    now + jittered(OUTAGE_WAIT, random)
}

/// Changes a wait at random by at most [`JITTER_PERCENT`].
fn jittered(wait: SignedDuration, random: u32) -> SignedDuration {
    let wait = wait.as_millis();
    let jitter = wait * JITTER_PERCENT / 100;
    let shift = 2 * jitter * i128::from(random) / i128::from(u32::MAX) - jitter;
    SignedDuration::from_millis_i128(wait + shift)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn backoff_is_between_zero_and_its_cap(attempt in any::<u32>(), random in any::<u32>()) {
            let wait = backoff(attempt, random);
            prop_assert!(wait >= SignedDuration::ZERO && wait <= BACKOFF_CAP);
        }

        #[test]
        fn retry_after_is_clamped(seconds in any::<i32>()) {
            let wait = clamp_retry_after(SignedDuration::from_secs(seconds.into()));
            prop_assert!(wait >= SignedDuration::ZERO && wait <= RETRY_AFTER_CAP);
        }
    }

    #[test]
    fn retries_follow_the_schedule_within_its_jitter_and_end() {
        let now = Timestamp::UNIX_EPOCH;
        let seconds = [5, 300, 1_800, 7_200, 18_000, 36_000, 36_000];
        for (index, seconds) in seconds.into_iter().enumerate() {
            let wait = |random| {
                let at = next_try(index as u32 + 1, now, random).unwrap();
                at.duration_since(now).as_millis()
            };
            assert_eq!((wait(0), wait(u32::MAX)), (seconds * 800, seconds * 1_200));
            assert!((seconds * 990..=seconds * 1_010).contains(&wait(u32::MAX / 2)));
        }
        assert_eq!(next_try(8, now, 0), None);
        assert_eq!(next_try(0, now, 0), None);
        assert_eq!(next_try(u32::MAX, now, 0), None);
    }

    #[test]
    fn an_item_that_could_not_be_attempted_waits_for_about_a_minute() {
        let wait = |random| after_outage(Timestamp::UNIX_EPOCH, random).as_second();
        assert_eq!((wait(0), wait(u32::MAX)), (48, 72));
    }

    #[test]
    fn backoff_doubles_up_to_its_cap() {
        let waits: Vec<_> = (1..=6).map(|attempt| backoff(attempt, u32::MAX).as_millis()).collect();
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 8000]);
    }
}
