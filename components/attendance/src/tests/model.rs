//! Random webinars. The expected statuses follow from the model that the fake Zoom is filled from.

use super::env::{PROGRAM, TestEnv, row};
use domain::webinar::RegistrationMode;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The planned start, at which the first interval may begin.
const START: i64 = 1_793_610_000;

/// How a person registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Via {
    /// Through Marketo: a member with a registrant id.
    Marketo,
    /// On Zoom's own page, with or without an existing lead.
    Zoom { has_lead: bool },
    /// A member without a registrant id, which Zoom knows by the address.
    Address,
}

/// One interval that a person was in the webinar.
#[derive(Debug, Clone, Copy)]
struct Interval {
    from: i64,
    length: i64,
    /// Whether the report has the row only a day later.
    is_late: bool,
    /// Whether the row has the registrant id, the address, or both.
    fields: RowFields,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RowFields {
    Id,
    Email,
    Both,
}

/// A person of the webinar.
#[derive(Debug, Clone)]
struct Person {
    via: Via,
    /// The spelling of the address: plain, with a plus, or in capitals.
    spelling: u8,
    intervals: Vec<Interval>,
    was_in_waiting_room: bool,
}

/// A webinar and its people.
#[derive(Debug, Clone)]
struct Webinar {
    people: Vec<Person>,
    /// Callers by phone, with no more than a number.
    callers: u8,
    /// Whether Zoom lists absentees.
    lists_absentees: bool,
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

    /// Returns the address in another spelling.
    fn other_spelling(&self, place: usize) -> String {
        let email = self.email(place);
        if self.spelling.is_multiple_of(2) { email.to_uppercase() } else { email.to_lowercase() }
    }

    fn attended(&self) -> bool {
        !self.intervals.is_empty()
    }

    /// Returns the number of seconds that are covered by an interval.
    fn seconds(&self) -> i64 {
        let covered: BTreeSet<i64> =
            self.intervals.iter().flat_map(|interval| interval.from..interval.from + interval.length).collect();
        covered.len() as i64
    }
}

fn id(place: usize) -> String {
    format!("reg{place}")
}

fn time(second: i64) -> String {
    domain::time::Timestamp::from_second(START + second).unwrap().to_string()
}

impl Webinar {
    /// Returns the rows of the report. Without registration, rows have no registrant ids.
    fn rows(&self, with_late: bool) -> Vec<Value> {
        let mut rows = vec![row(json!({
            "id": "u1", "user_email": "host@x.test", "name": "The Host", "join_time": time(0), "leave_time": time(3600),
            "duration": 3600,
        }))];
        for (place, person) in self.people.iter().enumerate() {
            if person.was_in_waiting_room {
                let waits = json!({"user_email": person.email(place), "status": "in_waiting_room", "duration": 0});
                rows.push(row(waits));
            }
            for interval in person.intervals.iter().filter(|interval| with_late || !interval.is_late) {
                let has_id = self.has_registration && interval.fields != RowFields::Email;
                let has_email = !self.has_registration || interval.fields != RowFields::Id;
                rows.push(row(json!({
                    "registrant_id": if has_id { id(place) } else { String::new() },
                    "user_email": if has_email { person.other_spelling(place) } else { String::new() },
                    "name": format!("First{place} Last{place}"),
                    "join_time": time(interval.from), "leave_time": time(interval.from + interval.length),
                    "duration": interval.length,
                })));
            }
        }
        rows.extend((0..self.callers).map(|number| row(json!({"name": format!("+1 555 01{number:02}")}))));
        rows
    }

    fn set_up(&self, env: &TestEnv) {
        let registered = |(place, person): (usize, &Person)| {
            json!({"id": id(place), "email": person.email(place), "first_name": format!("First{place}"),
                "last_name": format!("Last{place}"), "org": "Org", "phone": ""})
        };
        let all = || self.people.iter().enumerate();
        {
            let mut marketo = env.marketo();
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
        let mut zoom = env.zoom();
        zoom.rows = Some(self.rows(false));
        if self.has_registration {
            zoom.registrants = Some(all().map(registered).collect());
            let absent = all().filter(|(_, person)| !person.attended()).map(registered).collect();
            zoom.absentees = self.lists_absentees.then_some(absent);
        } else {
            (zoom.registrants, zoom.absentees) = (None, None);
        }
    }

    /// Returns whether the person must be a member in Marketo.
    fn concerns(&self, person: &Person) -> bool {
        self.has_registration || person.attended() || !matches!(person.via, Via::Zoom { .. })
    }
}

/// Runs a webinar until its program is done, and checks each person.
async fn check(webinar: &Webinar) -> Result<(), TestCaseError> {
    let env = TestEnv::new().await;
    if !webinar.has_registration {
        env.change_connection(|connection| connection.snapshot.registration = RegistrationMode::None).await;
    }
    webinar.set_up(&env);
    env.end_webinar();
    env.send_ended_event().await;
    env.memory.run_background().await;
    env.zoom().rows = Some(webinar.rows(true));
    // Enough ticks for every poll until the program is done.
    for _ in 0..60 {
        env.advance(60);
        env.tick().await;
        env.memory.run_background().await;
    }
    let view = env.view().await;
    prop_assert_eq!(view["phase"].as_str(), Some("done"), "{}", view);

    let (mut attended, mut no_show, mut never_registered, mut new, mut seconds) = (0, 0, 0, 0, 0);
    for (place, person) in webinar.people.iter().enumerate() {
        let leads = env.leads(&person.email(place));
        if !webinar.concerns(person) {
            prop_assert_eq!(leads.len(), usize::from(person.via == Via::Zoom { has_lead: true }));
            continue;
        }
        prop_assert_eq!(leads.len(), 1, "leads of person {}", place);
        let status = env.marketo().members.get(&(PROGRAM, leads[0])).map(|(status, _)| status.clone());
        // Without registration in Zoom, nothing shows that a member wanted to come (R19).
        let expected = match person.attended() {
            true => "Attended",
            false if webinar.has_registration => "No Show",
            false => "Registered",
        };
        prop_assert_eq!(status.as_deref(), Some(expected), "person {}", place);
        match expected {
            "Attended" => attended += 1,
            "No Show" => no_show += 1,
            _ => never_registered += 1,
        }
        new += u64::from(person.via == Via::Zoom { has_lead: false });
        seconds += person.seconds();
    }
    prop_assert_eq!(&view["attended"], attended);
    prop_assert_eq!(&view["no_show"], no_show);
    prop_assert_eq!(&view["never_registered"], never_registered);
    prop_assert_eq!(&view["new_leads"], new);
    prop_assert_eq!(&view["unmatched"], webinar.callers);
    prop_assert_eq!(&view["minutes"], seconds / 60);
    prop_assert_eq!(&view["refused"], 0);
    // No lead moved back, and none was set to the same status twice.
    let changes = env.marketo().status_changes.clone();
    let mut seen = BTreeSet::new();
    for (lead, status) in changes {
        prop_assert!(seen.insert((lead, status.clone())), "lead {} is set to {} twice", lead, status);
        prop_assert!(status == "Attended" || !seen.contains(&(lead, "Attended".to_owned())));
    }
    let left: Vec<_> = env.memory.dump().into_keys().filter(|key| key.starts_with("attendance:1001:")).collect();
    let is_kept = |key: &String| key.contains(":presences:") || key.ends_with(":work");
    prop_assert!(left.iter().all(is_kept), "left over: {:?}", left);
    Ok(())
}

fn interval() -> impl Strategy<Value = Interval> {
    let fields = prop_oneof![Just(RowFields::Id), Just(RowFields::Email), Just(RowFields::Both)];
    (0i64..3000, 1i64..900, prop::bool::weighted(0.2), fields).prop_map(|(from, length, is_late, fields)| Interval {
        from,
        length,
        is_late,
        fields,
    })
}

fn person() -> impl Strategy<Value = Person> {
    let via = prop_oneof![
        4 => Just(Via::Marketo),
        2 => Just(Via::Zoom { has_lead: false }),
        1 => Just(Via::Zoom { has_lead: true }),
        1 => Just(Via::Address),
    ];
    (via, any::<u8>(), prop::collection::vec(interval(), 0..4), prop::bool::weighted(0.2)).prop_map(
        |(via, spelling, intervals, was_in_waiting_room)| Person { via, spelling, intervals, was_in_waiting_room },
    )
}

fn webinar() -> impl Strategy<Value = Webinar> {
    (prop::collection::vec(person(), 0..12), 0u8..4, prop::bool::weighted(0.8), prop::bool::weighted(0.85)).prop_map(
        |(people, callers, lists_absentees, has_registration)| Webinar {
            people,
            callers,
            lists_absentees,
            has_registration,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn all_people_get_the_status_that_the_model_expects(webinar in webinar()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(check(&webinar))?;
    }
}
