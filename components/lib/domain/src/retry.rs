//! When to try again: schedules and back-off. Pure; randomness comes in as a number.

use crate::time::{SignedDuration, Timestamp};

/// Back-off within one run doubles from here.
pub const BACKOFF_BASE: SignedDuration = SignedDuration::from_millis(250);

/// No single wait within one run is longer: a run lasts 25 seconds at most.
pub const BACKOFF_CAP: SignedDuration = SignedDuration::from_secs(8);

/// `Retry-After` is honoured up to this within a run, so that a peer cannot hold a run for ever.
pub const RETRY_AFTER_CAP: SignedDuration = SignedDuration::from_secs(20);

/// The wait before try number `attempt` (the first repeat is 1): exponential with full jitter, that is, uniform
/// between nothing and the doubled base. `random` is uniform over all `u32`.
pub fn backoff(attempt: u32, random: u32) -> SignedDuration {
    let doubled = BACKOFF_BASE.as_millis() << attempt.min(10);
    let cap = doubled.min(BACKOFF_CAP.as_millis());
    SignedDuration::from_millis(cap * i64::from(random) / i64::from(u32::MAX))
}

/// A wait that a peer asked for, kept between nothing and [`RETRY_AFTER_CAP`].
pub fn clamp_retry_after(asked: SignedDuration) -> SignedDuration {
    asked.clamp(SignedDuration::ZERO, RETRY_AFTER_CAP)
}

/// A failure that may pass by itself is tried again after these waits: soon, since most outages are short, and more
/// and more rarely over a bit more than a day, since an address has 3 add calls a day only (R12).
pub const SCHEDULE: [SignedDuration; 7] = [
    SignedDuration::from_secs(5),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(5),
    SignedDuration::from_hours(10),
    SignedDuration::from_hours(10),
];

/// Each wait of [`SCHEDULE`] is longer or shorter by at most this share, in percent: what failed together is not tried
/// again together.
const SPREAD_PERCENT: i64 = 20;

/// When to try again what was tried so often; `None` when the schedule is at its end. `random` is uniform over all
/// `u32`.
pub fn next_try(tries: u32, now: Timestamp, random: u32) -> Option<Timestamp> {
    let index = usize::try_from(tries).ok()?.checked_sub(1)?;
    let wait = SCHEDULE.get(index)?.as_millis();
    let spread = wait * SPREAD_PERCENT / 100;
    let shift = 2 * spread * i64::from(random) / i64::from(u32::MAX) - spread;
    Some(now + SignedDuration::from_millis(wait + shift))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn backoff_is_between_nothing_and_the_cap(attempt in any::<u32>(), random in any::<u32>()) {
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
    fn the_schedule_is_kept_within_a_fifth_and_ends() {
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
    fn backoff_grows() {
        let waits: Vec<_> = (1..=6).map(|attempt| backoff(attempt, u32::MAX).as_millis()).collect();
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 8000]);
    }
}
