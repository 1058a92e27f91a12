//! What the sweep deletes and what it keeps.

use super::env::{PROGRAM, TestEnv};
use domain::records::ProgramKey;

async fn ended() -> TestEnv {
    let env = TestEnv::new().await;
    env.register(&["r1", "r2"]).await;
    env.member("r1", "Registered", "r1");
    env.end_webinar(&["r1"]).await;
    env.sync().await;
    // As if a worker had been killed while it deleted its pages.
    put(&env, &format!("attendance:{PROGRAM}:registrants:0:0:0")).await;
    env
}

async fn put(env: &TestEnv, key: &str) {
    env.ports().key_value.set(key, b"{}".to_vec()).await.unwrap();
}

fn keys(env: &TestEnv) -> Vec<String> {
    env.memory.dump().into_keys().filter_map(|key| key.strip_prefix("attendance:").map(str::to_owned)).collect()
}

#[tokio::test]
async fn pages_with_personal_data_do_not_outlast_the_run() {
    let env = ended().await;
    env.tick().await;
    assert_eq!(keys(&env), ["1001", "1001:presences:2:0:0", "1001:work"]);
    // The presences are kept for a month.
    env.advance(31 * 24 * 60);
    env.tick().await;
    assert_eq!(keys(&env), ["1001"]);
}

#[tokio::test]
async fn records_are_deleted_when_a_program_is_disconnected_but_not_when_it_is_unreadable() {
    let env = ended().await;
    put(&env, "attendance:1002").await;
    put(&env, "attendance:1002:report:0:0:0").await;
    let connection = ProgramKey { id: PROGRAM.into() }.to_string();
    env.ports().key_value.set(&connection, b"not a record".to_vec()).await.unwrap();
    env.tick().await;
    assert!(keys(&env).iter().all(|key| key.starts_with("1001")), "{:?}", keys(&env));
    assert!(keys(&env).contains(&"1001".to_owned()));
}

#[tokio::test]
async fn the_sweep_runs_once_an_hour_and_not_while_a_worker_is_active() {
    let env = ended().await;
    env.set_lease(10).await;
    env.tick().await;
    assert_eq!(keys(&env).len(), 4);
    env.advance(1);
    env.tick().await;
    assert_eq!(keys(&env).len(), 3);
    put(&env, "attendance:1002").await;
    env.advance(58);
    env.tick().await;
    assert_eq!(keys(&env).len(), 4);
    env.advance(3);
    env.tick().await;
    assert_eq!(keys(&env).len(), 3);
}
