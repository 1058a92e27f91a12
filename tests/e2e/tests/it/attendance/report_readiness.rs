//! Incomplete reports are polled again; a webinar that never started is an error of the service (R14).

use super::support::{
    INSTANCES, REPORT, counts, emails, hold, hold_at, hours_ago, lose_events, minutes_to_next, move_to, problem,
    program_attendance, register_on_zoom, status, sync, throughout, tick, wait_for_attendance,
    wait_for_incomplete_report,
};
use crate::harness::{App, Fixture, email, wait_for};
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::zoom::{Attendance, NewWebinar, Person, ReportTiming};
use jiff::SignedDuration;
use serde_json::{Value, json};

/// Returns the problem of the service as the console lists it.
async fn service_problem(fixture: &Fixture) -> Value {
    fixture.admin.get("/oauth/services").await.unwrap().ok().unwrap()["services"][0]["problem"].clone()
}

#[tokio::test]
async fn missing_reports_zero_durations_and_missing_rows_are_waited_for_and_change_no_status() {
    const HOUR: i64 = 3_600;
    let report_timing = ReportTiming {
        delay_seconds: HOUR,
        zero_duration_seconds: HOUR,
        growth_seconds: 3 * HOUR,
        ..ReportTiming::default()
    };
    // Tokens outlive the simulated hours, which pass for Zoom only.
    let access_token_lifetime = SignedDuration::from_hours(24);
    let options = fakes::zoom::Options { report_timing, access_token_lifetime, ..fakes::zoom::Options::default() };
    let fixture = Fixture::new(App::start_with(options, fakes::marketo::Options::default()).await).await;
    let zoom = &fixture.app.env.zoom;
    let leads = fixture.add_leads(5);
    fixture.run_campaign(&leads).await;
    let statuses = || -> Vec<_> { leads.iter().map(|&lead| status(&fixture, lead).unwrap()).collect() };
    hold(&fixture, fixture.webinar, (1..=4).map(|n| throughout(&email(n))).collect()).await;
    let waiting = wait_for_incomplete_report(&fixture).await;
    // No report at all, then rows without durations: the run polls at growing intervals. A manual sync polls
    // immediately.
    assert_eq!(minutes_to_next(&waiting), 5);
    for minutes in [15, 30] {
        let shown = sync(&fixture.admin, WEBINAR_PROGRAM).await;
        assert_eq!((&shown["phase"], minutes_to_next(&shown), problem(&shown)), (&json!("waiting"), minutes, ""));
    }
    // The tick does not poll before the scheduled time.
    let calls = zoom.log().count("GET", REPORT);
    assert_eq!(tick(&fixture.admin).await, 0);
    assert_eq!(zoom.log().count("GET", REPORT), calls);
    zoom.clock().advance(SignedDuration::from_secs(HOUR + 60));
    for minutes in [60, 60] {
        let shown = sync(&fixture.admin, WEBINAR_PROGRAM).await;
        assert_eq!((&shown["phase"], minutes_to_next(&shown), problem(&shown)), (&json!("waiting"), minutes, ""));
    }
    assert_eq!(statuses(), ["Registered"; 5]);

    // The report is still growing: people on it are Attended, Zoom's absentees are No Show, and the others wait.
    zoom.clock().advance(SignedDuration::from_secs(HOUR));
    let growing = sync(&fixture.admin, WEBINAR_PROGRAM).await;
    let waited_for = growing["unaccounted"].as_u64().unwrap();
    assert_eq!(growing["phase"], "settling", "{growing}");
    assert!((1..=3).contains(&waited_for), "{growing}");
    assert_eq!(counts(&growing), [4 - waited_for, 1, 0]);
    assert_eq!(statuses().iter().filter(|status| *status == "Registered").count() as u64, waited_for);
    zoom.clock().advance(SignedDuration::from_secs(2 * HOUR));
    let whole = sync(&fixture.admin, WEBINAR_PROGRAM).await;
    assert_eq!((counts(&whole), &whole["unaccounted"]), ([4, 1, 0], &json!(0)));
    assert_eq!(statuses(), ["Attended", "Attended", "Attended", "Attended", "No Show"]);
    for &lead in &leads {
        assert_eq!(fixture.app.env.marketo.status_history(WEBINAR_PROGRAM, lead).len(), 2);
    }
    fixture.app.assert_no_trap();
}

/// Without registration only the growing total shows that a report is incomplete.
#[tokio::test]
async fn report_that_grows_between_reads_is_waited_for() {
    const CALLERS: usize = 240;
    let webinar = NewWebinar { approval_type: 2, ..NewWebinar::default() };
    let fixture = Fixture::with_webinar(App::start().await, webinar).await;
    let zoom = &fixture.app.env.zoom;
    // Two more rows each second.
    zoom.set_report_timing(ReportTiming { growth_seconds: 120, ..ReportTiming::default() });
    let callers = emails("caller", CALLERS).into_iter().map(|name| Attendance::throughout(Person::Guest(name)));
    lose_events(&fixture);
    // No Show is set at once, unless the report is incomplete.
    let path = format!("/catalog/programs/{WEBINAR_PROGRAM}/settings");
    fixture.admin.put(&path, &json!({"no_show_after_minutes": 0})).await.unwrap().ok().unwrap();
    zoom.set_plan(fixture.webinar, hours_ago(1), 60).unwrap();
    hold_at(&fixture, fixture.webinar, hours_ago(1), callers.collect()).await;
    let growing = sync(&fixture.admin, WEBINAR_PROGRAM).await;
    assert_eq!((&growing["phase"], minutes_to_next(&growing)), (&json!("waiting"), 5), "{growing}");
    zoom.clock().advance(SignedDuration::from_secs(120));
    let whole = sync(&fixture.admin, WEBINAR_PROGRAM).await;
    // Zoom reports no addresses, so these participants are counted and not matched.
    assert_eq!(
        (&whole["phase"], &whole["unmatched"], counts(&whole)),
        (&json!("settling"), &json!(CALLERS), [0, 0, 0])
    );
    assert!(fixture.app.env.marketo.members(WEBINAR_PROGRAM).is_empty());
    fixture.app.assert_no_trap();
}

#[tokio::test]
async fn r14_webinar_that_never_started_is_an_error_of_the_service_until_it_takes_place() {
    let fixture = Fixture::new(App::start().await).await;
    let leads = fixture.add_leads(3);
    fixture.run_campaign(&leads).await;
    register_on_zoom(&fixture, fixture.webinar, "Cara Stone", "stranger@example.net").await;
    // The webinar never started. The program waits for a day.
    move_to(&fixture, WEBINAR_PROGRAM, fixture.webinar, hours_ago(24)).await;
    assert_eq!(tick(&fixture.admin).await, 1);
    let waiting = program_attendance(&fixture.admin, WEBINAR_PROGRAM).await;
    assert_eq!((&waiting["phase"], minutes_to_next(&waiting), problem(&waiting)), (&json!("waiting"), 5, ""));
    assert_eq!(service_problem(&fixture).await, Value::Null);

    move_to(&fixture, WEBINAR_PROGRAM, fixture.webinar, hours_ago(26)).await;
    let given_up = sync(&fixture.admin, WEBINAR_PROGRAM).await;
    assert_eq!((&given_up["phase"], problem(&given_up)), (&json!("failed"), "WEBINAR_NEVER_STARTED"));
    assert_eq!(given_up["next_at"], Value::Null);
    let listed = service_problem(&fixture).await;
    assert_eq!(listed["code"], "WEBINAR_NEVER_STARTED");
    assert!(listed["detail"].as_str().unwrap().contains(&fixture.webinar.to_string()), "{listed}");
    for &lead in &leads {
        assert_eq!(status(&fixture, lead).unwrap(), "Registered");
    }
    assert!(fixture.app.env.marketo.leads_by_email("stranger@example.net").is_empty());
    let looks = fixture.app.env.zoom.log().count("GET", INSTANCES);
    assert_eq!(tick(&fixture.admin).await, 0);
    assert_eq!(fixture.app.env.zoom.log().count("GET", INSTANCES), looks);

    hold(&fixture, fixture.webinar, vec![throughout(&email(1))]).await;
    assert_eq!(counts(&wait_for_attendance(&fixture, WEBINAR_PROGRAM).await), [1, 3, 1]);
    wait_for("a service without a problem", || async { service_problem(&fixture).await.is_null().then_some(()) }).await;
    fixture.app.assert_no_trap();
}
