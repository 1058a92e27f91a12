//! When to try again: schedules and back-off. Pure; randomness comes in as a number.

use crate::time::SignedDuration;

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
    fn backoff_grows() {
        let waits: Vec<_> = (1..=6).map(|attempt| backoff(attempt, u32::MAX).as_millis()).collect();
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 8000]);
    }
}
