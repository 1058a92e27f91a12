//! Cases that users of such bridges report: sound checks, crashes, overruns, corrected addresses, second webinars.

use super::support::{
    counts, hold_at, is_lead, lose_events, move_to, program_attendance, status, sync, throughout, tick,
    wait_for_attendance, webinar,
};
use crate::harness::{App, Fixture, email, wait_for};
use fakes::marketo::campaign::FlowStep;
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::zoom::{ADMIN, Attendance, HeldSession, NewWebinar, Panelist, Person};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// Returns the time some minutes ago in whole seconds.
fn minutes_ago(minutes: i64) -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second()).unwrap() - SignedDuration::from_mins(minutes)
}

/// Three leads, registered through the flow step.
async fn registered_leads() -> (Fixture, Vec<i64>) {
    let fixture = Fixture::new(App::start().await).await;
    let leads = fixture.add_leads(3);
    fixture.run_campaign(&leads).await;
    (fixture, leads)
}

fn statuses(fixture: &Fixture, leads: &[i64]) -> Vec<String> {
    leads.iter().map(|&lead| status(fixture, lead).unwrap()).collect()
}

/// Adds a past session of some minutes, with the host.
async fn session(fixture: &Fixture, start: Timestamp, minutes: i64, people: &[usize]) {
    let host = Attendance::throughout(Person::User(ADMIN.into()));
    let people = people.iter().map(|&n| throughout(&email(n)));
    let attendance = std::iter::once(host).chain(people).collect();
    let held = HeldSession { start_time: Some(start), minutes, attendance };
    fixture.app.env.zoom.hold_webinar(fixture.webinar, held).await.unwrap();
}

async fn set_no_show_after(fixture: &Fixture, minutes: u32) {
    let path = format!("/catalog/programs/{WEBINAR_PROGRAM}/settings");
    let shown = fixture.admin.put(&path, &json!({"no_show_after_minutes": minutes})).await.unwrap().ok().unwrap();
    assert_eq!(shown["no_show_after_minutes"], minutes);
}

#[tokio::test]
async fn r13_a_webinar_that_was_interrupted_is_both_of_its_sessions() {
    let (fixture, leads) = registered_leads().await;
    lose_events(&fixture);
    let start = minutes_ago(70);
    move_to(&fixture, WEBINAR_PROGRAM, fixture.webinar, start).await;
    session(&fixture, start, 10, &[1, 2]).await;
    session(&fixture, start + SignedDuration::from_mins(15), 45, &[2, 3]).await;
    let shown = sync(&fixture.admin, WEBINAR_PROGRAM).await;
    assert_eq!(statuses(&fixture, &leads), ["Attended"; 3], "{shown}");
    assert_eq!((&shown["minutes"], &shown["sessions"][0]["attendees"]), (&json!(10 + 55 + 45), &json!(2)), "{shown}");
    fixture.app.assert_no_trap();
}

#[tokio::test]
async fn r13_a_sound_check_is_not_the_webinar() {
    let (fixture, leads) = registered_leads().await;
    lose_events(&fixture);
    let start = minutes_ago(60);
    move_to(&fixture, WEBINAR_PROGRAM, fixture.webinar, start).await;
    session(&fixture, start - SignedDuration::from_mins(2), 2, &[]).await;
    session(&fixture, start + SignedDuration::from_mins(3), 47, &[1, 2]).await;
    let shown = sync(&fixture.admin, WEBINAR_PROGRAM).await;
    assert_eq!(statuses(&fixture, &leads), ["Attended", "Attended", "Registered"], "{shown}");
    assert!(shown["no_show_at"].is_string() && shown["no_show_waits_for"].is_string(), "{shown}");
    // The admin asks for No Show without delay.
    set_no_show_after(&fixture, 0).await;
    let shown = sync(&fixture.admin, WEBINAR_PROGRAM).await;
    assert_eq!(statuses(&fixture, &leads), ["Attended", "Attended", "No Show"], "{shown}");
    assert_eq!(counts(&shown), [2, 1, 0]);
    fixture.app.assert_no_trap();
}

#[tokio::test]
async fn r19_a_crash_makes_no_one_a_no_show() {
    let (fixture, leads) = registered_leads().await;
    let start = minutes_ago(12);
    move_to(&fixture, WEBINAR_PROGRAM, fixture.webinar, start).await;
    set_no_show_after(&fixture, 0).await;
    session(&fixture, start, 10, &[1]).await;
    wait_for("the attendee", || async { (status(&fixture, leads[0]).unwrap() == "Attended").then_some(()) }).await;
    for _ in 0..3 {
        tick(&fixture.admin).await;
        sync(&fixture.admin, WEBINAR_PROGRAM).await;
    }
    assert_eq!(statuses(&fixture, &leads), ["Attended", "Registered", "Registered"]);
    let shown = program_attendance(&fixture.admin, WEBINAR_PROGRAM).await;
    assert_eq!(shown["no_show_at"], (start + SignedDuration::from_hours(1)).to_string(), "{shown}");
    fixture.app.assert_no_trap();
}

#[tokio::test]
async fn r19_a_webinar_that_overruns_without_events_makes_no_one_a_no_show() {
    let (fixture, leads) = registered_leads().await;
    lose_events(&fixture);
    set_no_show_after(&fixture, 0).await;
    session(&fixture, minutes_ago(24 * 60), 20, &[]).await;
    move_to(&fixture, WEBINAR_PROGRAM, fixture.webinar, minutes_ago(66)).await;
    fixture.app.env.zoom.start_webinar(fixture.webinar).await.unwrap();
    assert_eq!(tick(&fixture.admin).await, 1);
    for _ in 0..2 {
        sync(&fixture.admin, WEBINAR_PROGRAM).await;
    }
    assert_eq!(statuses(&fixture, &leads), ["Registered"; 3]);
    fixture.app.assert_no_trap();
}

#[tokio::test]
async fn r22_a_row_without_a_duration_stops_no_other() {
    let (fixture, leads) = registered_leads().await;
    let odd = Attendance { without_duration: true, ..Attendance::during(Person::Registrant(email(2)), 1_200, 600) };
    let attendance = vec![throughout(&email(1)), throughout(&email(2)), odd];
    let held = HeldSession { attendance, ..HeldSession::default() };
    fixture.app.env.zoom.hold_as_planned(fixture.webinar, held).await.unwrap();
    let shown = wait_for_attendance(&fixture, WEBINAR_PROGRAM).await;
    assert_eq!(statuses(&fixture, &leads), ["Attended", "Attended", "No Show"], "{shown}");
    fixture.app.assert_no_trap();
}

#[tokio::test]
async fn r11_without_registration_a_guest_becomes_a_lead_and_a_panelist_does_not() {
    let fixture =
        Fixture::with_webinar(App::start().await, NewWebinar { approval_type: 2, ..NewWebinar::default() }).await;
    let zoom = &fixture.app.env.zoom;
    let panelist = Panelist { email: "speaker@elsewhere.example".into(), name: "Spea Ker".into() };
    zoom.add_panelist(fixture.webinar, panelist).unwrap();
    let people = [
        Person::Panelist("speaker@elsewhere.example".into()),
        Person::Visitor("guest@y.example".into()),
        Person::User(ADMIN.into()),
    ];
    let attendance = people.into_iter().map(Attendance::throughout).collect();
    let held = HeldSession { attendance, ..HeldSession::default() };
    zoom.hold_as_planned(fixture.webinar, held).await.unwrap();
    let shown = wait_for_attendance(&fixture, WEBINAR_PROGRAM).await;
    assert!(is_lead(&fixture, "guest@y.example") && !is_lead(&fixture, "speaker@elsewhere.example"), "{shown}");
    assert_eq!(counts(&shown), [1, 0, 1]);
    fixture.app.assert_no_trap();
}

#[tokio::test]
async fn r20_an_attendee_whose_address_was_corrected_is_the_same_lead() {
    let fixture = Fixture::new(App::start().await).await;
    let marketo = &fixture.app.env.marketo;
    let lead = marketo.add_person("First", "Last", "typo@x.example");
    fixture.run_campaign(&[lead]).await;
    let now = marketo.clock().now();
    marketo.arrange(|world| world.leads.set_email(lead, "right@x.example", now));
    fixture.run_campaign(&[lead]).await;
    assert_eq!(fixture.app.env.zoom.webinar(fixture.webinar).unwrap().registrants.len(), 2);
    let held = HeldSession { attendance: vec![throughout("typo@x.example")], ..HeldSession::default() };
    fixture.app.env.zoom.hold_as_planned(fixture.webinar, held).await.unwrap();
    let shown = wait_for_attendance(&fixture, WEBINAR_PROGRAM).await;
    assert_eq!(status(&fixture, lead).as_deref(), Some("Attended"), "{shown}");
    assert!(!is_lead(&fixture, "typo@x.example"));
    assert_eq!(counts(&shown), [1, 0, 0]);
    fixture.app.assert_no_trap();
}

#[tokio::test]
async fn r19_a_person_registered_to_another_webinar_is_no_no_show_of_this_one() {
    let fixture = Fixture::new(App::start().await).await;
    let other = fixture.app.env.zoom.add_webinar(webinar("Another")).unwrap().id;
    let leads = fixture.add_leads(2);
    let mut campaign = fixture.campaign(&leads[..1]);
    let step = FlowStep { webinar: other.to_string(), ..campaign.flow_step.take().unwrap() };
    campaign.flow_step = Some(step);
    fixture.app.env.marketo.run_campaign(campaign).await.unwrap();
    fixture.run_campaign(&leads[1..]).await;
    assert_eq!(fixture.app.env.zoom.webinar(other).unwrap().registrants.len(), 1);
    let held = HeldSession { attendance: vec![throughout(&email(2))], ..HeldSession::default() };
    fixture.app.env.zoom.hold_as_planned(fixture.webinar, held).await.unwrap();
    let shown = wait_for_attendance(&fixture, WEBINAR_PROGRAM).await;
    assert_eq!(statuses(&fixture, &leads), ["Registered", "Attended"], "{shown}");
    assert_eq!((counts(&shown), &shown["cancelled"]), ([1, 0, 0], &json!(0)));
    fixture.app.assert_no_trap();
}

#[tokio::test]
async fn r19_a_cancelled_registration_is_no_no_show() {
    for action in ["cancel", "withdraw"] {
        let (fixture, leads) = registered_leads().await;
        fixture.app.env.zoom.set_registration(fixture.webinar, &email(1), action).await.unwrap();
        let held = HeldSession { attendance: vec![throughout(&email(2))], ..HeldSession::default() };
        fixture.app.env.zoom.hold_as_planned(fixture.webinar, held).await.unwrap();
        let shown = wait_for_attendance(&fixture, WEBINAR_PROGRAM).await;
        assert_ne!(status(&fixture, leads[0]).as_deref(), Some("No Show"), "{shown}");
        assert_eq!(
            (status(&fixture, leads[1]).unwrap(), status(&fixture, leads[2]).unwrap()),
            ("Attended".into(), "No Show".into())
        );
        assert_eq!((counts(&shown), &shown["cancelled"]), ([1, 1, 0], &Value::from(1)), "{action}: {shown}");
        fixture.app.assert_no_trap();
    }
}

/// The list of sessions lacks the last one for a while; `webinar.ended` names it.
#[tokio::test]
async fn r13_a_session_that_the_list_lacks_is_read_by_the_events_uuid() {
    let (fixture, leads) = registered_leads().await;
    let zoom = &fixture.app.env.zoom;
    zoom.set_report_timing(fakes::zoom::ReportTiming { listing_delay_seconds: 86_400, ..Default::default() });
    let start = minutes_ago(100);
    zoom.set_plan(fixture.webinar, start, 60).unwrap();
    hold_at(&fixture, fixture.webinar, start, vec![throughout(&email(1))]).await;
    assert_eq!(counts(&wait_for_attendance(&fixture, WEBINAR_PROGRAM).await), [1, 2, 0]);
    assert_eq!(statuses(&fixture, &leads), ["Attended", "No Show", "No Show"]);
    fixture.app.assert_no_trap();
}
