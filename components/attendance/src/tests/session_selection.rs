//! Which sessions of a webinar count (R13).

use super::env::{ABSENTEES, TestEnv, WEBINAR, problem, stay, summary, throughout};
use domain::time::{SignedDuration, Timestamp};
use fakes::zoom::{Attendance, ReportTiming};
use serde_json::{Value, json};

/// Three members, registered and approved; the webinar is planned from minute 0 to minute 60, and No Show is set half an
/// hour after its end.
async fn planned() -> (TestEnv, impl Fn(i64) -> Timestamp) {
    let env = TestEnv::new().await;
    let start = env.now();
    env.set_no_show_after(30).await;
    env.register(&["a", "b", "c"]).await;
    for name in ["a", "b", "c"] {
        env.member(name, "Registered", name);
    }
    (env, move |minute: i64| start + SignedDuration::from_mins(minute))
}

fn statuses(env: &TestEnv) -> [String; 3] {
    ["a", "b", "c"].map(|name| env.status(name))
}

fn counted(view: &Value) -> Vec<(String, bool)> {
    let sessions = view["sessions"].as_array().unwrap();
    let one = |one: &Value| (one["uuid"].as_str().unwrap().to_owned(), one["counted"].as_bool().unwrap());
    sessions.iter().map(one).collect()
}

#[tokio::test]
async fn r13_all_sessions_at_the_planned_time_are_merged() {
    let (env, at) = planned().await;
    let one = env.hold(at(0), at(10), &["host", "a", "b"]).await;
    let two = env.hold(at(15), at(60), &["host", "b", "c"]).await;
    env.advance(70);
    let view = env.sync().await;
    assert_eq!(statuses(&env), ["Attended", "Attended", "Attended"]);
    assert_eq!(env.trace("b@x.test").await["minutes"], 55);
    assert_eq!(counted(&view), [(one, true), (two, true)]);
    assert_eq!((&view["sessions"][0]["attendees"], &view["minutes"]), (&json!(2), &json!(10 + 55 + 45)));
    // The sessions are merged, so no one who was in one of them is a No Show.
    env.tick_for(60).await;
    assert_eq!(summary(&env.view().await), ("settling".into(), 3, 0, 0));
}

#[tokio::test]
async fn r13_a_sound_check_of_the_host_does_not_count() {
    let (env, at) = planned().await;
    let check = env.hold(at(-2), at(0), &["host"]).await;
    let held = env.hold(at(3), at(50), &["host", "a", "b"]).await;
    env.advance(60);
    let view = env.sync().await;
    assert_eq!(
        (summary(&view), statuses(&env)),
        (("waiting".into(), 2, 0, 0), ["Attended", "Attended", "Registered"].map(String::from))
    );
    assert_eq!(counted(&view), [(check, false), (held, true)]);
    assert_eq!(view["sessions"][0]["why"], "Only the host, alternative hosts or panelists were in it.");
    assert_eq!(view["no_show_at"], at(90).to_string());
    env.tick_for(29).await;
    assert_eq!(env.status("c"), "Registered");
    env.tick_for(1).await;
    assert_eq!(statuses(&env), ["Attended", "Attended", "No Show"]);
}

#[tokio::test]
async fn r19_after_a_crash_no_one_is_a_no_show_before_the_planned_end() {
    let (mut env, at) = planned().await;
    env.receive_events(true);
    env.start_session().await;
    env.join("host").await;
    env.join("a").await;
    env.advance(10);
    env.end_session().await;
    env.tick_for(5).await;
    let view = env.view().await;
    assert_eq!(statuses(&env), ["Attended", "Registered", "Registered"]);
    assert_eq!(
        (&view["no_show_at"], &view["no_show_waits_for"]),
        (&json!(at(90).to_string()), &json!("The planned end of the webinar has not passed."))
    );
    env.start_session().await;
    env.join("host").await;
    env.join("b").await;
    // The webinar overruns by an hour.
    env.tick_for(105).await;
    assert_eq!(statuses(&env), ["Attended", "Registered", "Registered"]);
    assert_eq!(env.view().await["no_show_waits_for"], "A session of the webinar is under way.");
    env.end_session().await;
    assert_eq!(statuses(&env), ["Attended", "Attended", "Registered"]);
    env.tick_for(31).await;
    assert_eq!(statuses(&env), ["Attended", "Attended", "No Show"]);
}

#[tokio::test]
async fn r19_a_webinar_that_overruns_without_events_sets_no_one_to_no_show() {
    let (env, at) = planned().await;
    let rehearsal = env.hold(at(-24 * 60), at(-24 * 60 + 20), &["host"]).await;
    env.set_report_timing(ReportTiming { listing_delay_seconds: 10 * 3600, ..ReportTiming::default() });
    env.start_session().await;
    env.join("host").await;
    env.join("a").await;
    env.advance(60);
    env.tick_for(180).await;
    let view = env.view().await;
    assert_eq!((summary(&view), statuses(&env)), (("waiting".into(), 0, 0, 0), [(); 3].map(|()| "Registered".into())));
    assert_eq!(counted(&view), [(rehearsal, false)]);
    // The session is over, and the list of sessions still lacks it.
    env.end_session().await;
    env.tick_for(61).await;
    assert_eq!(statuses(&env), ["Attended", "No Show", "No Show"]);
}

#[tokio::test]
async fn r13_a_session_that_the_list_lacks_is_read_by_the_events_uuid() {
    let (mut env, at) = planned().await;
    env.receive_events(true);
    env.set_report_timing(ReportTiming { listing_delay_seconds: 30 * 60, ..ReportTiming::default() });
    env.advance(60);
    for (from, to, people) in [(0, 20, ["host", "a"]), (25, 60, ["host", "b"])] {
        env.hold(at(from), at(to), &people).await;
        env.memory.run_background().await;
    }
    assert_eq!(statuses(&env), ["Attended", "Attended", "Registered"]);
    assert_eq!(counted(&env.view().await).len(), 2);
}

#[tokio::test]
async fn r13_rehearsals_and_rooms_opened_again_do_not_count() {
    let (env, at) = planned().await;
    env.hold(at(-24 * 60), at(-23 * 60), &["host", "c"]).await;
    env.hold(at(0), at(60), &["host", "a"]).await;
    env.hold(at(60 + 4 * 60), at(60 + 5 * 60), &["host", "b"]).await;
    env.advance(60 + 6 * 60);
    let view = env.sync().await;
    assert_eq!(
        (counted(&view).iter().map(|(_, counts)| *counts).collect::<Vec<_>>(), statuses(&env)),
        (vec![false, true, false], ["Attended", "No Show", "No Show"].map(String::from))
    );
}

#[tokio::test]
async fn r13_a_webinar_that_ran_twice_for_different_audiences_is_both() {
    let (env, at) = planned().await;
    env.move_to(at(60)).await;
    env.hold(at(30), at(90), &["a"]).await;
    env.hold(at(270), at(330), &["b"]).await;
    env.advance(400);
    env.sync().await;
    assert_eq!(statuses(&env), ["Attended", "Attended", "No Show"]);
}

#[tokio::test]
async fn r13_a_webinar_that_spans_midnight_is_one() {
    let (env, at) = planned().await;
    // The simulated day starts at 09:00 UTC.
    env.move_to(at(14 * 60 + 30)).await;
    env.hold(at(14 * 60 + 28), at(15 * 60 + 31), &["host", "a", "b"]).await;
    env.advance(16 * 60 + 2);
    env.sync().await;
    assert_eq!(statuses(&env), ["Attended", "Attended", "No Show"]);
    assert_eq!(env.trace("a@x.test").await["minutes"], 63);
}

#[tokio::test]
async fn r13_of_a_webinar_that_was_moved_twice_the_current_plan_decides() {
    let (env, at) = planned().await;
    env.move_to(at(24 * 60)).await;
    env.move_to(at(48 * 60)).await;
    // At the first planned time people came although it was moved.
    env.hold(at(0), at(20), &["host", "c"]).await;
    env.advance(30);
    env.send_ended_event().await;
    env.memory.run_background().await;
    env.tick_for(10).await;
    assert_eq!(statuses(&env), [(); 3].map(|()| "Registered".to_owned()));
    env.hold(at(48 * 60), at(49 * 60), &["host", "a"]).await;
    env.advance(50 * 60);
    env.sync().await;
    assert_eq!(statuses(&env), ["Attended", "No Show", "No Show"]);
}

#[tokio::test]
async fn r19_the_planned_end_is_read_from_zoom_right_before() {
    let (env, at) = planned().await;
    env.hold(at(0), at(20), &["host", "a"]).await;
    env.advance(65);
    env.tick().await;
    assert_eq!(env.status("a"), "Attended");
    // The host extends the webinar, and `catalog` has not heard of it.
    env.plan(at(0), 180);
    env.tick_for(60).await;
    assert_eq!(statuses(&env), ["Attended", "Registered", "Registered"]);
    assert_eq!(env.view().await["no_show_at"], at(210).to_string());
    env.tick_for(90).await;
    assert_eq!(statuses(&env), ["Attended", "No Show", "No Show"]);
}

#[tokio::test]
async fn r13_a_webinar_deleted_after_its_end_is_read_all_the_same() {
    let (env, at) = planned().await;
    env.hold(at(0), at(60), &["host", "a"]).await;
    env.zoom.delete_webinar(WEBINAR).await.unwrap();
    env.advance(95);
    env.tick().await;
    assert_eq!(statuses(&env), ["Attended", "No Show", "No Show"]);
}

#[tokio::test]
async fn r19_a_webinar_with_no_attendees_at_all_makes_all_registrants_no_shows() {
    let (env, at) = planned().await;
    env.hold(at(-5), at(55), &["host"]).await;
    env.advance(95);
    env.tick().await;
    let view = env.view().await;
    assert_eq!((summary(&view), problem(&view)), (("settling".into(), 0, 3, 0), "none"));
    assert_eq!(view["sessions"][0]["why"], "It took place at the planned time, and no one came.");
}

#[tokio::test]
async fn r19_absentees_that_are_not_listed_yet_delay_no_show() {
    let (env, at) = planned().await;
    env.set_no_show_after(0).await;
    env.hold(at(0), at(60), &["host", "a"]).await;
    env.set_report_timing(ReportTiming { absentees_delay_seconds: 4 * 60, ..ReportTiming::default() });
    env.advance(60);
    env.send_ended_event().await;
    env.memory.run_background().await;
    let view = env.view().await;
    assert_eq!(
        (statuses(&env)[2].as_str(), &view["no_show_waits_for"]),
        ("Registered", &json!("Zoom does not list the absentees yet."))
    );
    env.tick_for(6).await;
    assert_eq!(statuses(&env), ["Attended", "No Show", "No Show"]);
}

#[tokio::test]
async fn r19_a_missing_report_of_one_session_delays_no_show_and_not_attended() {
    let (env, at) = planned().await;
    env.hold(at(0), at(20), &["host", "a"]).await;
    env.hold(at(25), at(60), &["host", "b"]).await;
    env.set_report_timing(ReportTiming { delay_seconds: 40 * 60, ..ReportTiming::default() });
    env.advance(95);
    env.tick().await;
    let view = env.view().await;
    assert_eq!(
        (statuses(&env), &view["no_show_waits_for"]),
        (["Attended", "Registered", "Registered"].map(String::from), &json!("Zoom's report is not complete yet."))
    );
    env.tick_for(20).await;
    assert_eq!(statuses(&env), ["Attended", "Attended", "No Show"]);
}

#[tokio::test]
async fn r19_a_session_whose_report_shows_only_the_host_so_far_delays_no_show() {
    let (mut env, at) = planned().await;
    env.receive_events(true);
    env.fail_zoom(ABSENTEES, 400, json!({"code": 4711, "message": "does not contain scopes:[x]."}));
    env.hold(at(0), at(20), &["host", "a"]).await;
    env.advance(85);
    // The second session ends 25 minutes late; at first its report has nobody but the host.
    let late = Attendance { late_seconds: 20 * 60, ..stay("b", 0, 60) };
    env.hold_with(at(25), 60, [throughout(&["host"]), vec![late]].concat()).await;
    env.memory.run_background().await;
    env.tick_for(15).await;
    assert_eq!(statuses(&env), ["Attended", "Registered", "Registered"]);
    assert_eq!(env.view().await["no_show_at"], at(115).to_string());
    env.tick_for(15).await;
    assert_eq!(statuses(&env), ["Attended", "Attended", "No Show"]);
}

#[tokio::test]
async fn r19_the_end_of_a_session_whose_event_was_lost_is_read_from_zoom() {
    let (env, at) = planned().await;
    env.fail_zoom(ABSENTEES, 400, json!({"code": 4711, "message": "does not contain scopes:[x]."}));
    // The session ends 25 minutes late. The row of the person who stayed until then comes later.
    let late = Attendance { late_seconds: 20 * 60, ..stay("b", 60, 85) };
    env.hold_with(at(0), 85, vec![stay("a", 0, 20), late]).await;
    env.advance(90);
    env.tick().await;
    assert_eq!(statuses(&env), ["Attended", "Registered", "Registered"]);
    assert_eq!(env.view().await["no_show_at"], at(115).to_string());
    env.tick_for(25).await;
    assert_eq!(statuses(&env), ["Attended", "Attended", "No Show"]);
}

#[tokio::test]
async fn r13_a_webinar_counts_as_held_without_attendees_once_its_report_is_complete() {
    let (mut env, at) = planned().await;
    env.receive_events(true);
    let late = Attendance { late_seconds: 20 * 60, ..stay("a", 0, 60) };
    env.advance(60);
    env.hold_with(at(0), 60, [throughout(&["host"]), vec![late]].concat()).await;
    env.memory.run_background().await;
    let view = env.view().await;
    assert_eq!(view["sessions"][0]["why"], "Only the host, alternative hosts or panelists were in it.");
    env.tick_for(31).await;
    let view = env.view().await;
    assert_eq!(view["sessions"][0]["why"], "It took place at the planned time.");
    assert_eq!(statuses(&env), ["Attended", "No Show", "No Show"]);
}

#[tokio::test]
async fn r19_a_report_that_is_short_at_first_makes_no_one_a_no_show() {
    let (env, at) = planned().await;
    let short = Attendance { late_seconds: 15 * 60, ..stay("b", 0, 60) };
    env.hold_with(at(0), 60, [throughout(&["host", "a"]), vec![short]].concat()).await;
    env.advance(60);
    let absent = env.listed("b");
    env.change_absentees(|rows| rows.push(absent)).await;
    env.send_ended_event().await;
    env.memory.run_background().await;
    assert_eq!(statuses(&env), ["Attended", "Registered", "Registered"]);
    // Zoom completes its lists within half an hour.
    env.tick_for(20).await;
    env.restore_zoom();
    env.tick_for(15).await;
    assert_eq!(statuses(&env), ["Attended", "Attended", "No Show"]);
}
