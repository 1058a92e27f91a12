//! The hourly maintenance, and that nothing else lists the keys of the store.

use super::env::{PROGRAM, TestEnv};
use domain::records::{ProgramKey, ProgramsKey, RefreshedKey};
use domain::time::SignedDuration;
use serde_json::{Value, json};

async fn tick(env: &TestEnv) {
    let deadline = env.now() + SignedDuration::from_secs(20);
    assert_eq!(env.internal("/internal/tick", json!({"deadline": deadline})).await.0, 200);
}

/// Ticks after an hour.
async fn maintain(env: &TestEnv) {
    env.memory.advance(SignedDuration::from_hours(1));
    tick(env).await;
}

async fn connected() -> TestEnv {
    let env = TestEnv::new().await;
    env.add_webinar(9, |_| {});
    assert_eq!(env.connect(9).await.0, 200);
    env
}

#[tokio::test]
async fn no_request_and_no_tick_lists_the_store_but_one_an_hour() {
    let env = connected().await;
    // Not at a full hour.
    env.memory.advance(SignedDuration::from_mins(7));
    tick(&env).await;
    assert_eq!(env.memory.listings(), 1);
    for _ in 0..59 {
        env.memory.advance(SignedDuration::from_mins(1));
        tick(&env).await;
    }
    let marketo = ("x-api-key", "marketo-key-of-the-tests");
    for path in ["/catalog/webinars?service=s1", "/catalog/programs", PROGRAM, "/catalog/programs/1001/tokens"] {
        assert_eq!(env.get(path).await.0, 200, "{path}");
    }
    let flow_step =
        ["openapi.json", "getServiceDefinition", "status", "brandIcon", "serviceIcon", "providerInstructions"];
    for path in flow_step {
        let (status, _) = env.call("GET", &format!("/flow-step/{path}"), marketo, Value::Null).await;
        assert_eq!(status, 200, "{path}");
    }
    let picklist = env.call("POST", "/flow-step/getPicklist", marketo, json!({"name": "webinar"})).await;
    assert_eq!(picklist.0, 200);
    assert_eq!(env.connect(9).await.0, 200);
    assert_eq!(env.admin("POST", &format!("{PROGRAM}/refresh"), Value::Null).await.0, 200);
    assert_eq!(env.admin("PUT", &format!("{PROGRAM}/settings"), json!({})).await.0, 200);
    assert_eq!(env.internal("/internal/webinar/9", json!({})).await.0, 200);
    let event = json!({"event": "webinar.updated", "payload": {"object": {"id": 9}}});
    assert_eq!(env.internal("/internal/zoom-events", event).await.0, 200);
    assert_eq!(env.admin("DELETE", PROGRAM, Value::Null).await.0, 204);
    assert_eq!(env.memory.listings(), 1);
    env.memory.advance(SignedDuration::from_mins(1));
    tick(&env).await;
    assert_eq!(env.memory.listings(), 2);
}

#[tokio::test]
async fn the_maintenance_repairs_the_program_index() {
    let env = connected().await;
    let ports = env.ports();
    let mut other = ports.connections().find(1001.into()).await.unwrap().unwrap();
    other.program = 1002.into();
    // A concurrent write of the index lost the second program.
    ports.store().put(&ProgramKey { id: 1002.into() }, &other).await.unwrap();
    let listed = async || env.get("/catalog/programs").await.1["programs"].as_array().unwrap().len();
    assert_eq!(listed().await, 1);
    maintain(&env).await;
    assert_eq!(listed().await, 2);
    // Its deletion was interrupted. An id that is not merely late leaves the index.
    ports.store().delete(&ProgramKey { id: 1002.into() }).await.unwrap();
    let ids = async || ports.store().get(&ProgramsKey {}).await.unwrap().unwrap().ids.len();
    maintain(&env).await;
    assert_eq!(ids().await, 2);
    maintain(&env).await;
    assert_eq!(ids().await, 1);
}

#[tokio::test]
async fn what_a_refresh_left_of_a_disconnected_program_is_deleted() {
    let env = connected().await;
    let ports = env.ports();
    let left = RefreshedKey { program: 1002.into() };
    let state = ports.store().get(&RefreshedKey { program: 1001.into() }).await.unwrap().unwrap();
    ports.store().put(&left, &state).await.unwrap();
    maintain(&env).await;
    assert!(ports.store().exists(&left).await.unwrap(), "its connection may be late");
    maintain(&env).await;
    assert_eq!(ports.store().list::<RefreshedKey>().await.unwrap(), [RefreshedKey { program: 1001.into() }]);
}

#[tokio::test]
async fn an_unreadable_service_does_not_hide_the_others() {
    let env = connected().await;
    env.add_service("s2", "odd@x.test", &[]).await;
    env.ports().key_value.set("service:s2", b"{}".to_vec()).await.unwrap();
    assert_eq!(env.get("/catalog/programs").await.1["programs"].as_array().unwrap().len(), 1);
    let status = env.call("GET", "/flow-step/status", ("x-api-key", "marketo-key-of-the-tests"), Value::Null).await;
    assert_eq!((status.0, status.1["info"].as_array().unwrap().len()), (200, 1));
}

#[tokio::test]
async fn a_program_that_ended_long_ago_costs_the_tick_nothing_and_can_be_seen_and_connected_again() {
    let env = connected().await;
    let listed = async |query: &str| env.get(&format!("/catalog/programs{query}")).await.1["programs"].clone();
    maintain(&env).await;
    // The webinar was ten days ahead.
    env.memory.advance(SignedDuration::from_hours(46 * 24));
    // Zoom is asked once more whether the webinar was moved, before the program is archived.
    for _ in 0..62 {
        tick(&env).await;
        env.memory.advance(SignedDuration::from_mins(1));
    }
    assert_eq!(listed("").await, json!([]));
    assert_eq!(listed("?archived=true").await[0]["program_id"], "1001");
    assert_eq!(env.get(PROGRAM).await.1["webinar"]["topic"], "Webinar 9");
    assert_eq!(env.get("/catalog/programs?archived=perhaps").await.0, 400);
    let before = env.memory.accesses();
    tick(&env).await;
    let without_program = TestEnv::new().await;
    tick(&without_program).await;
    let other = without_program.memory.accesses();
    tick(&without_program).await;
    assert_eq!(env.memory.accesses() - before, without_program.memory.accesses() - other);

    env.add_webinar(10, |webinar| webinar.start_time = Some(env.now() + SignedDuration::from_hours(24)));
    assert_eq!(env.connect(10).await.0, 200);
    assert_eq!(
        (listed("").await[0]["webinar"]["id"].clone(), listed("?archived=true").await),
        (json!("10"), json!([]))
    );
}

#[tokio::test]
async fn a_listing_that_lacks_connections_deletes_nothing_of_them() {
    let env = connected().await;
    assert_eq!(env.admin("POST", &format!("{PROGRAM}/refresh"), Value::Null).await.0, 200);
    let kept = env.memory.dump();
    assert!(kept.contains_key("refreshed:1001"));
    env.memory.truncate_listings("program:");
    // No refresh is due any more that would write the record again.
    env.memory.advance(SignedDuration::from_hours(24 * 20));
    for _ in 0..3 {
        maintain(&env).await;
    }
    let left = env.memory.dump();
    assert!(kept.keys().all(|key| left.contains_key(key)), "{:?}", left.keys());
}
