//! What the tests of this folder share: who is registered, when the webinar was, and what came of it.

use crate::harness::{Scene, until};
use fakes::marketo::world::WEBINAR_PROGRAM;
use fakes::stage::Admin;
use fakes::zoom::{
    ADMIN, Attendance, EventSettings, HeldSession, NewRegistrant, NewWebinar, Person, Registrant, SCOPES, Started,
    WebinarChange,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// Where a list is asked for.
pub const REPORT: &str = "/v2/report/webinars/*/participants";
pub const PAST: &str = "/v2/past_webinars/*/participants";
pub const ABSENTEES: &str = "/v2/past_webinars/*/absentees";
pub const REGISTRANTS: &str = "/v2/webinars/*/registrants";
pub const INSTANCES: &str = "/v2/past_webinars/*/instances";
pub const MEMBERS: &str = "/rest/v1/programs/*/members.json";
pub const STATUS: &str = "/rest/v1/programs/*/members/status.json";
pub const LEADS: &str = "/rest/v1/leads.json";

/// Largest page of Zoom's, and largest batch of Marketo's.
pub const PAGE: usize = 300;

/// So many hours ago, in whole seconds, as Zoom keeps time.
pub fn hours_ago(hours: i64) -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second()).unwrap() - SignedDuration::from_hours(hours)
}

/// An hour-long webinar of somebody's, by a topic.
pub fn webinar(topic: &str) -> NewWebinar {
    NewWebinar { topic: topic.to_owned(), ..NewWebinar::default() }
}

/// Moves a webinar of which the program is to know; who was there before is its history.
pub async fn move_to(scene: &Scene, program: i64, webinar: u64, start: Timestamp) {
    let change = WebinarChange { start_time: Some(start), ..WebinarChange::default() };
    scene.app.stage.zoom.update_webinar(webinar, change).await.unwrap();
    let path = format!("/catalog/programs/{program}/refresh");
    let shown = scene.admin.post(&path, &json!({})).await.unwrap().ok().unwrap();
    assert_eq!(shown["webinar"]["start_time"], start.to_string());
}

/// From now on no event reaches the application.
pub fn lose_events(scene: &Scene) {
    scene.app.stage.zoom.set_event_url("http://127.0.0.1:9/");
}

/// From now on Zoom tells of ends only: of hundreds of registrations it would tell one by one.
pub fn tell_ends_only(scene: &Scene) {
    let events = Some(vec!["webinar.ended".to_owned()]);
    scene.app.stage.zoom.set_events(EventSettings { events, ..EventSettings::default() });
}

/// Alice may read no reports from now on. Somebody who signs in without that right is not let in.
pub fn lose_report_scopes(scene: &Scene) {
    scene.app.stage.zoom.change_scopes(ADMIN, &SCOPES.map(str::to_owned)).unwrap();
}

/// Somebody called so registers on Zoom's own page.
pub async fn register_on_zoom(scene: &Scene, webinar: u64, name: &str, email: &str) -> Registrant {
    let (first_name, last_name) = name.split_once(' ').unwrap();
    let new = NewRegistrant {
        email: email.to_owned(),
        first_name: first_name.to_owned(),
        last_name: last_name.to_owned(),
        ..NewRegistrant::default()
    };
    scene.app.stage.zoom.register_on_zoom(webinar, new).await.unwrap()
}

/// Leads as a registration leaves them: Registered, with Zoom's id. For crowds; a few go through the flow step.
pub async fn registered(scene: &Scene, program: i64, webinar: u64, emails: &[String]) -> Vec<i64> {
    let marketo = &scene.app.stage.marketo;
    let mut leads = Vec::new();
    for email in emails {
        let registrant = register_on_zoom(scene, webinar, "Regis Trant", email).await;
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

/// Numbered addresses.
pub fn emails(kind: &str, count: usize) -> Vec<String> {
    (1..=count).map(|n| format!("{kind}{n}@example.com")).collect()
}

/// A registrant who was there from start to end.
pub fn throughout(email: &str) -> Attendance {
    Attendance::throughout(Person::Registrant(email.to_owned()))
}

/// Holds a webinar of an hour that ended just now.
pub async fn hold(scene: &Scene, webinar: u64, attendance: Vec<Attendance>) -> Started {
    let held = HeldSession { attendance, ..HeldSession::default() };
    scene.app.stage.zoom.hold_webinar(webinar, held).await.unwrap()
}

/// The same with a start.
pub async fn hold_at(scene: &Scene, webinar: u64, start: Timestamp, attendance: Vec<Attendance>) -> Started {
    let held = HeldSession { attendance, start_time: Some(start), ..HeldSession::default() };
    scene.app.stage.zoom.hold_webinar(webinar, held).await.unwrap()
}

/// A program's attendance, as the console gets it.
pub async fn shown(admin: &Admin, program: i64) -> Value {
    admin.get(&format!("/attendance/programs/{program}")).await.unwrap().ok().unwrap()
}

/// Starts it by hand, and waits until that run is over.
pub async fn sync(admin: &Admin, program: i64) -> Value {
    let path = format!("/attendance/programs/{program}/sync");
    admin.post(&path, &json!({})).await.unwrap().ok().unwrap()
}

/// Has the scheduler call; returns how many programs were worked on.
pub async fn tick(admin: &Admin) -> u64 {
    let ticked = admin.tick().await.unwrap().ok().unwrap();
    ticked["programs"].as_u64().unwrap()
}

/// Waits until everybody of a program was accounted for, and whoever did it has cleared up.
pub async fn accounted_for(scene: &Scene, program: i64) -> Value {
    until("everybody to be accounted for", || async {
        let shown = shown(&scene.admin, program).await;
        (matches!(shown["phase"].as_str(), Some("settling" | "done")) && is_at_rest(scene)).then_some(shown)
    })
    .await
}

/// Waits until somebody has looked at the report of the scene's webinar and found that it has to be waited for.
pub async fn looked_at_in_vain(scene: &Scene) -> Value {
    let log = scene.app.stage.zoom.log();
    // From before the first call on until its end a run shows in the phase.
    until("a look at the report", || async { (log.count("GET", REPORT) > 0).then_some(()) }).await;
    until("the end of that run", || async {
        let shown = shown(&scene.admin, WEBINAR_PROGRAM).await;
        (shown["phase"] == "waiting" && is_at_rest(scene)).then_some(shown)
    })
    .await
}

/// Whether no worker is at work.
fn is_at_rest(scene: &Scene) -> bool {
    !scene.app.stored().contains_key("worker:attendance")
}

/// How many attended, did not, and became leads.
pub fn counts(shown: &Value) -> [u64; 3] {
    ["attended", "no_show", "new_leads"].map(|name| shown[name].as_u64().unwrap())
}

/// The code of what is wrong with a program's attendance; empty for nothing.
pub fn problem(shown: &Value) -> &str {
    shown["problem"]["code"].as_str().unwrap_or_default()
}

/// In how many whole minutes a program is looked at next.
pub fn minutes_to_next(shown: &Value) -> i64 {
    let next: Timestamp = shown["next_at"].as_str().unwrap().parse().unwrap();
    (next.duration_since(Timestamp::now()).as_secs() + 59) / 60
}

/// A lead's status in the scene's program; none for who is no member.
pub fn status(scene: &Scene, lead: i64) -> Option<String> {
    status_in(scene, WEBINAR_PROGRAM, lead)
}

/// The same in any program.
pub fn status_in(scene: &Scene, program: i64, lead: i64) -> Option<String> {
    scene.app.stage.marketo.member(program, lead).map(|member| member.status_name)
}

/// The one lead with an address. Two would be one too many.
pub fn lead_of(scene: &Scene, email: &str) -> i64 {
    let leads = scene.app.stage.marketo.leads_by_email(email);
    assert_eq!(leads.len(), 1, "leads called {email}");
    leads[0].id
}

/// Whether there is a lead with an address.
pub fn is_lead(scene: &Scene, email: &str) -> bool {
    !scene.app.stage.marketo.leads_by_email(email).is_empty()
}

/// Fails unless nothing is left of the reading but who was there how long.
pub fn assert_no_sheets(scene: &Scene) {
    let stored = scene.app.stored();
    let is_sheet = |key: &&String| key.starts_with("attendance:") && key.matches(':').count() > 2;
    let sheets: Vec<_> = stored.keys().filter(is_sheet).collect();
    assert!(!sheets.is_empty() && sheets.iter().all(|key| key.contains(":stays:")), "{sheets:?}");
}
