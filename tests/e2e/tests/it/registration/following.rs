//! What happens to registrants in Zoom reaches every program and lead (R18).

use crate::harness::{App, Fixture, email, wait_for};
use fakes::marketo::campaign::Campaign;
use fakes::marketo::subscription::{Channel, NewProgram, ProgressionStatus, WEBINAR_PROGRAM};
use fakes::support::{Effect, Fault};
use fakes::zoom::{Attendance, EventSettings, HeldSession, NewWebinar, Person, RegistrantStatus};
use serde_json::json;

const MEMBERS: &str = "/rest/v1/programs/*/members.json";

fn manual() -> NewWebinar {
    NewWebinar { approval_type: 1, ..NewWebinar::default() }
}

fn member(fixture: &Fixture, program: i64, lead: i64) -> (String, String) {
    let member = fixture.app.env.marketo.member(program, lead).unwrap();
    (member.text("webinarUrl").to_owned(), member.status_name)
}

/// Returns the personal join link of the latest registrant of an address.
fn link(fixture: &Fixture, email: &str) -> String {
    fixture.app.env.zoom.webinar(fixture.webinar).unwrap().registrant(email).unwrap().join_url.clone()
}

/// Waits until a membership has a link and a status.
async fn wait_for_member(fixture: &Fixture, program: i64, lead: i64, expected: &(String, String)) {
    wait_for("the membership", || async { (member(fixture, program, lead) == *expected).then_some(()) }).await;
}

#[tokio::test]
async fn r18_a_denied_registrant_whose_event_was_lost_is_approved_by_the_next_run() {
    let fixture = Fixture::new(App::start().await).await;
    let leads = fixture.add_leads(1);
    fixture.run_campaign(&leads).await;
    let zoom = &fixture.app.env.zoom;
    zoom.set_events(EventSettings { events: Some(Vec::new()), ..EventSettings::default() });
    for action in ["deny", "withdraw"] {
        zoom.set_registration(fixture.webinar, &email(1), action).await.unwrap();
        let run = fixture.run_campaign(&leads).await;
        assert!(run.outcomes()[&leads[0]].success, "{action}: {:#?}", run.outcomes());
        let webinar = zoom.webinar(fixture.webinar).unwrap();
        let registrant = webinar.registrant(&email(1)).unwrap();
        assert_eq!(registrant.status, RegistrantStatus::Approved, "{action}");
        assert_eq!(member(&fixture, WEBINAR_PROGRAM, leads[0]), (registrant.join_url.clone(), "Registered".into()));
    }
    assert_eq!(fixture.add_calls(&email(1)), 2, "only the registrant who was gone is added again");
    fixture.app.assert_no_trap();
    fixture.app.assert_logs_are_clean();
}

#[tokio::test]
async fn r18_an_approval_while_marketos_quota_is_used_up_arrives_by_the_tick() {
    let fixture = Fixture::with_webinar(App::start().await, manual()).await;
    let (zoom, marketo) = (&fixture.app.env.zoom, &fixture.app.env.marketo);
    let leads = fixture.add_leads(1);
    fixture.run_campaign(&leads).await;
    assert_eq!(member(&fixture, WEBINAR_PROGRAM, leads[0]).0, "");
    let body = json!({"requestId": "1", "success": false, "errors": [{"code": "607", "message": "m"}]});
    let quota = Effect::Status { status: 200, body, headers: Default::default() };
    marketo.faults().add(Fault::always("*", MEMBERS, quota));
    let event = zoom.set_registration(fixture.webinar, &email(1), "approve").await.unwrap();
    assert_eq!(event.unwrap().status, Some(200));
    fixture.admin.tick().await.unwrap().ok().unwrap();
    assert_eq!(member(&fixture, WEBINAR_PROGRAM, leads[0]).0, "");
    marketo.faults().clear();
    let expected = (link(&fixture, &email(1)), "Registered".to_owned());
    wait_for("the link after a tick", || async {
        fixture.admin.tick().await.unwrap().ok().unwrap();
        (member(&fixture, WEBINAR_PROGRAM, leads[0]) == expected).then_some(())
    })
    .await;
    let path = format!("/registration/programs/{WEBINAR_PROGRAM}");
    let counts = fixture.admin.get(&path).await.unwrap().ok().unwrap();
    assert_eq!((&counts["registered"], &counts["reconciliation"]["problem"]), (&json!(1), &json!(null)), "{counts}");
    fixture.app.assert_no_trap();
    fixture.app.assert_logs_are_clean();
}

#[tokio::test]
async fn r18_both_programs_of_a_webinar_get_the_link() {
    let fixture = Fixture::with_webinar(App::start().await, manual()).await;
    let (zoom, marketo) = (&fixture.app.env.zoom, &fixture.app.env.marketo);
    let other = fixture.add_program("The same webinar for partners");
    fixture.admin.connect(other, &fixture.service, fixture.webinar).await.unwrap().ok().unwrap();
    let leads = fixture.add_leads(1);
    for program in [WEBINAR_PROGRAM, other] {
        let campaign = Campaign { program_id: program, ..fixture.campaign(&leads) };
        let run = marketo.run_campaign(campaign).await.unwrap();
        assert!(run.outcomes()[&leads[0]].success, "{:#?}", run.outcomes());
    }
    assert_eq!(fixture.add_calls(&email(1)), 1);
    zoom.set_events(EventSettings { approvals_lack_link: Some(true), ..EventSettings::default() });
    zoom.set_registration(fixture.webinar, &email(1), "approve").await.unwrap();
    let expected = (link(&fixture, &email(1)), "Registered".to_owned());
    for program in [WEBINAR_PROGRAM, other] {
        wait_for_member(&fixture, program, leads[0], &expected).await;
    }
    fixture.app.assert_no_trap();
    fixture.app.assert_logs_are_clean();
}

/// Adds a program in a channel with these statuses.
fn add_program_with(fixture: &Fixture, statuses: &[(&str, u32)]) -> i64 {
    let channel = Channel {
        id: 0,
        name: "Webinar of our own".to_owned(),
        applicable_program_type: "webinar".to_owned(),
        progression_statuses: statuses.iter().map(|&(name, step)| ProgressionStatus::new(name, step)).collect(),
    };
    let marketo = &fixture.app.env.marketo;
    let now = marketo.clock().now();
    marketo.arrange(|world| {
        let (kind, channel_name) = ("Event with Webinar".to_owned(), channel.name.clone());
        world.add_channel(channel);
        world.add_program(NewProgram { id: None, name: "Our own".into(), kind, channel: channel_name }, now)
    })
}

#[tokio::test]
async fn r18_a_cancelled_registrant_is_cancelled_at_once_and_stays_so() {
    let with = [("Not in Program", 0), ("Registered", 20), ("Cancelled", 30), ("No Show", 40), ("Attended", 50)];
    let without = [with[0], with[1], with[3], with[4]];
    for (statuses, expected) in [(with.as_slice(), "Cancelled"), (&without, "Registered")] {
        let fixture = Fixture::new(App::start().await).await;
        let (zoom, marketo) = (&fixture.app.env.zoom, &fixture.app.env.marketo);
        let program = add_program_with(&fixture, statuses);
        fixture.admin.connect(program, &fixture.service, fixture.webinar).await.unwrap().ok().unwrap();
        let leads = fixture.add_leads(2);
        marketo.run_campaign(Campaign { program_id: program, ..fixture.campaign(&leads) }).await.unwrap();
        zoom.set_registration(fixture.webinar, &email(1), "cancel").await.unwrap();
        let cancelled = (link(&fixture, &email(1)), expected.to_owned());
        wait_for_member(&fixture, program, leads[0], &cancelled).await;

        let registrant = zoom.webinar(fixture.webinar).unwrap().registrant(&email(2)).unwrap().id.clone();
        let attendance = vec![Attendance::throughout(Person::Registrant(registrant))];
        zoom.hold_as_planned(fixture.webinar, HeldSession { attendance, ..HeldSession::default() }).await.unwrap();
        let shown = wait_for("the attendance", || async {
            fixture.admin.tick().await.unwrap().ok().unwrap();
            let path = format!("/attendance/programs/{program}");
            let shown = fixture.admin.get(&path).await.unwrap().ok().unwrap();
            ["settling", "done"].contains(&shown["phase"].as_str().unwrap()).then_some(shown)
        })
        .await;
        assert_eq!(member(&fixture, program, leads[0]).1, expected, "{shown}");
        assert_eq!(member(&fixture, program, leads[1]).1, "Attended", "{shown}");
        assert_eq!((&shown["cancelled"], &shown["no_show"]), (&json!(1), &json!(0)), "{shown}");
        fixture.app.assert_no_trap();
        fixture.app.assert_logs_are_clean();
    }
}
