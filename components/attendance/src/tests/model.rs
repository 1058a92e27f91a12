//! Random webinars, and what has to become of everybody, told by the truth that the stand-in Zoom was made of.

use super::world::{PROGRAM, World, row};
use domain::webinar::RegistrationMode;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// When the first stay may begin: the planned start.
const START: i64 = 1_793_610_000;

/// How somebody came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Via {
    /// Registered through Marketo: a member with a registrant id.
    Marketo,
    /// Registered on Zoom's own page; whether there is a lead of that address already.
    Zoom { has_lead: bool },
    /// A member who is Registered, and whom Zoom knows by the address alone.
    Address,
}

/// One time that somebody was in.
#[derive(Debug, Clone, Copy)]
struct Stay {
    from: i64,
    length: i64,
    /// The row is in the report a day later only.
    is_late: bool,
    /// What the row tells: the registrant id, the address, or both.
    tells: Tells,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tells {
    Id,
    Email,
    Both,
}

/// One person of the webinar.
#[derive(Debug, Clone)]
struct Person {
    via: Via,
    /// How the address is written: plain, with a plus, in capitals.
    spelling: u8,
    stays: Vec<Stay>,
    was_in_waiting_room: bool,
}

/// A webinar, and everybody who had to do with it.
#[derive(Debug, Clone)]
struct Webinar {
    people: Vec<Person>,
    /// Callers by phone, with nothing but a number.
    callers: u8,
    /// Whether Zoom tells who was absent.
    tells_absentees: bool,
    has_registration: bool,
}

impl Person {
    fn email(&self, place: usize) -> String {
        match self.spelling % 3 {
            0 => format!("p{place}@x.test"),
            1 => format!("p{place}+web@x.test"),
            _ => format!("P{place}@X.test"),
        }
    }

    /// As somebody else may write it.
    fn other_spelling(&self, place: usize) -> String {
        let email = self.email(place);
        if self.spelling % 2 == 0 { email.to_uppercase() } else { email.to_lowercase() }
    }

    fn attended(&self) -> bool {
        !self.stays.is_empty()
    }

    /// The seconds in which at least one stay was.
    fn seconds(&self) -> i64 {
        let covered: BTreeSet<i64> = self.stays.iter().flat_map(|stay| stay.from..stay.from + stay.length).collect();
        covered.len() as i64
    }
}

fn id(place: usize) -> String {
    format!("reg{place}")
}

fn time(second: i64) -> String {
    domain::time::Timestamp::from_second(START + second).to_string()
}

impl Webinar {
    /// Without registration there are neither registrants nor ids, and who is only on Zoom's page is a stranger.
    fn rows(&self, with_late: bool) -> Vec<Value> {
        let mut rows = vec![row(json!({"id": "u1", "user_email": "host@x.test", "name": "The Host"}))];
        for (place, person) in self.people.iter().enumerate() {
            if person.was_in_waiting_room {
                let waits = json!({"user_email": person.email(place), "status": "in_waiting_room", "duration": 0});
                rows.push(row(waits));
            }
            for stay in person.stays.iter().filter(|stay| with_late || !stay.is_late) {
                let tells_id = self.has_registration && stay.tells != Tells::Email;
                let tells_email = !self.has_registration || stay.tells != Tells::Id;
                rows.push(row(json!({
                    "registrant_id": if tells_id { id(place) } else { String::new() },
                    "user_email": if tells_email { person.other_spelling(place) } else { String::new() },
                    "name": format!("First{place} Last{place}"),
                    "join_time": time(stay.from), "leave_time": time(stay.from + stay.length), "duration": stay.length,
                })));
            }
        }
        rows.extend((0..self.callers).map(|number| row(json!({"name": format!("+1 555 01{number:02}")}))));
        rows
    }

    fn set_up(&self, world: &World) {
        let registered = |(place, person): (usize, &Person)| {
            json!({"id": id(place), "email": person.email(place), "first_name": format!("First{place}"),
                "last_name": format!("Last{place}"), "org": "Org", "phone": ""})
        };
        let all = || self.people.iter().enumerate();
        {
            let mut marketo = world.marketo();
            for (place, person) in all() {
                let email = person.other_spelling(place);
                match person.via {
                    Via::Marketo => {
                        let lead = marketo.lead(&email);
                        let code = if self.has_registration { id(place) } else { String::new() };
                        marketo.members.insert((PROGRAM, lead), ("Registered".into(), code));
                    }
                    Via::Address => {
                        let lead = marketo.lead(&email);
                        marketo.members.insert((PROGRAM, lead), ("Registered".into(), String::new()));
                    }
                    Via::Zoom { has_lead: true } => _ = marketo.lead(&email),
                    Via::Zoom { has_lead: false } => {}
                }
            }
        }
        let mut zoom = world.zoom();
        zoom.rows = Some(self.rows(false));
        if self.has_registration {
            zoom.registrants = Some(all().map(registered).collect());
            let absent = all().filter(|(_, person)| !person.attended()).map(registered).collect();
            zoom.absentees = self.tells_absentees.then_some(absent);
        } else {
            (zoom.registrants, zoom.absentees) = (None, None);
        }
    }

    /// Whether there has to be something in Marketo about somebody.
    fn concerns(&self, person: &Person) -> bool {
        self.has_registration || person.attended() || !matches!(person.via, Via::Zoom { .. })
    }
}

/// Plays a webinar to its end and compares.
async fn play(webinar: &Webinar) -> Result<(), TestCaseError> {
    let world = World::new().await;
    if !webinar.has_registration {
        world.change_connection(|connection| connection.snapshot.registration = RegistrationMode::None).await;
    }
    webinar.set_up(&world);
    world.held();
    world.tell_end().await;
    world.memory.run_background().await;
    world.zoom().rows = Some(webinar.rows(true));
    // Every look until the end, however many there are.
    for _ in 0..60 {
        world.pass(60);
        world.tick().await;
        world.memory.run_background().await;
    }
    let view = world.get().await;
    prop_assert_eq!(view["phase"].as_str(), Some("done"), "{}", view);

    let (mut attended, mut no_show, mut new, mut seconds) = (0, 0, 0, 0);
    for (place, person) in webinar.people.iter().enumerate() {
        let leads = world.leads(&person.email(place));
        if !webinar.concerns(person) {
            prop_assert_eq!(leads.len(), usize::from(person.via == Via::Zoom { has_lead: true }));
            continue;
        }
        prop_assert_eq!(leads.len(), 1, "leads of person {}", place);
        let status = world.marketo().members.get(&(PROGRAM, leads[0])).map(|(status, _)| status.clone());
        let expected = if person.attended() { "Attended" } else { "No Show" };
        prop_assert_eq!(status.as_deref(), Some(expected), "person {}", place);
        if person.attended() {
            attended += 1
        } else {
            no_show += 1
        }
        new += u64::from(person.via == Via::Zoom { has_lead: false });
        seconds += person.seconds();
    }
    prop_assert_eq!(&view["attended"], attended);
    prop_assert_eq!(&view["no_show"], no_show);
    prop_assert_eq!(&view["new_leads"], new);
    prop_assert_eq!(&view["unmatched"], webinar.callers);
    prop_assert_eq!(&view["minutes"], seconds / 60);
    prop_assert_eq!(&view["refused"], 0);
    // Nobody was ever moved back, and nobody twice to the same status.
    let changes = world.marketo().changes.clone();
    let mut seen = BTreeSet::new();
    for (lead, status) in changes {
        prop_assert!(seen.insert((lead, status.clone())), "lead {} is set to {} twice", lead, status);
        prop_assert!(status == "Attended" || !seen.contains(&(lead, "Attended".to_owned())));
    }
    let left: Vec<_> = world.memory.dump().into_keys().filter(|key| key.starts_with("attendance:1001:")).collect();
    let is_kept = |key: &String| key.contains(":stays:") || key.ends_with(":work");
    prop_assert!(left.iter().all(is_kept), "left over: {:?}", left);
    Ok(())
}

fn stay() -> impl Strategy<Value = Stay> {
    let tells = prop_oneof![Just(Tells::Id), Just(Tells::Email), Just(Tells::Both)];
    (0i64..3000, 1i64..900, prop::bool::weighted(0.2), tells).prop_map(|(from, length, is_late, tells)| Stay {
        from,
        length,
        is_late,
        tells,
    })
}

fn person() -> impl Strategy<Value = Person> {
    let via = prop_oneof![
        4 => Just(Via::Marketo),
        2 => Just(Via::Zoom { has_lead: false }),
        1 => Just(Via::Zoom { has_lead: true }),
        1 => Just(Via::Address),
    ];
    (via, any::<u8>(), prop::collection::vec(stay(), 0..4), prop::bool::weighted(0.2))
        .prop_map(|(via, spelling, stays, was_in_waiting_room)| Person { via, spelling, stays, was_in_waiting_room })
}

fn webinar() -> impl Strategy<Value = Webinar> {
    (prop::collection::vec(person(), 0..12), 0u8..4, prop::bool::weighted(0.8), prop::bool::weighted(0.85)).prop_map(
        |(people, callers, tells_absentees, has_registration)| Webinar {
            people,
            callers,
            tells_absentees,
            has_registration,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn everybody_is_accounted_for_as_it_was(webinar in webinar()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(play(&webinar))?;
    }
}
