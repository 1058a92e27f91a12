//! How long somebody was there. Who comes back has several stays, and who joins with two devices has overlapping ones:
//! a moment counts once.

use super::Presence;

/// The union of some stays (from, to) that are sorted. A stay that ends before it begins covers nothing.
pub(super) fn union(stays: impl Iterator<Item = (i64, i64)>) -> Presence {
    let mut union: Option<Presence> = None;
    let mut covered_to = i64::MIN;
    for (from, to) in stays {
        let presence = union.get_or_insert(Presence { from, to: from, seconds: 0 });
        let begins = from.max(covered_to);
        if to > begins {
            presence.seconds += to - begins;
            covered_to = to;
            presence.to = to;
        }
    }
    union.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_the_number_of_seconds_covered(stays in prop::collection::vec((0i64..60, 0i64..60), 1..12)) {
            let covered: Vec<_> =
                (0..60).filter(|second| stays.iter().any(|(from, to)| from <= second && second < to)).collect();
            let mut sorted = stays.clone();
            sorted.sort_unstable();
            let union = union(sorted.into_iter());
            prop_assert_eq!(union.seconds, covered.len() as i64);
            prop_assert_eq!(union.from, stays.iter().map(|(from, _)| *from).min().unwrap());
            if let Some(last) = covered.last() {
                prop_assert_eq!(union.to, last + 1);
            }
        }
    }
}
