//! `POST /internal/forget-account` (R17).

use super::env::{PROGRAM, TestEnv};
use domain::records::{ProgramKey, ProgramsKey, RefreshedKey, RefreshedState};
use domain::time::SignedDuration;
use serde_json::{Value, json};

/// Connects program 1001 through `s1`, and writes connections of 1002 to 1004 through other services.
async fn connected() -> TestEnv {
    let env = TestEnv::new().await;
    env.add_webinar(9, |_| {});
    assert_eq!(env.connect(9).await.0, 200);
    let connections = env.ports();
    let connections = connections.connections();
    let of_program = connections.find(1001.into()).await.unwrap().unwrap();
    for (program, service, account) in
        [(1002, "gone", Some("x.test")), (1003, "gone", None), (1004, "s9", Some("x.test"))]
    {
        let mut connection = of_program.clone();
        connection.program = program.into();
        connection.service = service.into();
        connection.account_id = account.map(Into::into);
        connections.add(&connection).await.unwrap();
    }
    env
}

async fn forget(env: &TestEnv, seconds: i64) -> Value {
    let deadline = env.now() + SignedDuration::from_secs(seconds);
    let request = json!({"account": "x.test", "services": ["s1"], "kept_services": ["s9"], "deadline": deadline});
    let (status, body) = env.internal("/internal/forget-account", request).await;
    assert_eq!(status, 200, "{body}");
    body
}

async fn programs(env: &TestEnv) -> Vec<u64> {
    let index = env.ports().store().get(&ProgramsKey {}).await.unwrap().unwrap();
    let listed = env.ports().store().list::<ProgramKey>().await.unwrap().into_iter().map(|key| key.id).collect();
    let connections = env.ports().connections().all_stored(listed).await.unwrap();
    let mut stored: Vec<_> = connections.iter().map(|connection| connection.program.get()).collect();
    stored.sort_unstable();
    assert_eq!(index.ids.iter().map(|id| id.get()).collect::<Vec<_>>(), stored);
    stored
}

#[tokio::test]
async fn r17_deletes_the_connections_of_the_account_and_none_of_another() {
    let env = connected().await;
    assert_eq!(forget(&env, 10).await, json!({"deleted": 2, "complete": true}));
    // 1003 is of an unknown account, and 1004 of a service that was signed in since.
    assert_eq!(programs(&env).await, [1003, 1004]);
    assert_eq!(env.get(PROGRAM).await.0, 404);
    assert_eq!(forget(&env, 10).await, json!({"deleted": 0, "complete": true}));
}

#[tokio::test]
async fn r17_a_deletion_without_time_says_that_it_is_incomplete() {
    let env = connected().await;
    assert_eq!(forget(&env, 0).await, json!({"deleted": 0, "complete": false}));
    assert_eq!(programs(&env).await.len(), 4);
}

#[tokio::test]
async fn r17_an_unreadable_connection_does_not_keep_the_others() {
    let env = connected().await;
    let key = ProgramKey { id: 9.into() }.to_string();
    env.ports().key_value.set(&key, b"{\"v\":1}".to_vec()).await.unwrap();
    assert_eq!(forget(&env, 10).await, json!({"deleted": 2, "complete": true}));
    assert_eq!(programs(&env).await, [1003, 1004]);
}

#[tokio::test]
async fn r17_a_program_that_the_index_lacks_is_deleted() {
    let env = connected().await;
    env.ports().store().delete(&ProgramsKey {}).await.unwrap();
    assert_eq!(forget(&env, 10).await, json!({"deleted": 2, "complete": true}));
    let stored = env.ports().store().list::<ProgramKey>().await.unwrap();
    assert_eq!(stored.iter().map(|key| key.id.get()).collect::<Vec<_>>(), [1003, 1004]);
}

#[tokio::test]
async fn r17_what_a_refresh_wrote_after_its_program_was_disconnected_is_deleted() {
    let env = connected().await;
    let ports = env.ports();
    let refreshed = |program: u64| RefreshedKey { program: program.into() };
    let state = ports.store().get(&refreshed(1001)).await.unwrap().unwrap();
    for (program, service, account) in
        [(2001, "s1", "x.test"), (2002, "s9", "x.test"), (2003, "s1", "other"), (1003, "gone", "x.test")]
    {
        let left = RefreshedState { service: service.into(), account_id: Some(account.into()), ..state.clone() };
        ports.store().put(&refreshed(program), &left).await.unwrap();
    }
    // 1003 was connected to another webinar since.
    assert_eq!(forget(&env, 10).await, json!({"deleted": 5, "complete": true}));
    assert_eq!(ports.store().list::<RefreshedKey>().await.unwrap(), [refreshed(2002)]);
}
