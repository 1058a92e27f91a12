//! `POST /internal/forget-account` (R17).

use super::env::{PROGRAM, TestEnv, WEBINAR};
use axum::body::Body;
use domain::Component;
use domain::records::{AnyKey, Attendance, AttendanceKey, RecordKind, RecordSource, StoreKey};
use domain::time::SignedDuration;
use http::HeaderMap;
use serde_json::{Value, json};

/// The other account's program and its webinar.
const OTHER: (u64, u64) = (1002, 10);

async fn put(env: &TestEnv, key: &str) {
    assert!(AnyKey::parse(key).is_some(), "{key}");
    env.ports().key_value.set(key, b"{}".to_vec()).await.unwrap();
}

/// Writes all records of a program and its webinar.
async fn put_all(env: &TestEnv, (program, webinar): (u64, u64)) {
    for key in [
        format!("attendance:{program}"),
        format!("attendance:{program}:work"),
        format!("attendance:{program}:report:0:0:0"),
        format!("attendance:{program}:presences:0:0:1"),
        format!("sync-requested:{program}"),
        format!("ended:{webinar}"),
        format!("started:{webinar}"),
        format!("live-joins:{webinar}:3"),
        format!("live-done:{webinar}:0"),
        format!("live-worker:{webinar}"),
    ] {
        put(env, &key).await;
    }
}

/// Returns an environment with a program of the account, one of another, and a third without a connection.
async fn connected() -> TestEnv {
    let env = TestEnv::new().await;
    env.connect(OTHER.0, OTHER.1).await;
    let ports = env.ports();
    let mut other = ports.connections().find(OTHER.0.into()).await.unwrap().unwrap();
    (other.service, other.account_id) = ("s2".into(), Some("acc_2".into()));
    ports.connections().add(&other).await.unwrap();
    put_all(&env, (PROGRAM, WEBINAR)).await;
    put_all(&env, OTHER).await;
    put(&env, "attendance:1003").await;
    env
}

async fn forget(env: &TestEnv, seconds: i64) -> Value {
    let deadline = env.now() + SignedDuration::from_secs(seconds);
    let request = json!({"account": "acc", "services": ["s1"], "kept_services": ["s2"], "deadline": deadline});
    let body = Body::from(request.to_string());
    let (status, body) = env.call("POST", "/internal/forget-account", HeaderMap::new(), body).await;
    assert_eq!(status, 200, "{body}");
    body
}

/// Returns the keys of this component that belong to an account.
fn keys(env: &TestEnv) -> Vec<String> {
    let is_ours = |kind: RecordKind| kind.owner() == Component::Attendance && kind.is_of_account();
    let stored = env.memory.dump().into_keys();
    stored.filter(|key| AnyKey::parse(key).is_some_and(|key| is_ours(key.kind()))).collect()
}

#[tokio::test]
async fn r17_deletes_all_records_of_the_account_and_none_of_another() {
    let env = connected().await;
    let kinds: Vec<_> = keys(&env).iter().map(|key| AnyKey::parse(key).unwrap().kind()).collect();
    let owned = RecordKind::ALL.iter().filter(|kind| kind.owner() == Component::Attendance && kind.is_of_account());
    assert!(owned.into_iter().all(|kind| kinds.contains(kind)), "a kind without a record: {kinds:?}");
    assert_eq!(forget(&env, 10).await, json!({"deleted": 10, "complete": true}));
    assert_eq!(
        keys(&env),
        [
            "attendance:1002",
            "attendance:1002:presences:0:0:1",
            "attendance:1002:report:0:0:0",
            "attendance:1002:work",
            "attendance:1003",
            "ended:10",
            "live-done:10:0",
            "live-joins:10:3",
            "started:10",
            "sync-requested:1002",
        ]
    );
    // The connections are not this component's.
    assert_eq!(env.ports().connections().all().await.unwrap().len(), 2);
    assert_eq!(forget(&env, 10).await, json!({"deleted": 0, "complete": true}));
}

#[tokio::test]
async fn r17_the_signal_of_a_webinar_that_another_account_uses_is_kept() {
    let env = connected().await;
    env.change_connection(|connection| connection.snapshot.id = OTHER.1.into()).await;
    assert_eq!(forget(&env, 10).await, json!({"deleted": 5, "complete": true}));
    assert!(keys(&env).contains(&"ended:10".to_owned()));
}

/// Changes the record of a program so that it came about through a service of an account.
async fn set_source(env: &TestEnv, program: u64, webinar: u64, service: &str, account: &str) {
    let connection = env.ports().connections().find(PROGRAM.into()).await.unwrap().unwrap();
    let source = RecordSource { service: service.into(), account: Some(account.into()) };
    let record = Attendance {
        program: program.into(),
        webinar: webinar.into(),
        source: Some(source),
        ..Attendance::new(&connection)
    };
    env.ports().store().put(&AttendanceKey { program: program.into() }, &record).await.unwrap();
}

#[tokio::test]
async fn r17_the_attendance_of_disconnected_and_reconnected_programs_is_deleted() {
    let env = connected().await;
    // 1003 is disconnected, and the service that it was connected through is deleted. 1002 was connected to webinar 8 before.
    put_all(&env, (1003, 7)).await;
    put_all(&env, (1004, 6)).await;
    put(&env, "ended:8").await;
    set_source(&env, 1003, 7, "gone", "acc").await;
    set_source(&env, OTHER.0, 8, "s1", "acc").await;
    set_source(&env, 1004, 6, "s2", "acc_2").await;
    assert_eq!(forget(&env, 10).await["complete"], true);
    let left = keys(&env);
    let is_left = |key: &String| ["1004", ":6", ":10"].iter().any(|part| key.contains(part));
    assert!(left.iter().all(is_left), "{left:?}");
    assert_eq!(left.iter().filter(|key| key.contains("1004") || key.contains(":6")).count(), 9);
}

#[tokio::test]
async fn r17_a_deletion_that_runs_out_of_time_is_completed_by_the_next() {
    let env = connected().await;
    assert_eq!(forget(&env, 0).await, json!({"deleted": 0, "complete": false}));
    assert_eq!(keys(&env).len(), 19);
    assert_eq!(forget(&env, 10).await, json!({"deleted": 10, "complete": true}));
}
