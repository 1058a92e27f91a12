//! Refreshes: by the admin, by Zoom's events and by the tick.

use super::env::{PROGRAM, TestEnv, problem};
use domain::records::{ProgramConnection, ProgramKey, ProgramsKey, ServiceState};
use domain::time::SignedDuration;
use serde_json::{Value, json};

async fn record(env: &TestEnv) -> ProgramConnection {
    env.ports().store().get(&ProgramKey { id: 1001.into() }).await.unwrap().unwrap()
}

async fn event(env: &TestEnv, name: &str) -> (u16, Value) {
    let event = json!({"event": name, "payload": {"account_id": "acc", "object": {"id": "9"}}});
    env.internal("/internal/zoom-events", event).await
}

async fn tick(env: &TestEnv) -> Value {
    let (status, report) =
        env.internal("/internal/tick", json!({"deadline": env.now() + SignedDuration::from_secs(20)})).await;
    assert_eq!(status, 200);
    report["worked"].clone()
}

async fn connected() -> TestEnv {
    let env = TestEnv::new().await;
    env.zoom().put(9, json!({}));
    assert_eq!(env.connect(9).await.0, 200);
    env.marketo().written.clear();
    env
}

#[tokio::test]
async fn the_tick_repairs_the_program_index() {
    let env = connected().await;
    let store = env.ports();
    let mut other = record(&env).await;
    other.program = 1002.into();
    // A concurrent write of the index lost the second program.
    store.store().put(&ProgramKey { id: 1002.into() }, &other).await.unwrap();
    let listed = async || env.get("/catalog/programs").await.1["programs"].as_array().unwrap().len();
    assert_eq!(listed().await, 1);
    tick(&env).await;
    assert_eq!(listed().await, 2);
    // `oauth` deleted the connections of an account (R17).
    store.store().delete(&ProgramKey { id: 1002.into() }).await.unwrap();
    tick(&env).await;
    let list = store.store().get(&ProgramsKey {}).await.unwrap().unwrap();
    assert_eq!(list.ids, [1001.into()]);
}

#[tokio::test]
async fn r4_r13_an_event_updates_the_times_and_keeps_the_former_start() {
    let env = connected().await;
    let before = record(&env).await.snapshot.start_time;
    env.zoom().put(9, json!({"start_time": "2026-11-13T16:30:00Z", "duration": 45}));
    assert_eq!(event(&env, "webinar.updated").await, (200, json!({"worked": 1})));
    let connection = record(&env).await;
    assert_eq!(connection.snapshot.start_time.to_string(), "2026-11-13T16:30:00Z");
    assert_eq!((connection.previous_starts, connection.my_tokens_stale), (vec![before], false));
    assert_eq!(env.token("Webinar Start Time"), "11:30 AM");
    // Only the My Tokens that change are written.
    let expected = ["Webinar Start Date", "Webinar Start Time", "Webinar Duration", "Webinar End Time"];
    assert_eq!(env.written(), expected);
    // A duplicate event makes no call to Marketo.
    let calls = env.marketo().calls;
    event(&env, "webinar.updated").await;
    assert_eq!(env.marketo().calls, calls);
}

#[tokio::test]
async fn r13_former_starts_are_shown_latest_last() {
    let env = connected().await;
    for start in ["2026-11-13T16:30:00Z", "2026-11-14T10:00:00Z"] {
        env.zoom().put(9, json!({"start_time": start}));
        event(&env, "webinar.updated").await;
    }
    let (_, body) = env.get(PROGRAM).await;
    assert_eq!(body["webinar"]["start_time"], "2026-11-14T10:00:00Z");
    assert_eq!(body["moved_from"], json!(["2026-11-12T15:00:00Z", "2026-11-13T16:30:00Z"]));
}

#[tokio::test]
async fn deleted_recurring_and_foreign_webinars_are_problems_until_undone() {
    let env = connected().await;
    for (name, change, code) in [
        ("webinar.updated", Some(json!({"type": 9})), json!("WEBINAR_RECURRING")),
        ("webinar.updated", Some(json!({})), Value::Null),
        ("webinar.deleted", None, json!("WEBINAR_NOT_FOUND")),
        ("webinar.recovered", Some(json!({})), Value::Null),
        ("webinar.updated", Some(json!({"host_email": "eve@x.test"})), json!("HOST_NOT_ENABLED")),
    ] {
        match change {
            Some(changes) => env.zoom().put(9, changes),
            None => drop(env.zoom().webinars.remove(&9)),
        }
        event(&env, name).await;
        let (_, body) = env.get(PROGRAM).await;
        assert_eq!((&body["problem"]["code"], &body["webinar"]["topic"]), (&code, &json!("Webinar 9")), "{name}");
    }
}

#[tokio::test]
async fn events_about_other_objects_are_ignored() {
    let env = connected().await;
    let details = env.zoom().details;
    assert_eq!(event(&env, "webinar.started").await, (200, json!({"worked": 0})));
    let other = json!({"event": "webinar.updated", "payload": {"object": {"id": 10}}});
    assert_eq!(env.internal("/internal/zoom-events", other).await, (200, json!({"worked": 0})));
    assert_eq!(env.zoom().details, details);
    let bad = env.internal("/internal/zoom-events", json!([1])).await;
    assert_eq!(problem(&bad), (400, "INVALID_REQUEST"));
}

#[tokio::test]
async fn the_tick_refreshes_every_15_minutes_until_a_day_after_the_end() {
    let env = connected().await;
    assert_eq!(tick(&env).await, 0);
    env.memory.advance(SignedDuration::from_mins(15));
    env.zoom().put(9, json!({"topic": "New"}));
    assert_eq!(tick(&env).await, 1);
    assert_eq!(env.token("Webinar Topic"), "New");
    assert_eq!(tick(&env).await, 0);
    env.memory.advance(SignedDuration::from_hours(24 * 12));
    assert_eq!(tick(&env).await, 0);
}

#[tokio::test]
async fn the_tick_stops_at_its_deadline() {
    let env = connected().await;
    env.memory.advance(SignedDuration::from_mins(15));
    let details = env.zoom().details;
    let report = env.internal("/internal/tick", json!({"deadline": env.now()})).await;
    assert_eq!((report, env.zoom().details), ((200, json!({"worked": 0})), details));
}

#[tokio::test]
async fn a_webinar_deleted_after_its_end_is_no_problem() {
    let env = connected().await;
    env.zoom().webinars.clear();
    env.memory.advance(SignedDuration::from_hours(24 * 10 + 8));
    assert_eq!(tick(&env).await, 1);
    assert_eq!(record(&env).await.problem, None);
}

#[tokio::test]
async fn after_a_marketo_failure_the_tick_writes_the_my_tokens() {
    let env = connected().await;
    env.zoom().put(9, json!({"topic": "New"}));
    env.marketo().error_code = Some("607");
    event(&env, "webinar.updated").await;
    let connection = record(&env).await;
    assert_eq!((connection.snapshot.topic.as_str(), connection.my_tokens_stale), ("New", true));
    assert_eq!(env.get(PROGRAM).await.1["problem"]["code"], "MARKETO_QUOTA");

    env.marketo().error_code = None;
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
    env.zoom().outage = Some((500, json!({})));
    env.memory.advance(SignedDuration::from_mins(15));
    assert_eq!(tick(&env).await, 0);
    let refreshed = env.admin("POST", &format!("{PROGRAM}/refresh"), Value::Null).await;
    assert_eq!(problem(&refreshed), (503, "ZOOM_UNAVAILABLE"));
    assert_eq!(env.memory.dump(), before);
}

#[tokio::test]
async fn r2_a_lost_permission_is_the_problem_of_the_connection() {
    let env = connected().await;
    env.zoom().outage = Some((400, json!({"code": 4711, "message": "Invalid access token, does not contain scopes."})));
    let (status, body) = env.admin("POST", &format!("{PROGRAM}/refresh"), Value::Null).await;
    assert_eq!((status, &body["problem"]["code"]), (200, &json!("SERVICE_LACKS_PERMISSION")));
}

#[tokio::test]
async fn an_unusable_service_makes_no_zoom_calls() {
    let env = connected().await;
    env.change_service("s1", |service| service.state = ServiceState::NeedsSignIn).await;
    let details = env.zoom().details;
    env.memory.advance(SignedDuration::from_mins(15));
    tick(&env).await;
    assert_eq!(env.zoom().details, details);
    assert_eq!(record(&env).await.problem.map(|problem| problem.code.as_str()), Some("SERVICE_NEEDS_SIGN_IN"));
}

#[tokio::test]
async fn a_refresh_updates_the_channel_and_corrects_the_my_tokens() {
    let env = connected().await;
    env.marketo().programs.get_mut(&1001).unwrap()["name"] = json!("Renamed");
    let statuses = json!([{"name": "Registered", "step": 5}]);
    env.marketo().channels.get_mut("Webinar").unwrap()["progressionStatuses"] = statuses.clone();
    env.marketo().tokens.insert("Webinar Topic".into(), ("text".into(), "by hand".into()));
    let (status, body) = env.admin("POST", &format!("{PROGRAM}/refresh"), Value::Null).await;
    assert_eq!((status, &body["program_name"], &body["channel"]["statuses"]), (200, &json!("Renamed"), &statuses));
    assert_eq!(env.written(), ["Webinar Topic"]);

    env.marketo().programs.remove(&1001);
    let (status, body) = env.admin("POST", &format!("{PROGRAM}/refresh"), Value::Null).await;
    assert_eq!((status, &body["problem"]["code"]), (200, &json!("NOT_FOUND")));
}
