//! Which run of a webinar counts (R13). Pure.

use domain::time::{SignedDuration, Timestamp};
use std::cmp::Reverse;
use zoom_client::reports::Instance;

/// The run that began nearest to one of the planned starts: the present one, or one that held when people registered.
/// Hosts try a webinar out days before, and move it; both leave instances. Of two equally near ones the later counts.
pub(super) fn that_ran<'i>(instances: &'i [Instance], planned: &[Timestamp]) -> Option<&'i Instance> {
    let place = |instance: &&Instance| {
        let start = instance.start();
        let distance = start.and_then(|start| distance(start, planned));
        // One whose start Zoom does not tell is the last choice.
        (distance.is_none(), distance, Reverse(start))
    };
    instances.iter().min_by_key(place)
}

fn distance(start: Timestamp, planned: &[Timestamp]) -> Option<SignedDuration> {
    planned.iter().map(|planned| start.duration_since(*planned).abs()).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + 60 * minute)
    }

    fn instance(start: Option<i64>) -> Instance {
        let uuid = start.map_or("unknown".to_owned(), |start| start.to_string());
        serde_json::from_value(json!({"uuid": uuid, "start_time": start.map(|start| at(start).to_string())})).unwrap()
    }

    fn chosen(starts: &[Option<i64>], planned: &[i64]) -> Option<String> {
        let instances: Vec<_> = starts.iter().map(|&start| instance(start)).collect();
        let planned: Vec<_> = planned.iter().map(|&minute| at(minute)).collect();
        that_ran(&instances, &planned).map(|instance| instance.uuid.to_string())
    }

    #[test]
    fn r13_the_run_nearest_to_a_planned_start_counts() {
        for (starts, planned, expected) in [
            (&[][..], &[0][..], None),
            (&[Some(-3000), Some(-8)], &[0], Some("-8")),
            // Moved after people registered, and it ran when they were told it would.
            (&[Some(-2880), Some(-1400)], &[0, -2870], Some("-2880")),
            (&[Some(-10), Some(10)], &[0], Some("10")),
            (&[None, Some(9000)], &[0], Some("9000")),
            (&[None], &[0], Some("unknown")),
        ] {
            assert_eq!(chosen(starts, planned).as_deref(), expected, "{starts:?} {planned:?}");
        }
    }

    proptest! {
        #[test]
        fn r13_no_other_run_is_nearer(
            starts in prop::collection::vec(-9000i64..9000, 1..6),
            planned in prop::collection::vec(-9000i64..9000, 1..4),
        ) {
            let near = |start: i64| planned.iter().map(|planned| (start - planned).abs()).min().unwrap();
            let some: Vec<_> = starts.iter().copied().map(Some).collect();
            let chosen: i64 = chosen(&some, &planned).unwrap().parse().unwrap();
            prop_assert!(starts.iter().all(|&start| near(chosen) <= near(start)));
        }
    }
}
