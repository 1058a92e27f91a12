//! `GET /healthz`, `GET /metrics` and `GET /attendance/tick/{cron_path_key}`.

use super::env::{TestEnv, bearer};
use async_trait::async_trait;
use axum::body::{Body, to_bytes};
use domain::ErrorCode;
use domain::time::SignedDuration;
use http::{HeaderMap, Request};
use platform::Ports;
use platform::ports::{Clock, KeyValue, StoreError};
use platform::testing::in_memory::InMemoryPorts;
use serde_json::{Value, json};
use std::sync::Arc;
use tower::ServiceExt;

async fn get(env: &TestEnv, path: &str) -> (u16, Value) {
    env.call("GET", path, HeaderMap::new(), Body::empty()).await
}

#[tokio::test]
async fn the_tick_runs_by_the_key_in_its_path_and_says_nothing_else() {
    let env = TestEnv::new().await;
    for (keys, right) in
        [(None, ""), (Some(""), ""), (Some("first-path-key-long,second-path-key-long"), "second-path-key-long")]
    {
        if let Some(keys) = keys {
            env.memory.set("cron_path_key", keys);
        }
        for wrong in ["wrong", "cron", "admin", "", "second-path-key-lon", "first-path-key-long,second-path-key-long"] {
            let (status, body) = get(&env, &format!("/attendance/tick/{wrong}")).await;
            assert_eq!((status, &body["code"]), (404, &json!("NOT_FOUND")), "{keys:?} {wrong}");
        }
        if !right.is_empty() {
            let (status, body) = get(&env, &format!("/attendance/tick/{right}")).await;
            assert_eq!((status, &body["outbox"], &body["left"]), (200, &json!(3), &json!([])));
        }
    }
    // Wrong keys in paths count like those in headers, and are still not found.
    for _ in 0..60 {
        assert_eq!(get(&env, "/attendance/tick/wrong").await.0, 404);
    }
    assert_eq!(env.call("POST", "/attendance/tick", bearer("wrong"), Body::empty()).await.0, 429);
}

#[tokio::test]
async fn a_tick_names_the_components_that_did_not_answer() {
    let env = TestEnv::new().await;
    assert_eq!(env.tick().await["left"], json!([]));
    env.components().failing.extend(["registration", "oauth"]);
    assert_eq!(env.tick().await["left"], json!(["oauth", "registration"]));
}

/// A store that fails, or does not answer.
struct BrokenStore {
    clock: Arc<dyn Clock>,
    delay: SignedDuration,
    fails: bool,
    inner: Arc<dyn KeyValue>,
}

impl BrokenStore {
    async fn answer(&self) -> Result<(), StoreError> {
        self.clock.sleep(self.delay).await;
        if self.fails { Err(StoreError("disk on fire".to_owned())) } else { Ok(()) }
    }
}

#[async_trait]
impl KeyValue for BrokenStore {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.get(key).await
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> Result<(), StoreError> {
        self.answer().await?;
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
async fn health_is_ok_while_the_store_is_written_within_two_seconds() {
    for (seconds, fails, expected) in [(0, false, 200), (1, false, 200), (3, false, 503), (0, true, 503)] {
        let memory = InMemoryPorts::default();
        let ports = memory.ports();
        let (clock, inner) = (ports.clock.clone(), ports.key_value.clone());
        let store = BrokenStore { clock, delay: SignedDuration::from_secs(seconds), fails, inner };
        let router = crate::router(Ports { key_value: Arc::new(store), ..ports });
        // A store that failed is written to again, however soon.
        for _ in 0..2 {
            let request = Request::get("/healthz").body(Body::empty()).unwrap();
            let response = router.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), expected, "{seconds} {fails}");
            let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
            let body: Value = serde_json::from_slice(&body).unwrap();
            if expected == 200 {
                assert_eq!(body, json!({"status": "ok"}));
            } else {
                assert_eq!((&body["status"], &body["code"]), (&json!(503), &json!("INTERNAL")));
                assert!(!body.to_string().contains("fire"));
            }
        }
    }
}

#[tokio::test]
async fn health_checks_write_every_few_seconds_at_most() {
    let env = TestEnv::new().await;
    let probes = async || {
        assert_eq!(get(&env, "/healthz").await, (200, json!({"status": "ok"})));
        env.memory.dump()["last:health-probe"].clone()
    };
    let first = probes().await;
    env.memory.advance(SignedDuration::from_secs(2));
    assert_eq!(probes().await, first);
    env.memory.advance(SignedDuration::from_secs(1));
    assert_ne!(probes().await, first);
}

#[tokio::test]
async fn metrics_count_by_the_indexes_for_the_admin_and_the_scheduler() {
    let env = TestEnv::new().await;
    env.tick().await;
    env.advance(2);
    {
        let watch = &mut env.components().watch;
        (watch.open_chunks, watch.unreadable, watch.uncounted_failures) = (3, 2, 7);
        watch.failures = vec![(ErrorCode::DailyLimit, 4)];
    }
    env.memory.forbid_listings();
    let metrics = async |key: &str| {
        let mut request = Request::get("/metrics").body(Body::empty()).unwrap();
        request.headers_mut().extend(bearer(key));
        let response = env.router().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
        String::from_utf8(to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec()).unwrap()
    };
    let text = metrics("cron-key-of-the-tests").await;
    assert_eq!(text, metrics("admin-key-of-the-tests").await);
    for line in [
        "zoom_for_marketo_last_tick_age_seconds 120",
        "zoom_for_marketo_open_alerts 0",
        "zoom_for_marketo_programs{phase=\"waiting\"} 1",
        "zoom_for_marketo_programs{phase=\"failed\"} 0",
        "zoom_for_marketo_registration_up 1",
        "zoom_for_marketo_open_chunks 3",
        "zoom_for_marketo_failures{code=\"DAILY_LIMIT\"} 4",
        "zoom_for_marketo_failures{code=\"UNCOUNTED\"} 7",
        "zoom_for_marketo_unreadable_records 2",
        // The question itself. The second scrape does not ask again.
        "zoom_for_marketo_marketo_calls_today 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in:\n{text}");
    }
    assert!(!text.contains("zoom_event_age_seconds 1"), "there was no event:\n{text}");
    env.components().failing.insert("registration");
    let text = metrics("cron-key-of-the-tests").await;
    assert!(text.contains("registration_up 0") && !text.contains("open_chunks"), "{text}");
}

#[tokio::test]
async fn metrics_ask_marketo_once_in_ten_minutes_in_the_whole_deployment() {
    let mut env = TestEnv::new().await;
    for (minutes, calls) in [(0, 1), (1, 1), (8, 1), (1, 2), (9, 2)] {
        env.advance(minutes);
        // Spin ends an instance soon after a request.
        env.restart(env.ports());
        let request = Request::get("/metrics").header("authorization", "Bearer cron-key-of-the-tests");
        let response = env.router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert!(text.contains(&format!("zoom_for_marketo_marketo_calls_today {calls}\n")), "{minutes}: {text}");
        assert_eq!(env.marketo.log().count("GET", "/rest/v1/stats/usage.json"), calls, "{minutes}");
    }
}

#[tokio::test]
async fn metrics_ask_a_marketo_that_does_not_answer_once_in_ten_minutes_too() {
    let env = TestEnv::new().await;
    env.fail_marketo("607");
    let scrape = async || {
        env.advance(1);
        let request = Request::get("/metrics").header("authorization", "Bearer cron-key-of-the-tests");
        let response = env.router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        assert!(!String::from_utf8(body.to_vec()).unwrap().contains("\nzoom_for_marketo_marketo_calls_today"));
        env.marketo.log().count("GET", "/rest/v1/stats/usage.json")
    };
    let calls = scrape().await;
    assert!(calls > 0);
    for _ in 0..9 {
        assert_eq!(scrape().await, calls);
    }
    assert!(scrape().await > calls);
}
