//! What registration by itself costs of Marketo's daily quota (R23), in simulated time.

use super::fixture::{Fixture, PROGRAM, WEBINAR, email, lead_id};
use crate::store::ledger;
use domain::Email;
use domain::records::{ConnectedPrograms, ProgramConnection, ProgramKey, ProgramsKey, Registration};
use domain::time::SignedDuration;
use fakes::marketo::subscription::NewProgram;
use fakes::zoom::{NewRegistrant, NewWebinar, Panelist, RegistrantStatus};
use serde_json::Value;

/// Number of connected programs, each with a webinar of its own.
const PROGRAMS: u64 = 50;

/// 5 % of a customary quota of 50,000 calls a day.
const BUDGET: usize = 2_500;

const fn webinar_of(number: u64) -> u64 {
    WEBINAR + number
}

const fn program_of(number: u64) -> u64 {
    PROGRAM + 1_000 + number
}

/// Connects a program to a webinar of its own.
async fn connect(fixture: &Fixture, number: u64) {
    fixture.add_webinar(webinar_of(number), NewWebinar::default());
    fixture.marketo.arrange(|subscription| {
        let (id, kind) = (Some(program_of(number).try_into().unwrap()), "Event with Webinar".to_owned());
        let new = NewProgram { id, name: format!("P{number}"), kind, channel: "Webinar".to_owned() };
        subscription.add_program(new, domain::time::Timestamp::UNIX_EPOCH);
    });
    let ports = fixture.memory.ports();
    let first = ports.connections().find(PROGRAM.into()).await.unwrap().unwrap();
    let snapshot = domain::webinar::Snapshot { id: webinar_of(number).into(), ..first.snapshot.clone() };
    let connection = ProgramConnection { program: program_of(number).into(), snapshot, ..first };
    ports.store().put(&ProgramKey { id: connection.program }, &connection).await.unwrap();
}

/// Returns a fixture with connected programs, in each of which a lead is Registered.
async fn connected() -> Fixture {
    let fixture = Fixture::with_leads(PROGRAMS).await;
    for number in 1..=PROGRAMS {
        connect(&fixture, number).await;
    }
    let ids = (1..=PROGRAMS).map(|one| program_of(one).into()).collect();
    let webinars = (1..=PROGRAMS).map(|one| webinar_of(one).into()).collect();
    let index = ConnectedPrograms { ids, webinars, ..ConnectedPrograms::default() };
    fixture.memory.ports().store().put(&ProgramsKey {}, &index).await.unwrap();
    minutes(&fixture, 1).await;
    for number in 1..=PROGRAMS {
        set_status(&fixture, number, "Registered");
    }
    minutes(&fixture, 3).await;
    fixture
}

fn marketo_id(number: u64) -> i64 {
    number.try_into().unwrap()
}

/// Sets the status of a lead in its program, as a campaign does.
fn set_status(fixture: &Fixture, number: u64, status: &str) {
    let (program, lead) = (marketo_id(program_of(number)), marketo_id(lead_id(number)));
    assert!(fixture.marketo.set_member(program, lead, status), "{number}");
}

fn is_approved(fixture: &Fixture, number: u64) -> bool {
    let registrants = fixture.zoom.webinar(webinar_of(number)).unwrap().registrants;
    registrants.iter().any(|one| one.email == email(number) && one.status == RegistrantStatus::Approved)
}

/// Runs a number of ticks, each a minute after the one before.
async fn minutes(fixture: &Fixture, count: usize) {
    for _ in 0..count {
        fixture.memory.advance(SignedDuration::from_mins(1));
        fixture.tick().await;
        fixture.memory.run_background().await;
    }
}

/// Returns the number of calls of Marketo's REST API so far.
fn calls(fixture: &Fixture) -> usize {
    fixture.marketo.log().entries().iter().filter(|entry| entry.path.starts_with("/rest/")).count()
}

#[tokio::test]
async fn r23_a_day_of_50_programs_costs_at_most_5_percent_of_the_quota() {
    let fixture = connected().await;
    assert!((1..=PROGRAMS).all(|number| is_approved(&fixture, number)));
    let before = calls(&fixture);
    minutes(&fixture, 24 * 60).await;
    let spent = calls(&fixture) - before;
    println!("a day of {PROGRAMS} programs: {spent} calls of Marketo, of {BUDGET}");
    assert!(spent <= BUDGET, "{spent} calls");
    let (_, health) = fixture.send("GET", "/registration/health", &Value::Null).await;
    let shown = health["comparisons"]["marketo_calls_per_day"].as_u64().unwrap();
    assert!(shown.abs_diff(spent as u64) * 20 <= spent as u64, "{health}: {spent}");
}

#[tokio::test]
async fn r23_r18_between_two_readings_of_the_memberships_zooms_lists_are_compared() {
    let fixture = connected().await;
    // Every webinar was compared just now.
    minutes(&fixture, 80).await;
    fixture.lose_events();
    fixture.zoom.set_registration(webinar_of(7), &email(7), "withdraw").await.unwrap();
    fixture.zoom.set_registration(webinar_of(8), &email(8), "deny").await.unwrap();
    minutes(&fixture, 32).await;
    for number in [7, 8] {
        assert!(!is_approved(&fixture, number));
        let (_, counts) =
            fixture.send("GET", &format!("/registration/programs/{}", program_of(number)), &Value::Null).await;
        assert_eq!((&counts["registered"], &counts["reconciliation"]["withdrawn"]), (&0.into(), &1.into()), "{counts}");
    }
}

/// Panelists, and people whom Marketo rejects; and people whose copy was interrupted before they were denied or before an admin
/// switched the setting off.
#[tokio::test]
async fn r23_r10_people_who_are_not_copied_cost_no_more_readings_of_the_memberships() {
    let fixture = connected().await;
    fixture.lose_events();
    fixture.marketo.arrange(|subscription| {
        subscription.leads.partitions.insert(2, "Europe".into());
        subscription.leads.is_partition_required = true;
    });
    for number in 1..=PROGRAMS {
        fixture.set_copying(program_of(number), number <= 37).await;
        let webinar = webinar_of(number);
        if number <= 25 {
            let guest = "guest@example.com".to_owned();
            let person = NewRegistrant { email: guest.clone(), first_name: "G".to_owned(), ..NewRegistrant::default() };
            fixture.zoom.register_on_zoom(webinar, person).await.unwrap();
            if number <= 12 {
                fixture.zoom.add_panelist(webinar, Panelist { email: guest, name: "G".to_owned() }).unwrap();
            }
            continue;
        }
        let (ports, address) = (fixture.memory.ports(), Email::parse(&email(number)).unwrap());
        let key = ledger::key(webinar.into(), &address);
        let entry = ports.store().get(&key).await.unwrap().unwrap();
        ports.store().put(&key, &Registration { copy_pending: true, ..entry }).await.unwrap();
        if number <= 37 {
            fixture.zoom.set_registration(webinar, &email(number), "deny").await.unwrap();
        }
    }
    minutes(&fixture, 80).await;
    fixture.marketo.log().clear();
    minutes(&fixture, 150).await;
    // The memberships are read every 75 minutes, and Zoom's lists every 30. A tick of 50 webinars lacks time to copy for a few, which
    // are read once more.
    let readings = fixture.marketo.log().count("GET", "/rest/v1/programs/*/members.json");
    assert!(readings <= usize::try_from(2 * PROGRAMS + PROGRAMS / 10).unwrap(), "{readings}");
}
