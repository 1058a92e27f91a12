//! Outages, crashes, and two replicas.

use super::{joined, joined_by, live};
use crate::tests::env::{PROGRAM, TestEnv, WEBINAR};
use async_trait::async_trait;
use axum::body::Body;
use domain::records::{Lease, ServiceState};
use domain::time::SignedDuration;
use http::HeaderMap;
use marketo_client::BATCH;
use platform::Ports;
use platform::ports::{KeyValue, StoreError};
use platform::retry::MAX_ATTEMPTS;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

#[tokio::test]
async fn r19_live_after_a_crash_the_tick_of_a_new_instance_writes_who_joined() {
    let mut env = live().await;
    env.push(&["r1", "r2"]).await;
    joined_by(&env, &["r1", "r2"]).await;
    env.restart(env.ports());
    assert_eq!(env.status("r1"), "Registered");
    env.advance(1);
    env.tick().await;
    env.memory.run_background().await;
    assert_eq!((env.status("r1"), env.status("r2"), env.status_calls()), ("Attended".into(), "Attended".into(), 1));
    assert!(env.live_keys("joins").is_empty());
}

#[tokio::test]
async fn r19_live_the_tick_retries_while_marketo_is_down() {
    let env = live().await;
    env.push(&["r1"]).await;
    env.fail_marketo("611");
    joined_by(&env, &["r1"]).await;
    env.memory.run_background().await;
    env.tick_for(2).await;
    assert_eq!((env.status("r1").as_str(), env.live_keys("joins").len()), ("Registered", 1));
    env.restore_marketo();
    env.tick_for(2).await;
    assert_eq!((env.status("r1").as_str(), env.live_keys("joins").len()), ("Attended", 0));
}

#[tokio::test]
async fn r19_live_a_batch_that_marketo_did_not_take_is_repeated_without_a_tick() {
    let env = with_broken_program().await;
    let lead = env.leads("r1@x.test")[0];
    env.add_member(1002, lead, "Registered", "");
    // As many failures as a call has attempts.
    env.fail_next_calls_of(1002, "611", MAX_ATTEMPTS);
    joined_by(&env, &["r1"]).await;
    env.memory.run_background().await;
    assert_eq!((env.status("r1").as_str(), env.status_in(1002, "r1").as_str()), ("Attended", "Attended"));
    assert!(env.live_keys("joins").is_empty());
    // The program that took the batch at first gets no second call.
    assert_eq!(env.status_calls_of(PROGRAM), 1);
}

/// A store whose read of a slot fails some times.
struct FailingReads {
    inner: Arc<dyn KeyValue>,
    left: Arc<AtomicUsize>,
}

#[async_trait]
impl KeyValue for FailingReads {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let decrement = |left: usize| left.checked_sub(1);
        if key.starts_with("live-joins:") && self.left.fetch_update(SeqCst, SeqCst, decrement).is_ok() {
            return Err(StoreError("the store is busy".to_owned()));
        }
        self.inner.get(key).await
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> Result<(), StoreError> {
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
async fn r19_live_a_worker_survives_an_error_of_the_store() {
    let mut env = live().await;
    env.push(&["r1"]).await;
    let (ports, left) = (env.ports(), Arc::new(AtomicUsize::new(0)));
    env.restart(Ports {
        key_value: Arc::new(FailingReads { inner: ports.key_value.clone(), left: left.clone() }),
        ..ports
    });
    joined_by(&env, &["r1"]).await;
    left.store(3, SeqCst);
    env.memory.run_background().await;
    assert_eq!((env.status("r1").as_str(), env.live_keys("joins").len()), ("Attended", 0));
}

#[tokio::test]
async fn r19_live_people_do_not_wait_behind_the_attendance_of_many() {
    let mut env = TestEnv::new().await;
    env.set_live(PROGRAM, true).await;
    env.push(&["r1", "r2"]).await;
    // Each page of two members is a call, so that the attendance of these needs more calls than its rate limit admits
    // at once.
    for number in 0..120 {
        env.member(&format!("m{number}"), "Registered", "");
    }
    env.end_webinar(&["r2"]).await;
    env.advance(30);
    env.receive_events(true);
    let play = async {
        joined_by(&env, &["r1"]).await;
        env.ports().clock.sleep(SignedDuration::from_secs(13)).await;
        assert_eq!(env.status("r1"), "Attended");
    };
    let (calls, both) = (env.marketo_calls(), futures::future::join(env.tick(), play));
    env.memory.run_with_background(both).await;
    assert!(env.marketo_calls() > calls + 50, "attendance has to wait for its rate limit");
}

#[tokio::test]
async fn r19_live_an_outage_of_zoom_delays_only_whom_the_ledger_does_not_know() {
    let env = live().await;
    env.push(&["r1"]).await;
    env.register(&["r2"]).await;
    env.member("r2", "Registered", "r2");
    env.fail_zoom("/v2/webinars/*/registrants/*", 500, json!({}));
    joined_by(&env, &["r2", "r1"]).await;
    env.memory.run_background().await;
    assert_eq!((env.status("r1"), env.status("r2")), ("Attended".into(), "Registered".into()));
    env.restore_zoom();
    env.tick_for(2).await;
    assert_eq!((env.status("r2").as_str(), env.status_calls()), ("Attended", 2));
}

#[tokio::test]
async fn r19_live_two_replicas_lose_no_one_and_write_each_person_once() {
    let env = live().await;
    let names: Vec<_> = (0..20).map(|number| format!("r{number}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    env.push(&names).await;
    let other = crate::router(env.ports());
    let events = names.iter().enumerate().map(|(index, name)| {
        let body = joined(name, &env.registrant_id(name).unwrap(), env.now()).to_string().into_bytes();
        let router = if index % 2 == 0 { env.router() } else { other.clone() };
        let env = &env;
        async move { assert_eq!(env.signed_to(router, body).await.0, 200) }
    });
    env.memory.run_with_background(futures::future::join_all(events)).await;
    assert!(names.iter().all(|name| env.status(name) == "Attended"));
    assert_eq!((env.status_calls(), env.status_changes().len()), (1, names.len()));
    assert!(env.live_keys("joins").is_empty());
}

#[tokio::test]
async fn r1_live_nothing_is_written_for_a_service_that_cannot_be_used() {
    let env = live().await;
    env.push(&["r1"]).await;
    env.set_service(ServiceState::Superseded, None).await;
    joined_by(&env, &["r1"]).await;
    env.memory.run_background().await;
    assert_eq!((env.status("r1").as_str(), env.marketo_calls()), ("Registered", 0));
    // Once the service can be used again, the tick finds the person.
    env.set_service(ServiceState::Active, None).await;
    env.tick_for(2).await;
    assert_eq!((env.status("r1").as_str(), env.live_keys("joins").len()), ("Attended", 0));
}

/// Returns an environment with two programs that watch the webinar, the broken one first.
async fn with_broken_program() -> TestEnv {
    let mut env = TestEnv::new().await;
    env.connect(1002, WEBINAR).await;
    env.set_live(1002, true).await;
    env.set_live(PROGRAM, true).await;
    env.receive_events(true);
    env.start_session().await;
    env.push(&["r1", "r2"]).await;
    env
}

#[tokio::test]
async fn r19_live_a_program_that_marketo_refuses_does_not_stop_the_others() {
    // The first refusal lasts, the second one is worth a retry.
    for (code, left) in [("610", 0), ("611", 1)] {
        let env = with_broken_program().await;
        env.fail_program(1002, code);
        joined_by(&env, &["r1"]).await;
        env.memory.run_background().await;
        assert_eq!((env.status("r1").as_str(), env.live_keys("joins").len()), ("Attended", left), "{code}");
        env.restore_marketo();
        env.add_member(1002, env.leads("r1@x.test")[0], "Invited", "");
        env.tick_for(2).await;
        let expected = if left == 1 { "Attended" } else { "Invited" };
        assert_eq!((env.status_in(1002, "r1").as_str(), env.live_keys("joins").len()), (expected, 0), "{code}");
    }
}

#[tokio::test]
async fn r22_live_a_program_whose_record_cannot_be_read_does_not_stop_the_others() {
    let env = with_broken_program().await;
    env.ports().key_value.set("attendance:1002", b"not a record".to_vec()).await.unwrap();
    joined_by(&env, &["r1"]).await;
    env.memory.run_background().await;
    assert_eq!((env.status("r1").as_str(), env.live_keys("joins").len()), ("Attended", 0));
}

#[tokio::test]
async fn r19_live_a_refusal_of_zoom_that_lasts_is_no_outage() {
    for (status, message) in [(400, "Invalid."), (403, "No access."), (429, "You have reached the daily rate limit.")] {
        let env = live().await;
        env.register(&["r1"]).await;
        env.member("r1", "Registered", "r1");
        env.fail_zoom("/v2/webinars/*/registrants/*", status, json!({"code": 300, "message": message}));
        joined_by(&env, &["r1"]).await;
        env.memory.run_background().await;
        assert!(env.live_keys("joins").is_empty() && env.live_keys("worker").is_empty(), "{status}");
        assert_eq!(env.zoom_calls("/registrants/"), 1, "{status}");
    }
}

#[tokio::test]
async fn r19_live_events_start_workers_again_seconds_after_an_outage_of_zoom_was_seen() {
    let env = live().await;
    env.push(&["r1"]).await;
    env.register(&["r2"]).await;
    env.member("r2", "Registered", "r2");
    env.fail_zoom("/v2/webinars/*/registrants/*", 500, json!({}));
    joined_by(&env, &["r2"]).await;
    env.memory.run_background().await;
    env.memory.advance(SignedDuration::from_secs(6));
    joined_by(&env, &["r1"]).await;
    env.memory.run_background().await;
    assert_eq!((env.status("r1"), env.status("r2")), ("Attended".into(), "Registered".into()));
    // The run after the webinar finds who is not recognised within minutes.
    env.tick_for(8).await;
    assert_eq!((env.status("r2").as_str(), env.live_keys("joins").len()), ("Registered", 0));
}

#[tokio::test]
async fn r19_live_an_outage_of_zoom_delays_no_one_behind_many_unknown_registrants() {
    let env = live().await;
    env.push(&["r1"]).await;
    env.fail_zoom("/v2/webinars/*/registrants/*", 500, json!({}));
    for number in 0..3 * BATCH {
        let event = joined(&format!("u{number}"), &format!("id{number}"), env.now());
        assert_eq!(env.event(&event).await.0, 200);
    }
    joined_by(&env, &["r1"]).await;
    let began = env.now();
    env.memory.run_background().await;
    assert_eq!(env.status("r1"), "Attended");
    assert!(env.now() < began + SignedDuration::from_secs(30), "no worker follows while Zoom is down");
}

/// Returns the lease of a worker that crashed.
fn lease_of(env: &TestEnv) -> Vec<u8> {
    serde_json::to_vec(&Lease::new(7, env.now())).unwrap()
}

#[tokio::test]
async fn records_of_a_webinar_under_way_end_with_the_account_or_with_the_sweep() {
    for is_removed in [true, false] {
        let env = live().await;
        env.push(&["r1"]).await;
        joined_by(&env, &["r1"]).await;
        env.memory.run_background().await;
        joined_by(&env, &["r1"]).await;
        env.memory.kill_background();
        env.ports().key_value.set(&format!("live-worker:{WEBINAR}"), lease_of(&env)).await.unwrap();
        assert_eq!((env.live_keys("joins").len(), env.live_keys("done").len()), (1, 1));
        if is_removed {
            let deadline = env.now() + SignedDuration::from_secs(20);
            let request = json!({"account": "acc", "services": ["s1"], "kept_services": [], "deadline": deadline});
            let body = Body::from(request.to_string());
            assert_eq!(env.call("POST", "/internal/forget-account", HeaderMap::new(), body).await.0, 200);
        } else {
            env.set_live(PROGRAM, false).await;
            env.advance(50 * 60);
            env.tick().await;
        }
        assert!(["joins", "done", "worker"].iter().all(|kind| env.live_keys(kind).is_empty()), "{is_removed}");
    }
}
