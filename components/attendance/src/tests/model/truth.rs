//! What is true of a world: which sessions are the webinar, who was there, and whose registration stood. Computed from the
//! world alone, by the rules as they are written (R11, R13, R19, R20), without the code that is tested.

use super::world::{Fate, InMarketo, Person, Registration, Role, Via, World};
use std::collections::BTreeSet;

/// How long before the planned start, and how long after the planned end, a session overlaps the planned time, in minutes.
const MARGINS: (i64, i64) = (60, 240);

/// The truth of a world.
#[derive(Debug)]
pub(super) struct Truth {
    /// The sessions that are the webinar; `None` if it never took place.
    pub(super) sessions: Option<BTreeSet<usize>>,
    /// What is true of each person.
    pub(super) people: Vec<PersonTruth>,
    /// The number of people with no more than a name.
    pub(super) unmatched: usize,
    /// The minutes of all attendees.
    pub(super) minutes: i64,
}

/// What is true of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PersonTruth {
    /// Whether the person attended, and not as one of the own side.
    pub(super) attended: bool,
    /// The status in the program in the end; `None` if the person is no member.
    pub(super) status: Option<&'static str>,
    /// The number of leads in the end.
    pub(super) leads: usize,
    /// Whether the person was never registered, and is a member who did not attend.
    pub(super) is_never_registered: bool,
}

impl Truth {
    pub(super) fn of(world: &World) -> Self {
        let sessions = webinar(world);
        let counting = sessions.clone().unwrap_or_default();
        let people: Vec<_> = world.people.iter().map(|person| truth_of(person, sessions.as_ref())).collect();
        let is_caller = |person: &&Person| person.role == Role::Caller && was_in(person, &counting);
        let attendees = world.people.iter().zip(&people).filter(|(_, truth)| truth.attended);
        Self {
            unmatched: world.people.iter().filter(is_caller).count(),
            minutes: attendees.map(|(person, _)| seconds(world, person, &counting)).sum::<i64>() / 60,
            sessions,
            people,
        }
    }
}

/// Returns the sessions that are the webinar: those that overlap the current plan and had an attendee who is not of the own side;
/// if there are none, those of an earlier plan; else the one nearest to the plan. A webinar whose own side waited for
/// people in vain took place as well.
fn webinar(world: &World) -> Option<BTreeSet<usize>> {
    let (current, earlier) = world.plans.split_last().unwrap();
    let overlapping = |start: i64, end: i64| -> BTreeSet<usize> {
        let sessions = world.sessions.iter().enumerate();
        let overlaps =
            sessions.filter(|(_, session)| session.start < end + MARGINS.1 && session.end > start - MARGINS.0);
        overlaps.map(|(index, _)| index).collect()
    };
    let with_people = |mut sessions: BTreeSet<usize>| {
        sessions.retain(|&index| had_people(world, index));
        (!sessions.is_empty()).then_some(sessions)
    };
    let planned = overlapping(current.start, current.end());
    if let Some(held) = with_people(planned.clone()) {
        return Some(held);
    }
    let is_within = |index: &&usize| {
        let session = &world.sessions[**index];
        session.end.min(current.end()) > session.start.max(current.start)
    };
    let waited: BTreeSet<usize> = planned.iter().filter(is_within).copied().collect();
    let covered = |index: &usize| {
        let session = &world.sessions[*index];
        session.end.min(current.end()) - session.start.max(current.start)
    };
    if waited.iter().map(covered).sum::<i64>() * 2 >= current.minutes {
        return Some(planned);
    }
    for plan in earlier {
        if let Some(held) = with_people(overlapping(plan.start, plan.end())) {
            return Some(held);
        }
    }
    let others = (0..world.sessions.len()).filter(|&index| had_people(world, index));
    let nearest = others.min_by_key(|&index| (world.sessions[index].start - current.start).abs());
    nearest.map(|index| BTreeSet::from([index]))
}

/// Returns whether a person who is not of the own side was in a session.
fn had_people(world: &World, session: usize) -> bool {
    let session = BTreeSet::from([session]);
    world.people.iter().any(|person| !person.is_own_side() && was_in(person, &session))
}

fn was_in(person: &Person, sessions: &BTreeSet<usize>) -> bool {
    person.stays.iter().any(|stay| !stay.is_waiting && sessions.contains(&stay.session))
}

fn truth_of(person: &Person, sessions: Option<&BTreeSet<usize>>) -> PersonTruth {
    let registration = person.registration();
    let was_there = sessions.is_some_and(|sessions| was_in(person, sessions));
    // The own side attends only if registered; a caller is nobody that Marketo could know.
    let attended = was_there && person.role != Role::Caller && (registration.is_some() || !person.is_own_side());
    let (member, leads) = match person.in_marketo {
        InMarketo::Nothing => (None, 0),
        InMarketo::Leads(count) => (None, count),
        InMarketo::Member(status) => (Some(status), 1),
    };
    // Who registered through another program belongs to that one.
    let is_of_sibling = registration.is_some_and(|registration| registration.via == Via::Sibling) && member.is_none();
    let is_absent = sessions.is_some() && !attended && registration.is_some_and(stood);
    let status = match member {
        _ if attended && !is_of_sibling => Some("Attended"),
        Some("Attended") => Some("Attended"),
        _ if is_absent && !is_of_sibling => Some("No Show"),
        member => member,
    };
    PersonTruth {
        attended,
        status,
        leads: if status.is_some() { leads.max(1) } else { leads },
        is_never_registered: !attended && member == Some("Registered") && person.role == Role::Visitor,
    }
}

/// Returns whether a registration stood at the end of the webinar.
const fn stood(registration: Registration) -> bool {
    !matches!(registration.fate, Fate::Pending | Fate::Ended { .. })
}

/// Returns how long a person was in some sessions, each moment once, as far as Zoom says.
fn seconds(world: &World, person: &Person, sessions: &BTreeSet<usize>) -> i64 {
    let stays =
        person.stays.iter().filter(|stay| !stay.is_waiting && !stay.is_endless && sessions.contains(&stay.session));
    let mut intervals: Vec<_> = stays
        .map(|stay| {
            let begin = world.sessions[stay.session].start * 60 + stay.from;
            (begin, begin + stay.seconds)
        })
        .collect();
    intervals.sort_unstable();
    let (mut seconds, mut covered_to) = (0, i64::MIN);
    for (from, to) in intervals {
        seconds += (to - from.max(covered_to)).max(0);
        covered_to = covered_to.max(to);
    }
    seconds
}
