//! The union of a person's intervals. A person who rejoins has several, and one with two devices has overlapping ones;
//! each moment counts once.

use crate::person::Presence;

/// Returns the union of intervals (from, to) in ascending order. An interval that ends before it begins is empty.
pub(super) fn union(intervals: impl Iterator<Item = (i64, i64)>) -> Presence {
    let mut union: Option<Presence> = None;
    let mut covered_to = i64::MIN;
    for (from, to) in intervals {
        let presence = union.get_or_insert(Presence { from, to: from, seconds: 0 });
        let begin = from.max(covered_to);
        if to > begin {
            presence.seconds += to - begin;
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
        fn a_union_counts_each_covered_second_once(intervals in prop::collection::vec((0i64..60, 0i64..60), 1..12)) {
            let covered: Vec<_> =
                (0..60).filter(|second| intervals.iter().any(|(from, to)| from <= second && second < to)).collect();
            let mut sorted = intervals.clone();
            sorted.sort_unstable();
            let union = union(sorted.into_iter());
            prop_assert_eq!(union.seconds, covered.len() as i64);
            prop_assert_eq!(union.from, intervals.iter().map(|(from, _)| *from).min().unwrap());
            if let Some(last) = covered.last() {
                prop_assert_eq!(union.to, last + 1);
            }
        }
    }
}
