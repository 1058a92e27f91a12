//! Random people: who they are, how they registered, what Marketo knows of them, and when they were there.

use super::draw::Draw;
use super::world::{
    COMPLETE, Fate, InMarketo, Person, QUIET, QUIET_AFTER, Registration, Role, RowFields, Session, Stay, Via, World,
};

/// Returns the people of a world.
pub(super) fn of(draw: &Draw, world: &World) -> Vec<Person> {
    let mut people = Vec::new();
    // Who is in every session unless nobody of the own side is.
    people.push(person(draw, Role::Host, InMarketo::Nothing));
    for _ in 0..draw.between(0, 2) {
        let role = draw.pick(&[
            Role::AlternativeHost { is_user: true },
            Role::AlternativeHost { is_user: false },
            Role::Panelist,
            Role::Colleague,
        ]);
        people.push(person(draw, role, InMarketo::Nothing));
    }
    for _ in 0..draw.between(1, 7) {
        let someone = someone(draw, world);
        people.push(someone);
    }
    for person in &mut people {
        person.stays = stays(draw, world, person);
    }
    // Gives each open session an attendee, in time for Zoom's report.
    for (number, session) in world.sessions.iter().enumerate().filter(|(_, session)| session.is_open) {
        let is_there = |person: &Person| {
            let timely = |stay: &Stay| stay.session == number && !stay.is_waiting && stay.late <= COMPLETE;
            !person.is_own_side() && person.stays.iter().any(timely)
        };
        if !people.iter().any(is_there) {
            let role = draw.pick(&[Role::Visitor, Role::Caller]);
            let mut guest = person(draw, role, InMarketo::Nothing);
            guest.stays.push(Stay {
                session: number,
                from: 0,
                seconds: (session.end - session.start) * 60,
                is_waiting: false,
                late: 0,
                fields: RowFields::Email,
                is_endless: false,
            });
            people.push(guest);
        }
    }
    people
}

fn person(draw: &Draw, role: Role, in_marketo: InMarketo) -> Person {
    Person { role, spelling: draw.between(0, 5), in_marketo, stays: Vec::new() }
}

/// Returns one who is not of the own side, at least not alone.
fn someone(draw: &Draw, world: &World) -> Person {
    let (role, in_marketo) = match draw.between(0, 99) {
        0..=9 => (Role::Caller, InMarketo::Nothing),
        10..=19 => {
            // A member who never registered, or one who signed in under another address.
            let known = [InMarketo::Member("Registered"), InMarketo::Member("Invited"), InMarketo::Nothing];
            (Role::Visitor, draw.pick(&known))
        }
        20..=25 if world.has_registration => (Role::OfOtherWebinar, InMarketo::Member("Registered")),
        _ if !world.has_registration => {
            let known = [InMarketo::Member("Registered"), InMarketo::Leads(1), InMarketo::Nothing];
            (Role::Visitor, draw.pick(&known))
        }
        _ => {
            let via = match draw.between(0, 9) {
                0..=5 => Via::Program,
                6 | 7 if world.has_sibling => Via::Sibling,
                _ => Via::ZoomPage,
            };
            let fate = fate(draw, world, via);
            // Under a wrong address, or one that is on no list any more, nobody would be recognized as a host.
            let may_be_host = matches!(fate, Fate::Stands | Fate::Renewed { .. } | Fate::Restored);
            let registration = Registration { via, fate, is_alternative_host: may_be_host && draw.chance(7) };
            let in_marketo = in_marketo(draw, world, registration);
            (Role::Registrant(registration), in_marketo)
        }
    };
    person(draw, role, in_marketo)
}

fn in_marketo(draw: &Draw, world: &World, registration: Registration) -> InMarketo {
    let has_ended = matches!(registration.fate, Fate::Ended { .. });
    let stands = !has_ended && registration.fate != Fate::Pending;
    match registration.via {
        Via::Program if has_ended && world.has_cancelled && draw.chance(50) => InMarketo::Member("Cancelled"),
        Via::Program if draw.chance(6) => InMarketo::Member("Attended"),
        Via::Program => InMarketo::Member("Registered"),
        Via::Sibling if stands && draw.chance(30) => InMarketo::Member("Registered"),
        Via::Sibling => InMarketo::Leads(1),
        // Nothing shows that a member without a registrant id was registered, once the registration has ended.
        Via::ZoomPage if stands && draw.chance(17) => InMarketo::Member("Registered"),
        Via::ZoomPage => draw.pick(&[
            InMarketo::Nothing,
            InMarketo::Nothing,
            InMarketo::Leads(1),
            InMarketo::Leads(2),
            InMarketo::Member("Invited"),
        ]),
    }
}

fn fate(draw: &Draw, world: &World, via: Via) -> Fate {
    match draw.between(0, 19) {
        0 | 1 => {
            // Before all sessions, or between two of them at the planned time.
            let current = world.plans.last().unwrap();
            let is_planned =
                |session: &&Session| (current.start - QUIET..current.end() + QUIET_AFTER).contains(&session.start);
            let starts: Vec<_> = world.sessions.iter().filter(is_planned).map(|session| session.start - 1).collect();
            let at = if starts.is_empty() || draw.chance(60) { 20 } else { draw.pick(&starts) };
            Fate::Ended { at, how: draw.pick(&["deny", "cancel", "withdraw"]) }
        }
        2 if world.is_manual => Fate::Pending,
        3 => Fate::Renewed { is_known: draw.chance(50) },
        4 => Fate::Restored,
        5 | 6 if via == Via::Program => {
            let is_renewed = draw.chance(60);
            Fate::Corrected { is_renewed, uses_first: !is_renewed || draw.chance(50) }
        }
        _ => Fate::Stands,
    }
}

fn stays(draw: &Draw, world: &World, person: &Person) -> Vec<Stay> {
    let mut stays = Vec::new();
    let diligence = draw.pick(&[0, 30, 60, 100]);
    for (number, session) in world.sessions.iter().enumerate() {
        let percent = match person.role {
            Role::Host => 85,
            Role::AlternativeHost { .. } | Role::Panelist | Role::Colleague => 60,
            Role::Registrant(registration) if registration.is_alternative_host => 60,
            Role::OfOtherWebinar => 0,
            _ if session.is_open => diligence,
            _ => 0,
        };
        let may_join = match person.registration().map(|registration| registration.fate) {
            Some(Fate::Pending) => false,
            Some(Fate::Ended { at, .. }) => session.end < at,
            _ => true,
        };
        if !may_join || !draw.chance(percent) {
            continue;
        }
        for _ in 0..draw.pick(&[1, 1, 1, 2]) {
            stays.push(stay(draw, world, person, number));
        }
    }
    stays
}

fn stay(draw: &Draw, world: &World, person: &Person, number: usize) -> Stay {
    let session = &world.sessions[number];
    let length = (session.end - session.start) * 60;
    if person.role == Role::Host {
        // The host is there from the beginning to the end, so that the report shows both.
        let fields = RowFields::Both;
        return Stay {
            session: number,
            from: 0,
            seconds: length,
            is_waiting: false,
            late: 0,
            fields,
            is_endless: false,
        };
    }
    let from = draw.between(0, length - 60);
    // Rows of registrants may come late if Zoom says who is absent; a registration that ended is on no list.
    let fate = person.registration().map(|registration| registration.fate);
    let is_listed = person.registration().is_some() && !matches!(fate, Some(Fate::Ended { .. }));
    let late = match draw.between(0, 9) {
        0 | 1 if world.no_show_after >= 30 => draw.between(1, COMPLETE),
        2 if world.lists_absentees && is_listed => draw.between(COMPLETE + 5, 5 * 60),
        _ => 0,
    };
    let fields = match fate {
        // Without both, nothing would show who it was.
        Some(Fate::Ended { .. } | Fate::Corrected { .. }) => RowFields::Both,
        _ => draw.pick(&[RowFields::Both, RowFields::Both, RowFields::Id, RowFields::Email]),
    };
    Stay {
        session: number,
        from,
        seconds: draw.between(30, length - from),
        is_waiting: draw.chance(8),
        late,
        fields,
        is_endless: draw.chance(6),
    }
}
