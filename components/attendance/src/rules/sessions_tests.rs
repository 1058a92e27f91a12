use super::*;
use proptest::prelude::*;

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + 60 * minute).unwrap()
}

/// Planned from minute 0 to minute 60, and earlier at other starts.
fn plans(earlier: &[i64]) -> Plans {
    Plans { current: Plan::new(at(0), 60), earlier: earlier.iter().map(|&start| Plan::new(at(start), 60)).collect() }
}

fn session(start: i64) -> KnownSession {
    KnownSession { uuid: start.to_string().into(), start: Some(at(start)), end: None, origin: Origin::Listed }
}

fn facts(start: i64, end: i64, attendees: usize) -> SessionFacts {
    SessionFacts { start: Some(at(start)), end: Some(at(end)), attendees }
}

#[test]
fn r13_a_session_counts_if_it_overlaps_the_planned_time_and_had_attendees() {
    for (start, end, attendees, expected) in [
        (0, 10, 2, SessionVerdict::Planned),
        (15, 60, 2, SessionVerdict::Planned),
        (-2, 0, 0, SessionVerdict::OwnSideOnly),
        // A sound check that ends an hour before the start, and one that ends a minute later.
        (-90, -60, 1, SessionVerdict::OtherTime),
        (-90, -59, 1, SessionVerdict::Planned),
        // Four hours after the end, and a minute earlier.
        (300, 310, 1, SessionVerdict::OtherTime),
        (299, 310, 1, SessionVerdict::Planned),
        (-24 * 60, -23 * 60, 5, SessionVerdict::OtherTime),
        // Spans the whole planned time.
        (-200, 500, 1, SessionVerdict::Planned),
    ] {
        let verdict = plans(&[]).verdict(Tier::Current, &session(start), &facts(start, end, attendees), false);
        assert_eq!(verdict, expected, "{start}..{end}");
    }
}

#[test]
fn r13_an_earlier_plan_is_used_only_after_the_current_one_is_over() {
    let moved = plans(&[-2880]);
    assert_eq!(moved.next_tier(Tier::Current, at(299)), None);
    assert_eq!(moved.next_tier(Tier::Current, at(300)), Some(Tier::Earlier));
    assert_eq!(moved.next_tier(Tier::Earlier, at(60 + 1439)), None);
    assert_eq!(moved.next_tier(Tier::Earlier, at(60 + 1440)), Some(Tier::Nearest));
    assert_eq!(plans(&[]).next_tier(Tier::Current, at(300)), None);
    assert_eq!(plans(&[]).next_tier(Tier::Current, at(60 + 1440)), Some(Tier::Nearest));
    let verdict = |tier| moved.verdict(tier, &session(-2875), &facts(-2875, -2800, 3), false);
    assert_eq!(verdict(Tier::Current), SessionVerdict::OtherTime);
    assert_eq!(verdict(Tier::Earlier), SessionVerdict::EarlierPlan);
    let far = |tier, is_nearest| moved.verdict(tier, &session(-9000), &facts(-9000, -8900, 3), is_nearest);
    assert_eq!(far(Tier::Earlier, true), SessionVerdict::OtherTime);
    assert_eq!(far(Tier::Nearest, true), SessionVerdict::Nearest);
    assert_eq!(far(Tier::Nearest, false), SessionVerdict::OtherTime);
}

#[test]
fn r13_each_tier_reads_the_sessions_that_may_belong_to_it() {
    let unknown = KnownSession { start: None, origin: Origin::Ended, ..session(1) };
    let ended = KnownSession { end: Some(at(-100)), ..session(-200) };
    let sessions = [session(-2880), session(-1400), session(0), session(900), unknown, ended];
    let plans = plans(&[-2870]);
    let to_read = |tier, read: &[usize]| {
        let state = |index| if read.contains(&index) { ReadState::WithoutAttendees } else { ReadState::Unread };
        let sessions: Vec<_> = sessions.iter().enumerate().map(|(index, session)| (session, state(index))).collect();
        plans.to_read(tier, &sessions)
    };
    // A session that began within 30 hours before may still have lasted into the planned time.
    assert_eq!(to_read(Tier::Current, &[]), [1, 2, 4]);
    assert_eq!(to_read(Tier::Earlier, &[1, 2, 3, 4, 5]), [0]);
    assert_eq!(to_read(Tier::Nearest, &[0, 1, 2]), [5]);
    assert_eq!(to_read(Tier::Nearest, &[0, 1, 2, 3, 4, 5]), [0; 0]);
}

#[test]
fn r13_the_nearest_session_with_attendees_counts() {
    let sessions = [session(-9000), session(-5000), session(6000)];
    let nearest = |states: [ReadState; 3]| {
        let sessions: Vec<_> = sessions.iter().zip(states).collect();
        (plans(&[]).nearest(&sessions), plans(&[]).to_read(Tier::Nearest, &sessions))
    };
    use ReadState::{Unread, WithAttendees, WithoutAttendees};
    assert_eq!(nearest([Unread, Unread, Unread]), (Some(1), vec![1]));
    assert_eq!(nearest([WithAttendees, WithoutAttendees, Unread]), (Some(2), vec![2]));
    assert_eq!(nearest([WithAttendees, WithAttendees, Unread]), (Some(1), vec![]));
    assert_eq!(nearest([WithoutAttendees; 3]), (None, vec![]));
}

#[test]
fn r13_a_webinar_without_attendees_was_held_if_it_lasted_for_half_of_the_planned_time() {
    let held = |spans: &[(i64, i64)]| {
        let sessions: Vec<_> = spans.iter().map(|&(start, end)| (session(start), facts(start, end, 0))).collect();
        plans(&[]).was_held_without_attendees(sessions.iter().map(|(session, facts)| (session, facts)))
    };
    assert!(held(&[(0, 60)]) && held(&[(-10, 30)]) && held(&[(0, 20), (40, 60)]));
    assert!(!held(&[]) && !held(&[(-60, 0)]) && !held(&[(0, 29)]) && !held(&[(60, 300)]));
}

proptest! {
    #[test]
    fn r13_a_session_that_counts_is_one_that_is_read(
        start in -6000i64..6000, length in 0i64..1800, attendees in 0usize..3, earlier in prop::collection::vec(-6000i64..0, 0..3),
    ) {
        let plans = plans(&earlier);
        let session = session(start);
        for tier in [Tier::Current, Tier::Earlier] {
            let verdict = plans.verdict(tier, &session, &facts(start, start + length, attendees), false);
            if verdict.counts() {
                let current = plans.to_read(Tier::Current, &[(&session, ReadState::Unread)]);
                let earlier = plans.to_read(Tier::Earlier, &[(&session, ReadState::Unread)]);
                prop_assert!(!current.is_empty() || (tier == Tier::Earlier && !earlier.is_empty()));
                prop_assert!(attendees > 0);
            }
        }
    }
}
