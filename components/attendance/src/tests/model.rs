//! Random webinars. The expected statuses follow from the model that the fake Zoom is filled from.

use super::env::{ABSENTEES, PROGRAM, TestEnv};
use fakes::zoom::{Attendance, NewRegistrant, NewWebinar, Person as ZoomPerson};
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeSet;

/// How long after the end of the webinar late rows come, in seconds.
const LATE: i64 = 1_800;

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

impl Webinar {
    /// Returns the stays in the webinar.
    fn stays(&self) -> Vec<Attendance> {
        let mut stays = vec![Attendance::throughout(ZoomPerson::User(super::env::HOST.to_owned()))];
        for (place, person) in self.people.iter().enumerate() {
            let who = match self.has_registration {
                true => ZoomPerson::Registrant(person.email(place)),
                false => ZoomPerson::Visitor(person.other_spelling(place)),
            };
            if person.was_in_waiting_room {
                let waiting = Attendance::during(who.clone(), 0, 0);
                stays.push(Attendance { waiting_room: true, without_registrant_id: true, ..waiting });
            }
            stays.extend(person.intervals.iter().map(|interval| Attendance {
                late_seconds: if interval.is_late { LATE } else { 0 },
                without_registrant_id: interval.fields == RowFields::Email,
                without_email: self.has_registration && interval.fields == RowFields::Id,
                ..Attendance::during(who.clone(), interval.from, interval.length)
            }));
        }
        let caller = |number| ZoomPerson::DialIn(format!("+1 555 01{number:02}"));
        stays.extend((0..self.callers).map(|number| Attendance::during(caller(number), 0, 600)));
        stays
    }

    async fn set_up(&self, env: &TestEnv) {
        for (place, person) in self.people.iter().enumerate() {
            let email = person.email(place);
            let mut code = String::new();
            if self.has_registration {
                let [first_name, last_name] = ["First", "Last"].map(|name| format!("{name}{place}"));
                let registrant =
                    NewRegistrant { email: email.clone(), first_name, last_name, ..NewRegistrant::default() };
                code = env.zoom.register_on_zoom(super::env::WEBINAR, registrant).await.unwrap().id;
            }
            let email = person.other_spelling(place);
            match person.via {
                Via::Marketo => env.add_member(PROGRAM, env.lead(&email), "Registered", &code),
                Via::Address => env.add_member(PROGRAM, env.lead(&email), "Registered", ""),
                Via::Zoom { has_lead: true } => _ = env.lead(&email),
                Via::Zoom { has_lead: false } => {}
            }
        }
        if !self.lists_absentees {
            env.fail_zoom(ABSENTEES, 400, json!({"code": 4711, "message": "does not contain scopes:[x]."}));
        }
    }

    /// Returns whether the person must be a member in Marketo.
    fn concerns(&self, person: &Person) -> bool {
        self.has_registration || person.attended() || !matches!(person.via, Via::Zoom { .. })
    }
}

/// Runs a webinar until its program is done, and checks each person.
async fn check(webinar: &Webinar) -> Result<(), TestCaseError> {
    let approval_type = if webinar.has_registration { 0 } else { 2 };
    let env = TestEnv::with_webinar(NewWebinar { approval_type, ..NewWebinar::default() }).await;
    webinar.set_up(&env).await;
    env.end_webinar_with(webinar.stays()).await;
    env.send_ended_event().await;
    env.memory.run_background().await;
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
        let status = env.status_of(PROGRAM, leads[0]);
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
    let changes = env.status_changes();
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
    (0i64..2700, 1i64..900, prop::bool::weighted(0.2), fields).prop_map(|(from, length, is_late, fields)| Interval {
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
