//! Shared by the attendance tests: registering people, holding webinars, and reading the result.

use crate::harness::{Fixture, wait_for};
use fakes::env::Admin;
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::zoom::{
    ADMIN, Attendance, EventSettings, HeldSession, NewRegistrant, NewWebinar, Person, Registrant, SCOPES,
    StartedSession, WebinarChange,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// Paths of the lists and writes.
pub const REPORT: &str = "/v2/report/webinars/*/participants";
pub const PAST: &str = "/v2/past_webinars/*/participants";
pub const ABSENTEES: &str = "/v2/past_webinars/*/absentees";
pub const REGISTRANTS: &str = "/v2/webinars/*/registrants";
pub const INSTANCES: &str = "/v2/past_webinars/*/instances";
pub const MEMBERS: &str = "/rest/v1/programs/*/members.json";
pub const STATUS: &str = "/rest/v1/programs/*/members/status.json";
pub const LEADS: &str = "/rest/v1/leads.json";

/// Zoom's maximum page size and Marketo's maximum batch size.
pub const PAGE: usize = 300;

/// Returns the time `hours` ago in whole seconds, the precision of Zoom's times.
pub fn hours_ago(hours: i64) -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second()).unwrap() - SignedDuration::from_hours(hours)
}

/// Returns a webinar of an hour with a topic.
pub fn webinar(topic: &str) -> NewWebinar {
    NewWebinar { topic: topic.to_owned(), ..NewWebinar::default() }
}

/// Moves a webinar and refreshes the program, which keeps the previous start.
pub async fn move_to(fixture: &Fixture, program: i64, webinar: u64, start: Timestamp) {
    let change = WebinarChange { start_time: Some(start), ..WebinarChange::default() };
    fixture.app.env.zoom.update_webinar(webinar, change).await.unwrap();
    let path = format!("/catalog/programs/{program}/refresh");
    let shown = fixture.admin.post(&path, &json!({})).await.unwrap().ok().unwrap();
    assert_eq!(shown["webinar"]["start_time"], start.to_string());
}

/// Makes every further event undeliverable.
pub fn lose_events(fixture: &Fixture) {
    fixture.app.env.zoom.set_event_url("http://127.0.0.1:9/");
}

/// Limits Zoom's events to `webinar.ended`, because each of hundreds of registrations would send one.
pub fn send_end_events_only(fixture: &Fixture) {
    let events = Some(vec!["webinar.ended".to_owned()]);
    fixture.app.env.zoom.set_events(EventSettings { events, ..EventSettings::default() });
}

/// Removes the report scopes from Alice's grant. A sign-in without them would fail.
pub fn lose_report_scopes(fixture: &Fixture) {
    fixture.app.env.zoom.change_scopes(ADMIN, &SCOPES.map(str::to_owned)).unwrap();
}

/// Registers a person on Zoom's own page.
pub async fn register_on_zoom(fixture: &Fixture, webinar: u64, name: &str, email: &str) -> Registrant {
    let (first_name, last_name) = name.split_once(' ').unwrap();
    let new = NewRegistrant {
        email: email.to_owned(),
        first_name: first_name.to_owned(),
        last_name: last_name.to_owned(),
        ..NewRegistrant::default()
    };
    fixture.app.env.zoom.register_on_zoom(webinar, new).await.unwrap()
}

/// Adds leads with the state that a registration leaves: Registered, with Zoom's id and link. Faster than the flow step
/// for large numbers.
pub async fn registered(fixture: &Fixture, program: i64, webinar: u64, emails: &[String]) -> Vec<i64> {
    let marketo = &fixture.app.env.marketo;
    let mut leads = Vec::new();
    for email in emails {
        let registrant = register_on_zoom(fixture, webinar, "Regis Trant", email).await;
        let lead = marketo.add_person("Regis", "Trant", email);
        assert!(marketo.set_member(program, lead, "Registered"));
        let data = json!({"registrationCode": registrant.id, "webinarUrl": registrant.join_url});
        let now = marketo.clock().now();
        let written =
            marketo.arrange(|world| world.write_member(program, lead, data.as_object().unwrap().clone(), now));
        written.unwrap();
        leads.push(lead);
    }
    leads
}

/// Returns numbered addresses.
pub fn emails(kind: &str, count: usize) -> Vec<String> {
    (1..=count).map(|n| format!("{kind}{n}@example.com")).collect()
}

/// Attendance of a registrant from start to end.
pub fn throughout(email: &str) -> Attendance {
    Attendance::throughout(Person::Registrant(email.to_owned()))
}

/// Holds a webinar of an hour as planned, which ended 40 minutes ago.
pub async fn hold(fixture: &Fixture, webinar: u64, attendance: Vec<Attendance>) -> StartedSession {
    let held = HeldSession { attendance, ..HeldSession::default() };
    fixture.app.env.zoom.hold_as_planned(webinar, held).await.unwrap()
}

/// Holds a webinar that started at `start`.
pub async fn hold_at(fixture: &Fixture, webinar: u64, start: Timestamp, attendance: Vec<Attendance>) -> StartedSession {
    let held = HeldSession { attendance, start_time: Some(start), ..HeldSession::default() };
    fixture.app.env.zoom.hold_webinar(webinar, held).await.unwrap()
}

/// Returns a program's attendance as the console shows it.
pub async fn program_attendance(admin: &Admin, program: i64) -> Value {
    admin.get(&format!("/attendance/programs/{program}")).await.unwrap().ok().unwrap()
}

/// Starts a manual sync and waits for the end of its run.
pub async fn sync(admin: &Admin, program: i64) -> Value {
    let path = format!("/attendance/programs/{program}/sync");
    admin.post(&path, &json!({})).await.unwrap().ok().unwrap()
}

/// Calls the tick. Returns the number of programs worked on.
pub async fn tick(admin: &Admin) -> u64 {
    let ticked = admin.tick().await.unwrap().ok().unwrap();
    ticked["programs"].as_u64().unwrap()
}

/// Waits until a program's attendance is complete and no worker is running.
pub async fn wait_for_attendance(fixture: &Fixture, program: i64) -> Value {
    wait_for("complete attendance", || async {
        let shown = program_attendance(&fixture.admin, program).await;
        (matches!(shown["phase"].as_str(), Some("settling" | "done")) && is_idle(fixture)).then_some(shown)
    })
    .await
}

/// Waits until a run has found the report of the fixture's webinar incomplete.
pub async fn wait_for_incomplete_report(fixture: &Fixture) -> Value {
    let log = fixture.app.env.zoom.log();
    // The phase shows a run from before its first call until its end.
    wait_for("a read of the sessions", || async { (log.count("GET", INSTANCES) > 0).then_some(()) }).await;
    wait_for("the end of that run", || async {
        let shown = program_attendance(&fixture.admin, WEBINAR_PROGRAM).await;
        (shown["phase"] == "waiting" && is_idle(fixture)).then_some(shown)
    })
    .await
}

/// Returns whether no worker is running.
fn is_idle(fixture: &Fixture) -> bool {
    !fixture.app.stored().contains_key("worker:attendance")
}

/// Returns the numbers of attended people, no shows and new leads.
pub fn counts(shown: &Value) -> [u64; 3] {
    ["attended", "no_show", "new_leads"].map(|name| shown[name].as_u64().unwrap())
}

/// Returns the code of a program's attendance problem; empty for none.
pub fn problem(shown: &Value) -> &str {
    shown["problem"]["code"].as_str().unwrap_or_default()
}

/// Returns the minutes until the next poll, rounded up.
pub fn minutes_to_next(shown: &Value) -> i64 {
    let next: Timestamp = shown["next_at"].as_str().unwrap().parse().unwrap();
    (next.duration_since(Timestamp::now()).as_secs() + 59) / 60
}

/// Returns a lead's status in the fixture's program; `None` for a lead that is no member.
pub fn status(fixture: &Fixture, lead: i64) -> Option<String> {
    status_in(fixture, WEBINAR_PROGRAM, lead)
}

/// Returns a lead's status in a program.
pub fn status_in(fixture: &Fixture, program: i64, lead: i64) -> Option<String> {
    fixture.app.env.marketo.member(program, lead).map(|member| member.status_name)
}

/// Returns the only lead with an address; fails if there are several.
pub fn lead_of(fixture: &Fixture, email: &str) -> i64 {
    let leads = fixture.app.env.marketo.leads_by_email(email);
    assert_eq!(leads.len(), 1, "leads with the address {email}");
    leads[0].id
}

/// Returns whether a lead has an address.
pub fn is_lead(fixture: &Fixture, email: &str) -> bool {
    !fixture.app.env.marketo.leads_by_email(email).is_empty()
}

/// Fails unless the run has deleted its checkpoints, except the presence rows that the trace needs.
pub fn assert_checkpoints_deleted(fixture: &Fixture) {
    let stored = fixture.app.stored();
    let is_checkpoint = |key: &&String| key.starts_with("attendance:") && key.matches(':').count() > 2;
    let checkpoints: Vec<_> = stored.keys().filter(is_checkpoint).collect();
    assert!(!checkpoints.is_empty() && checkpoints.iter().all(|key| key.contains(":presences:")), "{checkpoints:?}");
}
