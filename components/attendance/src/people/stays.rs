//! How long somebody was there. Who comes back has several stays, and who joins with two devices has overlapping ones:
//! a moment counts once.

use domain::time::{SignedDuration, Timestamp};

/// The time that at least one of some stays (from, to) covers. A stay that ends before it begins covers nothing.
pub(super) fn present(mut stays: Vec<(Timestamp, Timestamp)>) -> SignedDuration {
    stays.sort_unstable();
    let mut total = SignedDuration::ZERO;
    let mut covered_to = None;
    for (from, to) in stays {
        let from = covered_to.map_or(from, |covered_to| from.max(covered_to));
        if to > from {
            total = total + to.duration_since(from);
            covered_to = Some(to);
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second)
    }

    proptest! {
        #[test]
        fn it_is_the_number_of_seconds_covered(stays in prop::collection::vec((0i64..60, 0i64..60), 0..12)) {
            let covered = (0..60).filter(|second| stays.iter().any(|(from, to)| from <= second && second < to)).count();
            let stays = stays.into_iter().map(|(from, to)| (at(from), at(to))).collect();
            prop_assert_eq!(present(stays).as_secs(), covered as i64);
        }
    }
}
