//! Refreshes: by the admin, by Zoom's events and by the tick.

use super::env::{PROGRAM, TestEnv, at, problem};
use domain::records::{ProgramConnection, ServiceState};
use domain::time::SignedDuration;
use fakes::marketo::subscription::{MyTokenType, ProgressionStatus, WEBINAR_CHANNEL};
use fakes::zoom::WebinarChange;
use serde_json::{Value, json};

async fn record(env: &TestEnv) -> ProgramConnection {
    env.ports().connections().find(1001.into()).await.unwrap().unwrap()
}

async fn event(env: &TestEnv, event: Value) -> (u16, Value) {
    env.internal("/internal/zoom-events", event).await
}

fn topic(topic: &str) -> WebinarChange {
    WebinarChange { topic: Some(topic.to_owned()), ..WebinarChange::default() }
}

fn start(start: &str) -> WebinarChange {
    WebinarChange { start_time: Some(at(start)), ..WebinarChange::default() }
}

fn kind(kind: u8) -> WebinarChange {
    WebinarChange { kind: Some(kind), ..WebinarChange::default() }
}

async fn tick(env: &TestEnv) -> Value {
    let (status, report) =
        env.internal("/internal/tick", json!({"deadline": env.now() + SignedDuration::from_secs(20)})).await;
    assert_eq!(status, 200);
    report["worked"].clone()
}

async fn connected() -> TestEnv {
    let env = TestEnv::new().await;
    env.add_webinar(9, |_| {});
    assert_eq!(env.connect(9).await.0, 200);
    env.marketo.log().clear();
    env
}

#[tokio::test]
async fn r22_a_webinar_whose_host_or_start_cannot_be_read_changes_nothing() {
    let env = connected().await;
    let before = record(&env).await;
    let updated = env.update_webinar(WebinarChange::default()).await;
    for odd in
        [json!({"host_email": null}), json!({"start_time": {}}), json!({"type": []}), json!({"start_time": "soon"})]
    {
        env.answer_oddly(9, odd.clone()).await;
        event(&env, updated.clone()).await;
        assert_eq!(record(&env).await.snapshot, before.snapshot, "{odd}");
        assert!(record(&env).await.problem.is_none(), "{odd}");
    }
    let answers = env.zoom.log().matching("GET", "/v2/webinars/9");
    assert_eq!(answers.iter().filter(|answer| answer.fault.is_some()).count(), 4);
    env.answer_oddly(
        9,
        json!({"type": "5", "duration": "45", "agenda": null, "timezone": 0, "settings": {"approval_type": "0"}}),
    )
    .await;
    event(&env, updated).await;
    let snapshot = record(&env).await.snapshot;
    assert_eq!((snapshot.duration, &*snapshot.description), (45, ""));
    assert!(snapshot.registration.requires_registration());
}

#[tokio::test]
async fn r22_a_program_whose_channel_cannot_be_read_is_not_taken_for_one_without_a_channel() {
    let env = TestEnv::new().await;
    env.add_webinar(9, |_| {});
    env.answer_program(json!({"id": 1001, "name": "Autumn", "type": "Event with Webinar", "channel": null}));
    let (status, body) = env.connect(9).await;
    assert_eq!((status, &body["code"]), (503, &json!("MARKETO_UNAVAILABLE")), "{body}");
    assert!(body["detail"].as_str().unwrap().contains("channel"), "{body}");
}

#[tokio::test]
async fn r4_r13_an_event_updates_the_times_and_keeps_the_former_start() {
    let env = connected().await;
    let before = record(&env).await.snapshot.start_time;
    let updated = env.update_webinar(WebinarChange { duration: Some(45), ..start("2026-11-13T16:30:00Z") }).await;
    assert_eq!(event(&env, updated.clone()).await, (200, json!({"worked": 1, "left": []})));
    let connection = record(&env).await;
    assert_eq!(connection.snapshot.start_time.to_string(), "2026-11-13T16:30:00Z");
    assert_eq!((connection.previous_starts, connection.my_tokens_stale), (vec![before], false));
    assert_eq!(env.token("Webinar Start Time"), "11:30 AM");
    // Only the My Tokens that change are written.
    let expected = ["Webinar Start Date", "Webinar Start Time", "Webinar Duration", "Webinar End Time"];
    assert_eq!(env.written(), expected);
    // A duplicate event makes no call to Marketo.
    let calls = env.marketo_calls();
    event(&env, updated).await;
    assert_eq!(env.marketo_calls(), calls);
}

#[tokio::test]
async fn r13_former_starts_are_shown_latest_last() {
    let env = connected().await;
    for moved_to in ["2026-11-13T16:30:00Z", "2026-11-14T10:00:00Z"] {
        event(&env, env.update_webinar(start(moved_to)).await).await;
    }
    let (_, body) = env.get(PROGRAM).await;
    assert_eq!(body["webinar"]["start_time"], "2026-11-14T10:00:00Z");
    assert_eq!(body["moved_from"], json!(["2026-11-12T15:00:00Z", "2026-11-13T16:30:00Z"]));
}

#[tokio::test]
async fn deleted_recurring_and_foreign_webinars_are_problems_until_undone() {
    let env = connected().await;
    let shows = async |sent: Value, code: Value| {
        let name = sent["event"].clone();
        event(&env, sent).await;
        let (_, body) = env.get(PROGRAM).await;
        assert_eq!((&body["problem"]["code"], &body["webinar"]["topic"]), (&code, &json!("Webinar 9")), "{name}");
    };
    shows(env.update_webinar(kind(9)).await, json!("WEBINAR_RECURRING")).await;
    shows(env.update_webinar(kind(5)).await, Value::Null).await;
    shows(env.delete_webinar().await, json!("WEBINAR_NOT_FOUND")).await;
    shows(env.zoom.recover_webinar(9).await.unwrap().unwrap().body, Value::Null).await;
    env.zoom.transfer_webinar(9, "eve@x.test").unwrap();
    shows(env.update_webinar(topic("Webinar 9")).await, json!("HOST_NOT_ENABLED")).await;
}

#[tokio::test]
async fn events_about_other_objects_are_ignored() {
    let env = connected().await;
    let details = env.details();
    let started = env.zoom.start_webinar(9).await.unwrap().delivery.unwrap().body;
    assert_eq!(event(&env, started).await, (200, json!({"worked": 0, "left": []})));
    let other = json!({"event": "webinar.updated", "payload": {"object": {"id": 10}}});
    assert_eq!(env.internal("/internal/zoom-events", other).await, (200, json!({"worked": 0, "left": []})));
    assert_eq!(env.details(), details);
    let bad = env.internal("/internal/zoom-events", json!([1])).await;
    assert_eq!(problem(&bad), (400, "INVALID_REQUEST"));
}

#[tokio::test]
async fn the_tick_refreshes_every_15_minutes_until_a_day_after_the_end() {
    let env = connected().await;
    assert_eq!(tick(&env).await, 0);
    env.memory.advance(SignedDuration::from_mins(15));
    env.update_webinar(topic("New")).await;
    assert_eq!(tick(&env).await, 1);
    assert_eq!(env.token("Webinar Topic"), "New");
    assert_eq!(tick(&env).await, 0);
    // Once more after that, because the webinar may have been moved while no tick ran.
    env.memory.advance(SignedDuration::from_hours(24 * 12));
    assert_eq!((ticks_of_an_hour(&env).await, ticks_of_an_hour(&env).await), (1, 0));
}

/// Runs the ticks of an hour. Returns how many connections they refreshed.
async fn ticks_of_an_hour(env: &TestEnv) -> u64 {
    let mut refreshed = 0;
    for _ in 0..60 {
        refreshed += tick(env).await.as_u64().unwrap();
        env.memory.advance(SignedDuration::from_mins(1));
    }
    refreshed
}

#[tokio::test]
async fn a_webinar_that_is_moved_while_its_service_cannot_be_used_is_found_after_its_former_end() {
    let env = connected().await;
    env.change_service("s1", |service| service.state = ServiceState::NeedsSignIn).await;
    let later = env.now() + SignedDuration::from_hours(24 * 40);
    env.update_webinar(WebinarChange { start_time: Some(later), ..WebinarChange::default() }).await;
    for _ in 0..2 {
        env.memory.advance(SignedDuration::from_hours(24 * 6));
        tick(&env).await;
    }
    assert_eq!(ticks_of_an_hour(&env).await, 1, "it is tried once an hour");
    env.change_service("s1", |service| service.state = ServiceState::Active).await;
    assert!(ticks_of_an_hour(&env).await >= 1);
    assert_eq!(record(&env).await.snapshot.start_time, later);
}

#[tokio::test]
async fn the_tick_stops_at_its_deadline() {
    let env = connected().await;
    env.memory.advance(SignedDuration::from_mins(15));
    let details = env.details();
    let report = env.internal("/internal/tick", json!({"deadline": env.now()})).await;
    assert_eq!((report, env.details()), ((200, json!({"worked": 0, "left": ["connections"]})), details));
}

#[tokio::test]
async fn a_webinar_deleted_after_its_end_is_no_problem() {
    let env = connected().await;
    env.delete_webinar().await;
    env.memory.advance(SignedDuration::from_hours(24 * 10 + 8));
    assert_eq!(tick(&env).await, 1);
    assert_eq!(record(&env).await.problem, None);
}

#[tokio::test]
async fn after_a_marketo_failure_the_tick_writes_the_my_tokens() {
    let env = connected().await;
    env.fail_marketo("607");
    event(&env, env.update_webinar(topic("New")).await).await;
    let connection = record(&env).await;
    assert_eq!((connection.snapshot.topic.as_str(), connection.my_tokens_stale), ("New", true));
    assert_eq!(env.get(PROGRAM).await.1["problem"]["code"], "MARKETO_QUOTA");

    env.restore_marketo();
    env.memory.advance(SignedDuration::from_mins(15));
    assert_eq!(tick(&env).await, 1);
    assert_eq!(env.token("Webinar Topic"), "New");
    let connection = record(&env).await;
    assert_eq!((connection.problem, connection.my_tokens_stale), (None, false));
}

#[tokio::test]
async fn a_zoom_outage_changes_nothing() {
    let env = connected().await;
    let before = env.memory.dump();
    env.fail_zoom(500, json!({}));
    env.memory.advance(SignedDuration::from_mins(15));
    assert_eq!(tick(&env).await, 0);
    let refreshed = env.admin("POST", &format!("{PROGRAM}/refresh"), Value::Null).await;
    assert_eq!(problem(&refreshed), (503, "ZOOM_UNAVAILABLE"));
    let mut after = env.memory.dump();
    assert!(after.remove("last:catalog-sweep").is_some());
    assert!(after == before, "only the time of the maintenance was written");
}

#[tokio::test]
async fn r2_a_lost_permission_is_the_problem_of_the_connection() {
    let env = connected().await;
    env.zoom.change_scopes("ada@x.test", &[]).unwrap();
    let (status, body) = env.admin("POST", &format!("{PROGRAM}/refresh"), Value::Null).await;
    assert_eq!((status, &body["problem"]["code"]), (200, &json!("SERVICE_LACKS_PERMISSION")));
}

#[tokio::test]
async fn an_unusable_service_makes_no_zoom_calls() {
    let env = connected().await;
    env.change_service("s1", |service| service.state = ServiceState::NeedsSignIn).await;
    let details = env.details();
    env.memory.advance(SignedDuration::from_mins(15));
    tick(&env).await;
    assert_eq!(env.details(), details);
    assert_eq!(record(&env).await.problem.map(|problem| problem.code.as_str()), Some("SERVICE_NEEDS_SIGN_IN"));
}

#[tokio::test]
async fn a_refresh_updates_the_channel_and_corrects_the_my_tokens() {
    let env = connected().await;
    env.change_program(|program| program.name = "Renamed".to_owned());
    let statuses = json!([{"name": "Registered", "step": 5}]);
    env.marketo.arrange(|subscription| {
        let channel = subscription.channels.get_mut(WEBINAR_CHANNEL).unwrap();
        channel.progression_statuses = vec![ProgressionStatus::new("Registered", 5)];
    });
    env.set_token("Webinar Topic", MyTokenType::Text, "by hand");
    let (status, body) = env.admin("POST", &format!("{PROGRAM}/refresh"), Value::Null).await;
    assert_eq!((status, &body["program_name"], &body["channel"]["statuses"]), (200, &json!("Renamed"), &statuses));
    assert_eq!(env.written(), ["Webinar Topic"]);

    env.marketo.arrange(|subscription| subscription.programs.remove(&1001));
    let (status, body) = env.admin("POST", &format!("{PROGRAM}/refresh"), Value::Null).await;
    assert_eq!((status, &body["problem"]["code"]), (200, &json!("NOT_FOUND")));
}
