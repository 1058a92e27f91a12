//! After the first complete run: late rows, and the end.

use super::env::{REPORTS, TestEnv, stay, summary};
use domain::time::SignedDuration;
use fakes::zoom::{Attendance, ReportTiming};
use serde_json::json;

async fn complete_once() -> TestEnv {
    complete_once_with(Vec::new()).await
}

/// r1 attended. Zoom lists r2 as absent at first, whatever else the report will have.
async fn complete_once_with(late: Vec<Attendance>) -> TestEnv {
    let env = TestEnv::new().await;
    env.register(&["r1", "r2"]).await;
    env.member("r1", "Registered", "r1");
    env.member("r2", "Registered", "r2");
    env.end_webinar_with([vec![stay("r1", 0, 10)], late].concat()).await;
    let absent = env.listed("r2");
    env.change_absentees(|rows| *rows = vec![absent]).await;
    assert_eq!(summary(&env.sync().await), ("settling".into(), 1, 1, 0));
    env.restore_zoom();
    env
}

#[tokio::test]
async fn late_rows_are_applied_after_24_hours_and_the_program_is_done() {
    let env = complete_once_with(vec![Attendance { late_seconds: 5 * 3600, ..stay("r2", 0, 10) }]).await;
    env.advance(24 * 60 - 1);
    assert_eq!(env.tick().await["programs"], 0);
    env.advance(1);
    assert_eq!(env.tick().await["programs"], 1);
    assert_eq!(summary(&env.view().await), ("done".into(), 2, 0, 0));
    assert_eq!(env.status("r2"), "Attended");
    env.advance(7 * 24 * 60);
    assert_eq!(env.tick().await["programs"], 0);
}

#[tokio::test]
async fn a_registrant_on_neither_list_is_not_set_until_their_row_comes() {
    let env = TestEnv::new().await;
    env.register(&["r1", "r2", "r3"]).await;
    for id in ["r1", "r2", "r3"] {
        env.member(id, "Registered", id);
    }
    // Zoom does not list r3 as absent, but the report lacks their row.
    env.end_webinar_with(vec![stay("r1", 0, 10), Attendance { late_seconds: 240, ..stay("r3", 0, 10) }]).await;
    env.send_ended_event().await;
    env.memory.run_background().await;
    let view = env.view().await;
    assert_eq!((summary(&view), &view["unaccounted"]), (("settling".into(), 1, 1, 0), &json!(1)));
    assert_eq!(env.status("r3"), "Registered");

    env.advance(5);
    env.tick().await;
    let view = env.view().await;
    assert_eq!((summary(&view), &view["unaccounted"]), (("settling".into(), 2, 1, 0), &json!(0)));
    assert_eq!(env.status("r3"), "Attended");
}

#[tokio::test]
async fn the_final_run_leaves_no_member_registered() {
    let env = TestEnv::new().await;
    env.register(&["r1", "r2"]).await;
    env.member("r1", "Registered", "r1");
    env.member("r2", "Registered", "r2");
    // r2 was only in the waiting room, and Zoom does not list them as absent.
    env.end_webinar_with(vec![stay("r1", 0, 10), Attendance { waiting_room: true, ..stay("r2", 0, 10) }]).await;
    env.change_absentees(Vec::clear).await;
    assert_eq!(env.sync().await["unaccounted"], 1);
    env.advance(24 * 60);
    assert_eq!(summary(&env.sync().await), ("done".into(), 1, 1, 0));
    assert_eq!(env.status("r2"), "No Show");
}

#[tokio::test]
async fn the_last_run_counts_what_came_before_another_session() {
    let late = Attendance { late_seconds: 60 * 60, ..stay("r1", 30, 50) };
    let env = complete_once_with(vec![stay("host", 0, 60), late]).await;
    assert_eq!(env.view().await["minutes"], 10);
    // The host opens the room again. Neither the list of sessions nor a report shows yet when.
    env.advance(300);
    let start = env.now() - SignedDuration::from_mins(10);
    env.hold(start, env.now(), &["host"]).await;
    let timing = ReportTiming { delay_seconds: 900, listing_delay_seconds: 1_200, ..ReportTiming::default() };
    env.set_report_timing(timing);
    env.send_ended_event().await;
    env.memory.run_background().await;
    env.advance(24 * 60);
    env.tick().await;
    let view = env.view().await;
    assert_eq!((summary(&view), &view["minutes"]), (("done".into(), 1, 1, 0), &json!(30)));
}

#[tokio::test]
async fn a_report_that_is_gone_changes_nothing() {
    let env = complete_once().await;
    env.lose_list(REPORTS);
    env.advance(24 * 60);
    env.tick().await;
    assert_eq!(summary(&env.view().await), ("done".into(), 1, 1, 0));
}

#[tokio::test]
async fn another_ended_event_makes_the_program_due() {
    let env = complete_once_with(vec![Attendance { late_seconds: 60, ..stay("r2", 0, 10) }]).await;
    env.advance(1);
    env.send_ended_event().await;
    assert_eq!(env.view().await["phase"], "due");
    env.memory.run_background().await;
    assert_eq!(summary(&env.view().await), ("settling".into(), 2, 0, 0));
}

#[tokio::test]
async fn a_program_connected_to_another_webinar_starts_over() {
    let env = complete_once().await;
    env.change_connection(|connection| connection.snapshot.id = 10.into()).await;
    assert_eq!(summary(&env.view().await), ("waiting".into(), 0, 0, 0));
}

#[tokio::test]
async fn a_repeated_event_with_the_same_end_changes_nothing() {
    let env = complete_once().await;
    let ended = json!({"event": "webinar.ended", "payload": {"object":
        {"id": super::env::WEBINAR, "end_time": env.now().to_string()}}});
    env.event(&ended).await;
    env.memory.run_background().await;
    let calls = env.zoom_calls("");
    env.advance(30);
    env.event(&ended).await;
    assert_eq!(env.view().await["phase"], "settling");
    env.memory.run_background().await;
    assert_eq!(env.zoom_calls(""), calls);
}

#[tokio::test]
async fn a_sync_during_another_worker_is_answered_and_done_later() {
    let env = complete_once().await;
    env.set_lease(60).await;
    assert_eq!(env.sync().await["phase"], "due");
    env.advance(2);
    assert_eq!(env.tick().await["programs"], 1);
    assert_eq!(env.view().await["phase"], "settling");
}
