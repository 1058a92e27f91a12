//! What the sweep deletes and what it keeps.

use super::env::{PROGRAM, TestEnv, WEBINAR};
use domain::records::{LastSweepKey, ProgramKey, Record, Sweep, WebinarEndedKey};
use domain::time::SignedDuration;

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
    // On a store that lags, the connection may show later than what depends on it.
    assert!(keys(&env).contains(&"1002".to_owned()), "{:?}", keys(&env));
    env.advance(61);
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
    put(&env, &format!("attendance:{PROGRAM}:registrants:0:0:0")).await;
    env.advance(58);
    env.tick().await;
    assert_eq!(keys(&env).len(), 4);
    env.advance(3);
    env.tick().await;
    assert_eq!(keys(&env).len(), 3);
}

#[tokio::test]
async fn no_request_and_no_tick_lists_the_store_but_one_an_hour() {
    let env = ended().await;
    env.tick().await;
    assert_eq!(env.memory.listings(), 1);
    for _ in 0..58 {
        env.advance(1);
        env.tick().await;
    }
    for path in ["", "/unmatched"] {
        let (status, body) = env.admin("GET", &format!("/attendance/programs/{PROGRAM}{path}")).await;
        assert_eq!(status, 200, "{body}");
    }
    assert_eq!(env.admin("GET", "/attendance/health").await.0, 200);
    env.trace("r1@x.test").await;
    env.sync().await;
    env.send_ended_event().await;
    env.memory.run_background().await;
    assert_eq!(env.memory.listings(), 1);
    env.advance(2);
    env.tick().await;
    assert_eq!(env.memory.listings(), 2);
}

#[tokio::test]
async fn a_sweep_without_end_is_not_repeated_every_minute_and_a_wrong_clock_does_not_stop_it() {
    let env = ended().await;
    // As if the sweep before had run out of time, or the clock had been wrong.
    for (at, listings) in [(env.now(), 0), (env.now() + SignedDuration::from_hours(48), 1)] {
        let ports = env.ports();
        let sweep = Sweep { v: Sweep::VERSION, at, orphans: Vec::new() };
        ports.store().put(&LastSweepKey {}, &sweep).await.unwrap();
        env.tick().await;
        assert_eq!(env.memory.listings(), listings);
    }
    env.advance(61);
    put(&env, "last:sweep").await;
    env.tick().await;
    assert_eq!(env.memory.listings(), 2, "an unreadable record counts as none");
}

#[tokio::test]
async fn r18_signals_that_cannot_be_read_stop_neither_the_program_nor_later_events() {
    let env = ended().await;
    for key in [format!("ended:{WEBINAR}"), format!("started:{WEBINAR}"), format!("sync-requested:{PROGRAM}")] {
        put(&env, &key).await;
    }
    assert_eq!(env.view().await["attended"], 1);
    assert_eq!(env.sync().await["attended"], 1);
    env.send_ended_event().await;
    let ports = env.ports();
    assert!(ports.store().get(&WebinarEndedKey { webinar: WEBINAR.into() }).await.unwrap().is_some());
}
