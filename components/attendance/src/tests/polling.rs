//! Reports that are not ready, and webinars that were moved, practised or never started.

use super::env::{TestEnv, problem, row, summary};
use domain::time::SignedDuration;
use serde_json::{Value, json};

async fn one_registered() -> TestEnv {
    let env = TestEnv::new().await;
    env.marketo().member("r1", "Registered", "r1");
    env.marketo().member("r2", "Registered", "r2");
    env
}

/// Returns the minutes until the next poll.
fn minutes_to_next_poll(env: &TestEnv, view: &Value) -> i64 {
    let next: domain::time::Timestamp = view["next_at"].as_str().unwrap().parse().unwrap();
    (next.duration_since(env.now()).as_secs() + 59) / 60
}

#[tokio::test]
async fn a_report_that_is_not_ready_is_polled() {
    let env = one_registered().await;
    env.end_webinar();
    env.send_ended_event().await;
    env.memory.run_background().await;
    for minutes in [5, 15, 30, 60, 60] {
        let view = env.view().await;
        assert_eq!((view["phase"].as_str(), problem(&view)), (Some("waiting"), "none"));
        assert_eq!(minutes_to_next_poll(&env, &view), minutes);
        env.advance(minutes - 1);
        assert_eq!(env.tick().await["programs"], 0);
        env.advance(1);
        assert_eq!(env.tick().await["programs"], 1);
    }
    assert!(env.marketo().status_changes.is_empty());
    env.zoom().set_attendance(&["r1", "r2"], &["r1"]);
    env.advance(60);
    env.tick().await;
    assert_eq!(summary(&env.view().await), ("settling".into(), 1, 1, 0));
}

#[tokio::test]
async fn a_report_with_durations_of_zero_is_polled_again() {
    let env = one_registered().await;
    env.zoom().set_attendance(&["r1", "r2"], &["r1"]);
    env.end_webinar();
    env.zoom().rows.as_mut().unwrap()[0]["duration"] = 0.into();
    assert_eq!(env.sync().await["phase"], "waiting");
    assert!(env.marketo().status_changes.is_empty());
    // After a day the report is accepted as it is.
    env.advance(24 * 60);
    assert_eq!(summary(&env.sync().await), ("settling".into(), 1, 1, 0));
}

#[tokio::test]
async fn a_report_that_grows_during_the_fetch_is_polled_again() {
    let env = one_registered().await;
    env.zoom().set_attendance(&["r1", "r2"], &["r1"]);
    env.zoom().absentees = None;
    env.zoom().growth = vec![row(json!({"registrant_id": "r2"}))];
    env.end_webinar();
    // The session ended just now.
    env.zoom().rows.as_mut().unwrap()[0]["leave_time"] = env.now().to_string().into();
    let view = env.sync().await;
    assert_eq!((view["phase"].as_str(), &view["no_show"]), (Some("waiting"), &json!(0)));
    assert_eq!(view["no_show_waits_for"], "Zoom's report is not complete yet.");
    assert_eq!((env.status("r1"), env.status("r2")), ("Attended".into(), "Registered".into()));
    assert_eq!(summary(&env.sync().await), ("settling".into(), 2, 0, 0));
}

#[tokio::test]
async fn r14_a_webinar_that_never_started_is_a_problem_of_the_service_and_sets_no_status() {
    let env = one_registered().await;
    env.advance(65);
    assert_eq!(env.tick().await["programs"], 1);
    assert_eq!(env.view().await["phase"], "waiting");
    env.advance(24 * 60);
    env.tick().await;
    let view = env.view().await;
    assert_eq!((view["phase"].as_str(), problem(&view)), (Some("failed"), "WEBINAR_NEVER_STARTED"));
    assert!(view["next_at"].is_null());
    assert!(env.marketo().status_changes.is_empty());
    let reports = env.requests_to("oauth", "/internal/problem/s1");
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0]["problem"]["code"], "WEBINAR_NEVER_STARTED");
    assert_eq!(reports[0]["program"], "1001");

    env.advance(60);
    assert_eq!(env.tick().await["programs"], 0);
}

#[tokio::test]
async fn r14_a_report_that_never_comes_counts_as_never_started() {
    let env = one_registered().await;
    env.end_webinar();
    env.advance(25 * 60);
    let view = env.sync().await;
    assert_eq!((view["phase"].as_str(), problem(&view)), (Some("failed"), "WEBINAR_NEVER_STARTED"));
    assert!(env.marketo().status_changes.is_empty());
}

#[tokio::test]
async fn r14_a_webinar_moved_after_it_never_started_starts_over() {
    let env = one_registered().await;
    env.advance(26 * 60);
    assert_eq!(env.sync().await["phase"], "failed");
    let start = env.now() + SignedDuration::from_hours(1);
    env.change_connection(|connection| connection.snapshot.start_time = start).await;
    let view = env.view().await;
    assert_eq!(
        (view["phase"].as_str(), problem(&view), minutes_to_next_poll(&env, &view)),
        (Some("waiting"), "none", 60 + 60 + 5)
    );
}

#[tokio::test]
async fn r13_an_earlier_plan_is_used_if_nothing_took_place_at_the_current_one() {
    let env = one_registered().await;
    let at = |minutes: i64| (env.now() + SignedDuration::from_mins(minutes)).to_string();
    let instances = [
        json!({"uuid": "trial", "start_time": at(-3 * 24 * 60)}),
        json!({"uuid": "held", "start_time": at(3)}),
        json!({"uuid": "later", "start_time": at(40 * 60)}),
    ];
    env.zoom().instances = instances.into();
    let (before, moved_to) = (env.now(), env.now() + SignedDuration::from_hours(24));
    env.change_connection(|connection| connection.snapshot.start_time = moved_to).await;
    env.change_connection(|connection| connection.previous_starts = vec![before]).await;
    env.zoom().set_attendance(&["r1", "r2"], &["r1"]);
    // The current plan ends after 25 hours; a session may still begin four hours later.
    env.advance(25 * 60 + 239);
    let view = env.sync().await;
    assert_eq!((view["phase"].as_str(), env.status("r1").as_str()), (Some("waiting"), "Registered"), "{view}");
    env.advance(1);
    let view = env.sync().await;
    assert_eq!(summary(&view), ("settling".into(), 1, 1, 0), "{view}");
    let counted: Vec<_> = view["sessions"].as_array().unwrap().iter().map(|one| one["counted"].clone()).collect();
    assert_eq!(counted, [false, true, false], "{view}");
    assert_eq!(env.zoom_calls("report/trial") + env.zoom_calls("report/later"), 0);
}

#[tokio::test]
async fn r13_a_rehearsal_before_the_start_is_not_taken_for_the_webinar() {
    let env = one_registered().await;
    let start = env.now() + SignedDuration::from_hours(24);
    env.change_connection(|connection| connection.snapshot.start_time = start).await;
    env.zoom().set_attendance(&["r1", "r2"], &[]);
    env.zoom().rows = Some(vec![row(json!({"id": "u1", "user_email": "host@x.test"}))]);
    env.zoom().instances = vec![json!({"uuid": "trial", "start_time": env.now().to_string()})];
    env.advance(10);
    env.send_ended_event().await;
    env.memory.run_background().await;
    let view = env.view().await;
    assert_eq!((view["phase"].as_str(), minutes_to_next_poll(&env, &view)), (Some("waiting"), 24 * 60 - 10 + 60 + 5));
    assert!(env.marketo().status_changes.is_empty());
}

#[tokio::test]
async fn r13_a_session_before_the_planned_time_counts_a_day_after_it_if_no_other_took_place() {
    let env = one_registered().await;
    let start = env.now() + SignedDuration::from_hours(24);
    env.change_connection(|connection| connection.snapshot.start_time = start).await;
    env.zoom().set_attendance(&["r1", "r2"], &["r1"]);
    env.end_webinar();
    env.send_ended_event().await;
    env.memory.run_background().await;
    let view = env.view().await;
    assert_eq!((view["phase"].as_str(), minutes_to_next_poll(&env, &view)), (Some("waiting"), 24 * 60 + 5));
    assert!(env.marketo().status_changes.is_empty());
    env.advance(24 * 60 + 24 * 60 - 1);
    assert_eq!(env.sync().await["phase"], "waiting");
    env.advance(1);
    assert_eq!(summary(&env.sync().await), ("settling".into(), 1, 1, 0));
}
