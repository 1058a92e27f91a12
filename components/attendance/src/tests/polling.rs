//! Reports that are not ready, and webinars that were moved, practised or never started.

use super::env::{ABSENTEES, REPORTS, TestEnv, problem, stay, summary};
use domain::time::SignedDuration;
use fakes::zoom::{Attendance, ReportTiming};
use serde_json::{Value, json};

async fn one_registered() -> TestEnv {
    let env = TestEnv::new().await;
    env.register(&["r1", "r2"]).await;
    env.member("r1", "Registered", "r1");
    env.member("r2", "Registered", "r2");
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
    env.end_webinar(&["r1"]).await;
    env.set_report_timing(ReportTiming { delay_seconds: 200 * 60, ..ReportTiming::default() });
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
    assert!(env.status_changes().is_empty());
    env.advance(60);
    env.tick().await;
    assert_eq!(summary(&env.view().await), ("settling".into(), 1, 1, 0));
}

#[tokio::test]
async fn a_report_with_durations_of_zero_is_polled_again() {
    let env = one_registered().await;
    env.end_webinar(&["r1"]).await;
    env.set_report_timing(ReportTiming { zero_duration_seconds: 48 * 3600, ..ReportTiming::default() });
    assert_eq!(env.sync().await["phase"], "waiting");
    assert!(env.status_changes().is_empty());
    // After a day the report is accepted as it is.
    env.advance(24 * 60);
    assert_eq!(summary(&env.sync().await), ("settling".into(), 1, 1, 0));
}

#[tokio::test]
async fn a_report_that_grows_during_the_fetch_is_polled_again() {
    let env = one_registered().await;
    env.fail_zoom(ABSENTEES, 400, json!({"code": 3000, "message": "Registration is not required."}));
    // The session ended just now; the row of r2 comes a moment later.
    env.end_webinar_with(vec![stay("r1", 0, 60), Attendance { late_seconds: 2, ..stay("r2", 0, 10) }]).await;
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
    assert!(env.status_changes().is_empty());
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
    env.end_webinar(&["r1"]).await;
    env.lose_list(REPORTS);
    env.advance(25 * 60);
    let view = env.sync().await;
    assert_eq!((view["phase"].as_str(), problem(&view)), (Some("failed"), "WEBINAR_NEVER_STARTED"));
    assert!(env.status_changes().is_empty());
}

#[tokio::test]
async fn r14_a_webinar_moved_after_it_never_started_starts_over() {
    let env = one_registered().await;
    env.advance(26 * 60);
    assert_eq!(env.sync().await["phase"], "failed");
    let start = env.now() + SignedDuration::from_hours(1);
    env.move_to(start).await;
    let view = env.view().await;
    assert_eq!(
        (view["phase"].as_str(), problem(&view), minutes_to_next_poll(&env, &view)),
        (Some("waiting"), "none", 60 + 60 + 5)
    );
}

#[tokio::test]
async fn r13_an_earlier_plan_is_used_if_nothing_took_place_at_the_current_one() {
    let env = one_registered().await;
    let at = |minutes: i64| env.now() + SignedDuration::from_mins(minutes);
    let trial = env.hold(at(-3 * 24 * 60), at(-3 * 24 * 60 + 30), &["r2"]).await;
    env.hold(at(3), at(60), &["r1"]).await;
    let later = env.hold(at(10 * 60), at(11 * 60), &["r2"]).await;
    env.move_to(at(24 * 60)).await;
    // Its end is known, so that it cannot have lasted until the planned time.
    env.advance(11 * 60);
    env.send_ended_event().await;
    env.memory.run_background().await;
    // The current plan ends after 25 hours; a session may still begin four hours later.
    env.advance(14 * 60 + 239);
    let view = env.sync().await;
    assert_eq!((view["phase"].as_str(), env.status("r1").as_str()), (Some("waiting"), "Registered"), "{view}");
    env.advance(1);
    let view = env.sync().await;
    assert_eq!(summary(&view), ("settling".into(), 1, 1, 0), "{view}");
    let counted: Vec<_> = view["sessions"].as_array().unwrap().iter().map(|one| one["counted"].clone()).collect();
    assert_eq!(counted, [false, true, false], "{view}");
    let reads = |uuid: &str| env.zoom_calls(&format!("report/webinars/{uuid}"));
    assert_eq!(reads(&trial) + reads(&later), 0);
}

#[tokio::test]
async fn r13_a_rehearsal_before_the_start_is_not_taken_for_the_webinar() {
    let env = one_registered().await;
    let start = env.now() + SignedDuration::from_hours(24);
    env.move_to(start).await;
    env.hold(env.now(), env.now() + SignedDuration::from_mins(10), &["host"]).await;
    env.advance(10);
    env.send_ended_event().await;
    env.memory.run_background().await;
    let view = env.view().await;
    assert_eq!((view["phase"].as_str(), minutes_to_next_poll(&env, &view)), (Some("waiting"), 24 * 60 - 10 + 60 + 5));
    assert!(env.status_changes().is_empty());
}

#[tokio::test]
async fn r13_a_session_before_the_planned_time_counts_a_day_after_it_if_no_other_took_place() {
    let env = one_registered().await;
    let start = env.now() + SignedDuration::from_hours(24);
    env.plan(start, 60);
    env.change_connection(|connection| connection.snapshot.start_time = start).await;
    env.end_webinar(&["r1"]).await;
    env.send_ended_event().await;
    env.memory.run_background().await;
    let view = env.view().await;
    assert_eq!((view["phase"].as_str(), minutes_to_next_poll(&env, &view)), (Some("waiting"), 24 * 60 + 5));
    assert!(env.status_changes().is_empty());
    env.advance(24 * 60 + 24 * 60 - 1);
    assert_eq!(env.sync().await["phase"], "waiting");
    env.advance(1);
    assert_eq!(summary(&env.sync().await), ("settling".into(), 1, 1, 0));
}
