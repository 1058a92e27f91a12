//! A day after the webinar the report is read again, and late rows are applied.

use super::support::{
    counts, hold, lead_of, minutes_to_next, program_attendance, register_on_zoom, status, sync, throughout, tick,
    wait_for_attendance,
};
use crate::harness::{App, Fixture, email};
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::zoom::Attendance;
use jiff::SignedDuration;
use serde_json::{Value, json};

const HOUR: i64 = 3_600;

/// Moves the webinar, and the times in the application's records, back by a day, because the application uses the real
/// clock.
fn pass_a_day(fixture: &Fixture) {
    let day = SignedDuration::from_hours(25);
    fixture.app.env.zoom.move_into_past(fixture.webinar, day).unwrap();
    let move_back = |value: &mut Value| {
        let at: jiff::Timestamp = value.as_str().unwrap().parse().unwrap();
        *value = (at - day).to_string().into();
    };
    let key = format!("attendance:{WEBINAR_PROGRAM}");
    fixture.app.change_stored(&key, |record: &mut Value| {
        ["written_at", "next_at", "ended_at"].into_iter().for_each(|name| move_back(&mut record[name]));
    });
    fixture.app.change_stored(&format!("ended:{}", fixture.webinar), |record: &mut Value| {
        move_back(&mut record["at"]);
        record["sessions"].as_array_mut().unwrap().iter_mut().for_each(|session| move_back(&mut session["at"]));
    });
}

#[tokio::test]
async fn late_rows_are_applied_after_a_day_and_no_other_status_changes() {
    let fixture = Fixture::new(App::start().await).await;
    let marketo = &fixture.app.env.marketo;
    let leads = fixture.add_leads(4);
    fixture.run_campaign(&leads).await;
    register_on_zoom(&fixture, fixture.webinar, "Cara Stone", "late@example.net").await;
    // One row is in the report immediately. Two rows arrive within the day, one of them of a new person. Two leads stay
    // away.
    let late = |email: &str| Attendance { late_seconds: 20 * HOUR, ..throughout(email) };
    hold(&fixture, fixture.webinar, vec![throughout(&email(1)), late(&email(2)), late("late@example.net")]).await;
    let first = wait_for_attendance(&fixture, WEBINAR_PROGRAM).await;
    // Leads whose rows are still missing must not become No Show.
    assert_eq!((counts(&first), &first["unaccounted"]), ([1, 2, 0], &json!(2)), "{first}");
    let statuses = || -> Vec<_> { leads.iter().map(|&lead| status(&fixture, lead).unwrap()).collect() };
    assert_eq!(statuses(), ["Attended", "Registered", "No Show", "No Show"]);
    assert!(marketo.leads_by_email("late@example.net").is_empty());
    // Missing rows are polled for like an incomplete report.
    assert_eq!(minutes_to_next(&first), 5);
    assert_eq!(tick(&fixture.admin).await, 0);
    // A marketer corrects one status.
    assert!(marketo.set_member(WEBINAR_PROGRAM, leads[2], "Attended"));

    pass_a_day(&fixture);
    assert_eq!(tick(&fixture.admin).await, 1);
    let last = program_attendance(&fixture.admin, WEBINAR_PROGRAM).await;
    assert_eq!((&last["phase"], &last["next_at"], &last["unaccounted"]), (&json!("done"), &Value::Null, &json!(0)));
    assert_eq!(last["new_leads"], 1, "{last}");
    assert_eq!(statuses(), ["Attended", "Attended", "Attended", "No Show"]);
    assert_eq!(status(&fixture, lead_of(&fixture, "late@example.net")).as_deref(), Some("Attended"));
    assert!(leads.iter().all(|&lead| marketo.status_history(WEBINAR_PROGRAM, lead).len() <= 3));
    // The program is done: the tick has no effect.
    assert_eq!(tick(&fixture.admin).await, 0);
    // A manual sync still runs.
    assert_eq!(sync(&fixture.admin, WEBINAR_PROGRAM).await["phase"], "done");
    assert_eq!(statuses(), ["Attended", "Attended", "Attended", "No Show"]);
    fixture.app.assert_no_trap();
}

#[tokio::test]
async fn registrant_whose_row_never_arrives_becomes_no_show() {
    let fixture = Fixture::new(App::start().await).await;
    let leads = fixture.add_leads(2);
    fixture.run_campaign(&leads).await;
    let never = Attendance { late_seconds: 1_000 * HOUR, ..throughout(&email(2)) };
    hold(&fixture, fixture.webinar, vec![throughout(&email(1)), never]).await;
    assert_eq!(wait_for_attendance(&fixture, WEBINAR_PROGRAM).await["unaccounted"], 1);
    assert_eq!(status(&fixture, leads[1]).unwrap(), "Registered");
    pass_a_day(&fixture);
    assert_eq!(tick(&fixture.admin).await, 1);
    let last = program_attendance(&fixture.admin, WEBINAR_PROGRAM).await;
    assert_eq!((&last["phase"], counts(&last)), (&json!("done"), [1, 1, 0]), "{last}");
    assert_eq!(status(&fixture, leads[1]).unwrap(), "No Show");
    fixture.app.assert_no_trap();
}
