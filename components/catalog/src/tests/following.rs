//! Following changes in Zoom: the refresh, events, the tick.

use super::world::{PROGRAM, World, problem};
use domain::records::{Connection, ProgramKey, ProgramsKey, ServiceState};
use domain::time::SignedDuration;
use serde_json::{Value, json};

async fn record(world: &World) -> Connection {
    world.ports().store().get(&ProgramKey { id: 1001.into() }).await.unwrap().unwrap()
}

async fn event(world: &World, name: &str) -> (u16, Value) {
    let event = json!({"event": name, "payload": {"account_id": "acc", "object": {"id": "9"}}});
    world.internal("/internal/zoom-events", event).await
}

async fn tick(world: &World) -> Value {
    let (status, report) =
        world.internal("/internal/tick", json!({"deadline": world.now() + SignedDuration::from_secs(20)})).await;
    assert_eq!(status, 200);
    report["worked"].clone()
}

async fn connected() -> World {
    let world = World::new().await;
    world.zoom().put(9, json!({}));
    assert_eq!(world.connect(9).await.0, 200);
    world.marketo().written.clear();
    world
}

#[tokio::test]
async fn the_tick_mends_the_list_of_programs() {
    let world = connected().await;
    let store = world.ports();
    let mut other = record(&world).await;
    other.program = 1002.into();
    // Two admins connected in one instant: the list of one was written over that of the other.
    store.store().put(&ProgramKey { id: 1002.into() }, &other).await.unwrap();
    let listed = async || world.get("/catalog/programs").await.1["programs"].as_array().unwrap().len();
    assert_eq!(listed().await, 1);
    tick(&world).await;
    assert_eq!(listed().await, 2);
    // R17: oauth deleted the connections of an account.
    store.store().delete(&ProgramKey { id: 1002.into() }).await.unwrap();
    tick(&world).await;
    let list = store.store().get(&ProgramsKey {}).await.unwrap().unwrap();
    assert_eq!(list.ids, [1001.into()]);
}

#[tokio::test]
async fn r4_r13_an_event_brings_the_new_times_and_keeps_the_old_start() {
    let world = connected().await;
    let before = record(&world).await.snapshot.start_time;
    world.zoom().put(9, json!({"start_time": "2026-11-13T16:30:00Z", "duration": 45}));
    assert_eq!(event(&world, "webinar.updated").await, (200, json!({"worked": 1})));
    let connection = record(&world).await;
    assert_eq!(connection.snapshot.start_time.to_string(), "2026-11-13T16:30:00Z");
    assert_eq!((connection.moved_from, connection.tokens_due), (vec![before], false));
    assert_eq!(world.token("Webinar Start Time"), "11:30 AM");
    // Only what the change touches is written.
    let expected = ["Webinar Start Date", "Webinar Start Time", "Webinar Duration", "Webinar End Time"];
    assert_eq!(world.written(), expected);
    // The same event again: nothing to do, and no call to Marketo.
    let calls = world.marketo().calls;
    event(&world, "webinar.updated").await;
    assert_eq!(world.marketo().calls, calls);
}

#[tokio::test]
async fn r13_former_starts_are_shown_the_latest_last() {
    let world = connected().await;
    for start in ["2026-11-13T16:30:00Z", "2026-11-14T10:00:00Z"] {
        world.zoom().put(9, json!({"start_time": start}));
        event(&world, "webinar.updated").await;
    }
    let (_, body) = world.get(PROGRAM).await;
    assert_eq!(body["webinar"]["start_time"], "2026-11-14T10:00:00Z");
    assert_eq!(body["moved_from"], json!(["2026-11-12T15:00:00Z", "2026-11-13T16:30:00Z"]));
}

#[tokio::test]
async fn deletion_and_a_switch_to_recurring_are_problems_until_undone() {
    let world = connected().await;
    for (name, change, code) in [
        ("webinar.updated", Some(json!({"type": 9})), json!("WEBINAR_RECURRING")),
        ("webinar.updated", Some(json!({})), Value::Null),
        ("webinar.deleted", None, json!("WEBINAR_NOT_FOUND")),
        ("webinar.recovered", Some(json!({})), Value::Null),
        ("webinar.updated", Some(json!({"host_email": "eve@x.test"})), json!("HOST_NOT_ENABLED")),
    ] {
        match change {
            Some(changes) => world.zoom().put(9, changes),
            None => drop(world.zoom().webinars.remove(&9)),
        }
        event(&world, name).await;
        let (_, body) = world.get(PROGRAM).await;
        assert_eq!((&body["problem"]["code"], &body["webinar"]["topic"]), (&code, &json!("Webinar 9")), "{name}");
    }
}

#[tokio::test]
async fn events_about_other_things_do_nothing() {
    let world = connected().await;
    let details = world.zoom().details;
    assert_eq!(event(&world, "webinar.started").await, (200, json!({"worked": 0})));
    let other = json!({"event": "webinar.updated", "payload": {"object": {"id": 10}}});
    assert_eq!(world.internal("/internal/zoom-events", other).await, (200, json!({"worked": 0})));
    assert_eq!(world.zoom().details, details);
    let bad = world.internal("/internal/zoom-events", json!([1])).await;
    assert_eq!(problem(&bad), (400, "INVALID_REQUEST"));
}

#[tokio::test]
async fn the_tick_reads_again_after_15_minutes_and_until_a_day_after_the_end() {
    let world = connected().await;
    assert_eq!(tick(&world).await, 0);
    world.memory.advance(SignedDuration::from_mins(15));
    world.zoom().put(9, json!({"topic": "New"}));
    assert_eq!(tick(&world).await, 1);
    assert_eq!(world.token("Webinar Topic"), "New");
    assert_eq!(tick(&world).await, 0);
    world.memory.advance(SignedDuration::from_hours(24 * 12));
    assert_eq!(tick(&world).await, 0);
}

#[tokio::test]
async fn the_tick_stops_at_its_deadline() {
    let world = connected().await;
    world.memory.advance(SignedDuration::from_mins(15));
    let details = world.zoom().details;
    let report = world.internal("/internal/tick", json!({"deadline": world.now()})).await;
    assert_eq!((report, world.zoom().details), ((200, json!({"worked": 0})), details));
}

#[tokio::test]
async fn a_webinar_that_zoom_forgot_after_its_end_is_no_problem() {
    let world = connected().await;
    world.zoom().webinars.clear();
    world.memory.advance(SignedDuration::from_hours(24 * 10 + 8));
    assert_eq!(tick(&world).await, 1);
    assert_eq!(record(&world).await.problem, None);
}

#[tokio::test]
async fn marketos_failure_keeps_the_tokens_due_and_the_snapshot_new() {
    let world = connected().await;
    world.zoom().put(9, json!({"topic": "New"}));
    world.marketo().refuses = Some("607");
    event(&world, "webinar.updated").await;
    let connection = record(&world).await;
    assert_eq!((connection.snapshot.topic.as_str(), connection.tokens_due), ("New", true));
    assert_eq!(world.get(PROGRAM).await.1["problem"]["code"], "MARKETO_QUOTA");

    world.marketo().refuses = None;
    world.memory.advance(SignedDuration::from_mins(15));
    assert_eq!(tick(&world).await, 1);
    assert_eq!(world.token("Webinar Topic"), "New");
    let connection = record(&world).await;
    assert_eq!((connection.problem, connection.tokens_due), (None, false));
}

#[tokio::test]
async fn zooms_silence_changes_nothing() {
    let world = connected().await;
    let before = world.memory.dump();
    world.zoom().down = Some((500, json!({})));
    world.memory.advance(SignedDuration::from_mins(15));
    assert_eq!(tick(&world).await, 0);
    let refreshed = world.admin("POST", &format!("{PROGRAM}/refresh"), Value::Null).await;
    assert_eq!(problem(&refreshed), (503, "ZOOM_UNAVAILABLE"));
    assert_eq!(world.memory.dump(), before);
}

#[tokio::test]
async fn r2_lost_permission_shows_on_the_connection() {
    let world = connected().await;
    world.zoom().down = Some((400, json!({"code": 4711, "message": "Invalid access token, does not contain scopes."})));
    let (status, body) = world.admin("POST", &format!("{PROGRAM}/refresh"), Value::Null).await;
    assert_eq!((status, &body["problem"]["code"]), (200, &json!("SERVICE_LACKS_PERMISSION")));
}

#[tokio::test]
async fn a_service_that_cannot_be_used_costs_zoom_nothing() {
    let world = connected().await;
    world.change_service("s1", |service| service.state = ServiceState::NeedsSignIn).await;
    let details = world.zoom().details;
    world.memory.advance(SignedDuration::from_mins(15));
    tick(&world).await;
    assert_eq!(world.zoom().details, details);
    assert_eq!(record(&world).await.problem.map(|problem| problem.code.as_str()), Some("SERVICE_NEEDS_SIGN_IN"));
}

#[tokio::test]
async fn a_refresh_reads_the_channel_and_mends_the_my_tokens() {
    let world = connected().await;
    world.marketo().programs.get_mut(&1001).unwrap()["name"] = json!("Renamed");
    let statuses = json!([{"name": "Registered", "step": 5}]);
    world.marketo().channels.get_mut("Webinar").unwrap()["progressionStatuses"] = statuses.clone();
    world.marketo().tokens.insert("Webinar Topic".into(), ("text".into(), "by hand".into()));
    let (status, body) = world.admin("POST", &format!("{PROGRAM}/refresh"), Value::Null).await;
    assert_eq!((status, &body["program_name"], &body["channel"]["statuses"]), (200, &json!("Renamed"), &statuses));
    assert_eq!(world.written(), ["Webinar Topic"]);

    world.marketo().programs.remove(&1001);
    let (status, body) = world.admin("POST", &format!("{PROGRAM}/refresh"), Value::Null).await;
    assert_eq!((status, &body["problem"]["code"]), (200, &json!("NOT_FOUND")));
}
