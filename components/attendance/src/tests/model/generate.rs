//! Random worlds. What cannot be known from outside is left out: for instance, nobody comes to a session that begins after
//! No Show was due, and no session goes on after its planned end without an event of its start.

use super::draw::Draw;
use super::people;
use super::world::{COMPLETE, Plan, QUIET_AFTER, Session, Timing, World};

/// Minutes of a day.
const DAY: i64 = 24 * 60;

/// What becomes of the webinar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Story {
    /// It takes place as planned.
    AsPlanned,
    /// It takes place at an earlier plan.
    AtEarlierPlan,
    /// It takes place at another time.
    AtOtherTime,
    /// Its own side waits, and nobody comes.
    NobodyComes,
    /// It never takes place.
    Never,
}

/// Returns the world of a seed.
pub(super) fn world(seed: u64) -> World {
    let draw = &Draw::new(seed);
    let story = draw.pick(&[
        Story::AsPlanned,
        Story::AsPlanned,
        Story::AsPlanned,
        Story::AsPlanned,
        Story::AsPlanned,
        Story::AsPlanned,
        Story::AtEarlierPlan,
        Story::AtOtherTime,
        Story::NobodyComes,
        Story::Never,
    ]);
    let has_registration = draw.chance(85);
    let lists_absentees = draw.chance(75);
    let no_show_after = draw.pick(&[30, 30, 30, 30, 45, 120, 0, 10]);
    let timing = if no_show_after < 30 { Timing::default() } else { timing(draw) };
    let plans = plans(draw, story);
    let sessions = sessions(draw, story, &plans, no_show_after);
    let mut world = World {
        has_registration,
        is_manual: has_registration && draw.chance(20),
        sessions,
        people: Vec::new(),
        requests: Vec::new(),
        outage: None,
        timing,
        lists_absentees,
        no_show_after,
        has_cancelled: draw.chance(40),
        has_sibling: has_registration && draw.chance(25),
        page_size: if draw.chance(15) { 2 } else { 300 },
        oddness: draw.chance(40).then_some(seed),
        plans,
    };
    world.people = people::of(draw, &world);
    let end = world.sessions.last().map_or(0, |session| session.end).max(world.plans.last().unwrap().end()) + 60;
    for _ in 0..draw.between(0, 4) {
        world.requests.push((draw.between(0, end), draw.chance(40)));
    }
    if draw.chance(20) {
        let from = draw.between(0, end);
        world.outage = Some((from, from + draw.between(10, 300)));
    }
    world
}

fn timing(draw: &Draw) -> Timing {
    let delay = draw.pick(&[0, 0, 0, 3, 8, 15]);
    let left = COMPLETE - delay;
    let (zero_durations, growth) = match draw.between(0, 3) {
        0 => (draw.between(1, left), 0),
        1 => (0, draw.between(1, left)),
        _ => (0, 0),
    };
    let listing = draw.pick(&[0, 0, 0, 5, 20]);
    let absentees = draw.pick(&[0, 0, 5, 20, COMPLETE]);
    Timing { delay, zero_durations, growth, listing, absentees }
}

/// Returns the plans. Each is on a day of its own, and the webinar is moved hours before either time.
fn plans(draw: &Draw, story: Story) -> Vec<Plan> {
    let count = match story {
        Story::AtEarlierPlan => draw.between(2, 3),
        Story::AtOtherTime => 1,
        _ => draw.pick(&[1, 1, 1, 2, 2, 3]),
    };
    let mut days: Vec<i64> = vec![0, 1, 2];
    let mut plans: Vec<Plan> = Vec::new();
    let minutes = draw.pick(&[30, 45, 60, 90]);
    for number in 0..count {
        let is_in_order = story == Story::AtEarlierPlan;
        let index = if is_in_order { 0 } else { draw.between(0, days.len() as i64 - 1) };
        let day = days.remove(usize::try_from(index).unwrap());
        let start = 600 + DAY * day + draw.between(0, 120);
        let at = match plans.last() {
            None => 0,
            Some(last) => {
                let latest = last.start.min(start) - 100;
                if draw.chance(60) { last.at + 5 + number } else { draw.between(last.at + 1, latest.max(last.at + 1)) }
            }
        };
        plans.push(Plan { at, start, minutes, is_told: true });
    }
    let last = plans.last_mut().unwrap();
    // The connection lacks the latest change at most: `catalog` refreshes it several times an hour.
    last.is_told = count == 1 || draw.chance(70);
    if story == Story::AsPlanned && draw.chance(15) {
        // The host extends the webinar while it goes on.
        let extended = Plan {
            at: last.start + draw.between(1, last.minutes - 2),
            minutes: last.minutes + draw.between(15, 90),
            is_told: draw.chance(50),
            ..*last
        };
        plans.push(extended);
    }
    plans
}

fn sessions(draw: &Draw, story: Story, plans: &[Plan], no_show_after: i64) -> Vec<Session> {
    let current = *plans.last().unwrap();
    let mut sessions = Vec::new();
    match story {
        Story::AsPlanned => sessions.extend(held(draw, current, no_show_after)),
        Story::AtEarlierPlan => {
            let earlier = plans.iter().filter(|plan| plan.start != current.start).copied().collect::<Vec<_>>();
            let plan = draw.pick(&earlier);
            sessions.extend(held(draw, plan, no_show_after));
        }
        Story::AtOtherTime => {
            let distances = [-420, -300, QUIET_AFTER + 200, QUIET_AFTER + 350];
            let first = draw.pick(&distances);
            for distance in distances.into_iter().filter(|distance| *distance == first || draw.chance(20)) {
                let start = current.start + distance + draw.between(0, 20);
                sessions.push(session(draw, start, start + draw.between(10, 60), true));
            }
        }
        Story::NobodyComes => {
            let start = current.start + draw.between(-10, 3);
            sessions.push(session(draw, start, current.end() + draw.between(-5, 30), false));
        }
        Story::Never => {}
    }
    let is_early = |session: &Session| session.start < 560;
    if draw.chance(40) && !sessions.iter().any(is_early) {
        // A rehearsal, hours before any plan.
        let start = draw.between(40, 300);
        let is_open = story == Story::AsPlanned && draw.chance(30);
        sessions.push(session(draw, start, start + draw.between(5, 100), is_open));
    }
    if matches!(story, Story::AsPlanned | Story::Never) {
        for plan in plans.iter().filter(|plan| plan.start != current.start) {
            // People come at a time that was planned before.
            if draw.chance(40) {
                let start = plan.start + draw.between(-10, 20);
                let is_open = story == Story::AsPlanned && draw.chance(50);
                sessions.push(session(draw, start, start + draw.between(3, 50), is_open));
            }
        }
    }
    if story == Story::AsPlanned && draw.chance(20) {
        // The room is opened again.
        let start = current.end() + QUIET_AFTER + draw.between(0, 100);
        let is_open = draw.chance(50);
        sessions.push(session(draw, start, start + draw.between(5, 60), is_open));
    }
    sessions.sort_by_key(|session| session.start);
    for session in &mut sessions {
        // A session that goes on after the planned end is known by its start, as far as anything can be known.
        session.started_arrives |= session.end >= current.end() - 1;
    }
    sessions
}

/// Returns the sessions of a webinar that takes place at a plan: a sound check, and up to three sessions.
fn held(draw: &Draw, plan: Plan, no_show_after: i64) -> Vec<Session> {
    let mut sessions = Vec::new();
    let mut start = plan.start + draw.between(-25, 8);
    if draw.chance(25) {
        let check = start - draw.between(8, 20);
        sessions.push(session(draw, check, start - draw.between(1, 7), false));
    }
    for number in 0..draw.pick(&[1, 1, 1, 2, 2, 3]) {
        if number > 0 {
            let last_end = sessions.last().map_or(start, |last: &Session| last.end);
            let latest = plan.end().max(last_end) + no_show_after - 2;
            start = last_end + draw.between(1, 25);
            if start > latest {
                break;
            }
        }
        let end = match draw.between(0, 2) {
            0 => start + draw.between(4, 20),
            1 => (plan.end() + draw.between(-10, 10)).max(start + 4),
            _ => start + draw.between(20, 150),
        };
        if end > plan.end() + 190 {
            break;
        }
        sessions.push(session(draw, start, end, true));
    }
    sessions
}

fn session(draw: &Draw, start: i64, end: i64, is_open: bool) -> Session {
    let ended_arrives = draw.chance(70);
    Session {
        start,
        end,
        is_open,
        started_arrives: draw.chance(75),
        ended_arrives,
        ended_again: draw.chance(20).then(|| draw.pick(&[0, 5, 25])),
        kills_worker: draw.chance(10),
    }
}
