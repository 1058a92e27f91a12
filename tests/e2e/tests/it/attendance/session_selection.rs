//! Selection of the sessions to read (R13): those that took place at a planned time. UUIDs with slashes are read too.

use super::support::{
    counts, hold, hold_at, hours_ago, lose_events, lose_report_scopes, minutes_to_next, move_to, program_attendance,
    registered, status, status_in, sync, throughout, tick, wait_for_attendance, wait_for_incomplete_report, webinar,
};
use crate::harness::{App, Fixture, email};
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::zoom::{ADMIN, Attendance, Person};
use jiff::SignedDuration;
use serde_json::json;

#[tokio::test]
async fn r13_session_at_an_earlier_planned_start_is_read_after_the_webinar_was_moved() {
    let fixture = Fixture::new(App::start().await).await;
    let leads = fixture.add_leads(3);
    fixture.run_campaign(&leads).await;
    lose_events(&fixture);
    // The webinar is moved to three days ago, then again. It has three sessions: a trial, one at the earlier planned
    // start, and a late one.
    move_to(&fixture, WEBINAR_PROGRAM, fixture.webinar, hours_ago(72)).await;
    move_to(&fixture, WEBINAR_PROGRAM, fixture.webinar, hours_ago(12)).await;
    let ten_minutes = SignedDuration::from_mins(10);
    hold_at(&fixture, fixture.webinar, hours_ago(100), vec![throughout(&email(1)), throughout(&email(2))]).await;
    let ran = hold_at(&fixture, fixture.webinar, hours_ago(72) + ten_minutes, vec![throughout(&email(3))]).await;
    hold_at(&fixture, fixture.webinar, hours_ago(20), vec![throughout(&email(1))]).await;
    assert_eq!(tick(&fixture.admin).await, 1);
    assert_eq!(counts(&wait_for_attendance(&fixture, WEBINAR_PROGRAM).await), [1, 2, 0]);
    let statuses: Vec<_> = leads.iter().map(|&lead| status(&fixture, lead).unwrap()).collect();
    assert_eq!(statuses, ["No Show", "No Show", "Attended"]);
    let shown = program_attendance(&fixture.admin, WEBINAR_PROGRAM).await;
    let sessions = shown["sessions"].as_array().unwrap();
    let counted: Vec<_> = sessions.iter().filter(|session| session["counted"] == true).collect();
    assert_eq!((sessions.len(), counted.len(), &counted[0]["uuid"]), (3, 1, &json!(ran.uuid)), "{shown}");
    fixture.app.assert_no_trap();
}

#[tokio::test]
async fn r13_rehearsal_on_the_day_before_is_not_counted() {
    let fixture = Fixture::new(App::start().await).await;
    let leads = fixture.add_leads(2);
    fixture.run_campaign(&leads).await;
    // Alice and a panelist rehearse, without Zoom's practice session.
    let panelist = fakes::zoom::Panelist { email: "speaker@elsewhere.example".into(), name: "Spea Ker".into() };
    fixture.app.env.zoom.add_panelist(fixture.webinar, panelist).unwrap();
    let staff = [Person::User(ADMIN.into()), Person::Panelist("speaker@elsewhere.example".into())];
    hold_at(&fixture, fixture.webinar, hours_ago(5), staff.into_iter().map(Attendance::throughout).collect()).await;
    let waiting = wait_for_incomplete_report(&fixture).await;
    // The program waits until five minutes after the planned end of a webinar that starts in a day and lasts an hour.
    assert!((25 * 60..=25 * 60 + 5).contains(&minutes_to_next(&waiting)), "{waiting}");
    // A manual sync has the same result.
    assert_eq!(sync(&fixture.admin, WEBINAR_PROGRAM).await["phase"], "waiting");
    for &lead in &leads {
        assert_eq!(status(&fixture, lead).unwrap(), "Registered");
    }
    assert!(fixture.app.env.marketo.leads_by_email("speaker@elsewhere.example").is_empty());

    // The webinar itself.
    move_to(&fixture, WEBINAR_PROGRAM, fixture.webinar, hours_ago(1)).await;
    hold(&fixture, fixture.webinar, vec![throughout(&email(2))]).await;
    assert_eq!(counts(&wait_for_attendance(&fixture, WEBINAR_PROGRAM).await), [1, 1, 0]);
    let statuses: Vec<_> = leads.iter().map(|&lead| status(&fixture, lead).unwrap()).collect();
    assert_eq!(statuses, ["No Show", "Attended"]);
    fixture.app.assert_no_trap();
}

/// Of the fake Zoom's UUIDs, every third starts with a slash and every sixth contains two in a row. Zoom finds either
/// only when it is encoded twice (docs/reference/zoom.md).
#[tokio::test]
async fn sessions_whose_uuids_contain_slashes_are_read_with_and_without_report_scopes() {
    for may_read_reports in [true, false] {
        let fixture = Fixture::new(App::start().await).await;
        if !may_read_reports {
            lose_report_scopes(&fixture);
        }
        let zoom = &fixture.app.env.zoom;
        let other = zoom.add_webinar(webinar("Another")).unwrap().id;
        let program = fixture.add_program("Another");
        fixture.admin.connect(program, &fixture.service, other).await.unwrap().ok().unwrap();
        let one = registered(&fixture, WEBINAR_PROGRAM, fixture.webinar, &[email(1), email(2)]).await;
        let two = registered(&fixture, program, other, &[email(3), email(4)]).await;
        let begins = hold(&fixture, fixture.webinar, vec![throughout(&email(1))]).await;
        assert!(begins.uuid.starts_with('/'), "{}", begins.uuid);
        assert_eq!(counts(&wait_for_attendance(&fixture, WEBINAR_PROGRAM).await), [1, 1, 0]);
        for name in ["to use up", "two UUIDs"] {
            zoom.add_webinar(webinar(name)).unwrap();
        }
        let inside = hold(&fixture, other, vec![throughout(&email(4))]).await;
        assert!(inside.uuid.contains("//"), "{}", inside.uuid);
        assert_eq!(counts(&wait_for_attendance(&fixture, program).await), [1, 1, 0]);
        assert_eq!([one[0], one[1]].map(|lead| status(&fixture, lead).unwrap()), ["Attended", "No Show"]);
        assert_eq!([two[0], two[1]].map(|lead| status_in(&fixture, program, lead).unwrap()), ["No Show", "Attended"]);
        fixture.app.assert_no_trap();
    }
}
