//! The slots that joins are written to: when they run out, and when they end.

use super::{joined, joined_by, live};
use crate::tests::env::{TestEnv, WEBINAR, address};
use async_trait::async_trait;
use domain::records::{LiveJoin, LiveJoins, LiveJoinsKey, Record, ServiceState};
use domain::time::{SignedDuration, Timestamp};
use domain::{Email, RegistrantId};
use platform::Ports;
use platform::ports::{KeyValue, StoreError};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const SLOTS: usize = 64;

/// Writes a slot of an instance that added joins until an instant.
async fn put(env: &TestEnv, slot: usize, until: Timestamp, joins: Vec<LiveJoin>) {
    let record = LiveJoins { v: LiveJoins::VERSION, by: 7, until, joins };
    env.ports().store().put(&LiveJoinsKey { webinar: WEBINAR.into(), slot }, &record).await.unwrap();
}

fn seconds(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

/// Returns a join that nobody knows.
fn unknown(env: &TestEnv) -> LiveJoin {
    LiveJoin {
        at: env.now(),
        registrant: None,
        email: Email::parse("u@x.test").map(|email| email.hash()),
        leads: Vec::new(),
    }
}

fn live_records(env: &TestEnv) -> Vec<String> {
    env.memory.dump().into_keys().filter(|key| key.starts_with("live-")).collect()
}

async fn delete_all(env: &TestEnv) {
    for key in live_records(env) {
        env.ports().key_value.delete(&key).await.unwrap();
    }
}

#[tokio::test]
async fn r19_live_more_instances_than_slots_lose_no_one_while_marketo_is_down() {
    let mut env = live().await;
    let names: Vec<_> = (0..SLOTS + 6).map(|number| format!("r{number}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    env.push(&names).await;
    env.fail_marketo("611");
    for name in &names {
        env.restart(env.ports());
        env.advance(1);
        joined_by(&env, &[name]).await;
    }
    env.memory.kill_background();
    env.restore_marketo();
    env.tick_for(2).await;
    assert!(names.iter().all(|name| env.status(name) == "Attended"));
    assert!(env.live_keys("joins").is_empty());
}

#[tokio::test]
async fn r19_live_instances_that_end_after_a_few_joins_lose_no_one() {
    let env = live().await;
    let names: Vec<_> = (0..200).map(|number| format!("r{number}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    env.push(&names).await;
    let play = async {
        // Two and a half instances a second, each of which has a slot.
        for pair in names.chunks(2) {
            let instance = crate::router(env.ports());
            for name in pair {
                let body = joined(name, &env.registrant_id(name).unwrap(), env.now()).to_string().into_bytes();
                assert_eq!(env.signed_to(instance.clone(), body).await.0, 200);
            }
            env.ports().clock.sleep(SignedDuration::from_millis(400)).await;
        }
    };
    env.memory.run_with_background(play).await;
    let missing: Vec<_> = names.iter().filter(|name| env.status(name) != "Attended").collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(env.live_keys("joins").is_empty());
}

#[tokio::test]
async fn r19_live_a_join_without_a_slot_is_left_to_the_run_after_the_webinar() {
    let env = live().await;
    env.push(&["r1", "r2"]).await;
    for slot in 0..SLOTS {
        // Of another instance, full, or unreadable.
        match slot % 3 {
            0 => put(&env, slot, env.now() + seconds(10), vec![unknown(&env)]).await,
            1 => put(&env, slot, env.now() - seconds(20), vec![unknown(&env); 200]).await,
            _ => {
                let key = format!("live-joins:{WEBINAR}:{slot}");
                env.ports().key_value.set(&key, b"not a record".to_vec()).await.unwrap();
            }
        }
    }
    let before = env.memory.dump();
    joined_by(&env, &["r1"]).await;
    let slots = |store: std::collections::BTreeMap<String, Vec<u8>>| {
        store.into_iter().filter(|(key, _)| key.starts_with("live-joins")).collect::<Vec<_>>()
    };
    assert_eq!(slots(env.memory.dump()), slots(before));
    env.memory.kill_background();
    // It does not hold up the next one.
    env.ports().key_value.delete(&format!("live-joins:{WEBINAR}:9")).await.unwrap();
    joined_by(&env, &["r2"]).await;
    env.memory.run_background().await;
    assert_eq!((env.status("r1"), env.status("r2")), ("Registered".into(), "Attended".into()));
}

/// A store that takes no joins once it has failed.
struct FailingStore {
    inner: Arc<dyn KeyValue>,
    has_failed: Arc<AtomicBool>,
}

#[async_trait]
impl KeyValue for FailingStore {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.get(key).await
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> Result<(), StoreError> {
        if key.starts_with("live-joins:") && self.has_failed.load(Ordering::SeqCst) {
            return Err(StoreError("the store is full".to_owned()));
        }
        self.inner.set(key, value).await
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.inner.delete(key).await
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.inner.keys(prefix).await
    }
}

#[tokio::test]
async fn r19_live_an_event_whose_join_the_store_does_not_take_is_repeated() {
    let has_failed = Arc::new(AtomicBool::new(false));
    let failing = has_failed.clone();
    let mut env = live().await;
    env.push(&["r1"]).await;
    let ports = env.ports();
    env.restart(Ports {
        key_value: Arc::new(FailingStore { inner: ports.key_value.clone(), has_failed: failing }),
        ..ports
    });
    let event = joined("r1", &env.registrant_id("r1").unwrap(), env.now());
    for (is_failing, expected) in [(true, 500), (false, 200)] {
        has_failed.store(is_failing, Ordering::SeqCst);
        assert_eq!(env.event(&event).await.0, expected);
    }
    env.memory.run_background().await;
    assert_eq!((env.status("r1").as_str(), env.status_calls()), ("Attended", 1));
}

#[tokio::test]
async fn r19_live_a_slot_that_is_taken_over_during_a_batch_is_not_deleted() {
    let env = live().await;
    env.push(&["r1", "r2"]).await;
    let join = |name: &str| {
        let registrant = env.registrant_id(name).map(|id| RegistrantId::from(id.as_str()));
        let email = Email::parse(&address(name)).map(|email| email.hash());
        LiveJoin { at: env.now() - seconds(60), registrant, email, leads: Vec::new() }
    };
    put(&env, 3, env.now() - seconds(20), vec![join("r1")]).await;
    // Marketo answers after some retries.
    env.fail_next_status_calls("611", 3);
    env.tick().await;
    let takeover = async {
        env.ports().clock.sleep(SignedDuration::from_millis(200)).await;
        assert_eq!(env.status("r1"), "Registered");
        put(&env, 3, env.now() + seconds(15), vec![join("r1"), join("r2")]).await;
    };
    env.memory.run_with_background(takeover).await;
    assert_eq!((env.status("r1"), env.status("r2")), ("Attended".into(), "Attended".into()));
    assert!(env.live_keys("joins").is_empty());
}

#[tokio::test]
async fn a_slot_of_a_wrong_clock_keeps_no_worker_alive() {
    let env = live().await;
    env.push(&["r1"]).await;
    put(&env, 3, env.now() + SignedDuration::from_hours(24), Vec::new()).await;
    joined_by(&env, &["r1"]).await;
    let began = env.now();
    env.memory.run_background().await;
    assert!(env.live_keys("joins").is_empty() && env.now() < began + SignedDuration::from_mins(1));
}

#[tokio::test]
async fn r19_live_no_worker_goes_on_after_the_planned_time() {
    let env = live().await;
    env.push(&["r1", "r2"]).await;
    // Four hours after the planned end a session does not count any more.
    let end = env.now() + SignedDuration::from_hours(5);
    env.memory.advance(end.duration_since(env.now()) - seconds(30));
    let play = async {
        joined_by(&env, &["r1"]).await;
        // The slot of an instance whose owner stays.
        while env.now() < end + seconds(120) {
            put(&env, 3, env.now() + seconds(6), vec![unknown(&env)]).await;
            env.ports().clock.sleep(seconds(5)).await;
            let is_working = !env.live_keys("worker").is_empty();
            assert!(!is_working || env.now() < end + seconds(30), "{}", env.now().duration_since(end));
        }
    };
    env.memory.run_with_background(play).await;
    assert_eq!(env.status("r1"), "Attended");
    // Zoom repeats events, so that one from within the planned time comes late.
    env.ports().key_value.delete(&format!("live-joins:{WEBINAR}:3")).await.unwrap();
    let late = joined("r2", &env.registrant_id("r2").unwrap(), end - seconds(60));
    assert_eq!(env.event(&late).await.0, 200);
    env.memory.run_background().await;
    assert_eq!(env.status("r2"), "Attended");
    assert!(env.live_keys("joins").is_empty() && env.live_keys("worker").is_empty());
}

#[tokio::test]
async fn r17_an_instance_with_a_slot_writes_nothing_after_the_account_removed_the_app() {
    let env = live().await;
    env.push(&["r1", "r2"]).await;
    joined_by(&env, &["r1"]).await;
    env.set_service(ServiceState::Deauthorized, None).await;
    delete_all(&env).await;
    joined_by(&env, &["r2"]).await;
    env.memory.run_background().await;
    assert_eq!(live_records(&env), [""; 0]);
}

#[tokio::test]
async fn r17_a_batch_under_way_writes_nothing_after_the_account_removed_the_app() {
    let env = live().await;
    env.push(&["r1"]).await;
    env.register(&["r2"]).await;
    // The look-up of the second person takes seconds.
    env.fail_zoom("/v2/webinars/*/registrants/*", 500, json!({}));
    joined_by(&env, &["r1", "r2"]).await;
    let removal = async {
        env.ports().clock.sleep(SignedDuration::from_millis(10_500)).await;
        env.set_service(ServiceState::Deauthorized, None).await;
        delete_all(&env).await;
    };
    env.memory.run_with_background(removal).await;
    assert_eq!(live_records(&env), [""; 0]);
}

#[tokio::test]
async fn unreadable_records_of_a_webinar_under_way_end_with_the_second_sweep() {
    let env = live().await;
    let keys = ["joins:9:1", "done:9:0", "worker:9"].map(|key| format!("live-{key}"));
    for key in &keys {
        env.ports().key_value.set(key, b"not a record".to_vec()).await.unwrap();
    }
    let left = || keys.iter().filter(|key| env.memory.dump().contains_key(*key)).count();
    // The webinar is over, so that no worker is started.
    env.advance(6 * 60);
    env.tick().await;
    assert_eq!(left(), 3);
    env.advance(61);
    env.tick().await;
    assert_eq!(left(), 0);
}
