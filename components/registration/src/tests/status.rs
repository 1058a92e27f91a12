//! The console's queries: counts of a program, the trace of a person, health.

use super::fixture::{Fixture, PROGRAM, WEBINAR, email, lead, lead_id};
use crate::store::given_up;
use async_trait::async_trait;
use domain::records::{
    ActivityCursor, ActivityCursorKey, Outbox, OutboxId, OutboxKey, Record, RefusedCallback, RefusedCallbackKey,
};
use domain::{ErrorCode, Problem};
use fakes::support::{Effect, Fault};
use platform::Ports;
use platform::ports::{KeyValue, StoreError};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

async fn get(fixture: &Fixture, path: &str) -> Value {
    let (status, body) = fixture.send("GET", path, &Value::Null).await;
    assert_eq!(status, 200, "{body}");
    body
}

async fn trace(fixture: &Fixture, email: &str) -> Value {
    let request = json!({"program_id": PROGRAM, "email": email});
    let (status, body) = fixture.send("POST", "/registration/trace", &request).await;
    assert_eq!(status, 200, "{body}");
    body
}

/// Returns a lead without a last name, which never gets as far as the ledger.
fn nameless(id: u64) -> Value {
    let mut lead = lead(id);
    lead["objectContext"]["lastName"] = json!("");
    lead
}

#[tokio::test]
async fn counts_each_person_of_a_program_once() {
    let fixture = Fixture::new().await;
    assert_eq!(
        get(&fixture, "/registration/programs/1001").await,
        json!({"program_id": "1001", "registered": 0, "pending": 0, "cancelled": 0, "failed": 0, "waiting": 0, "reconciliation": null})
    );
    fixture.require_approval(true).await;
    fixture.submit("a", &[lead(1)]).await;
    fixture.require_approval(false).await;
    // Two more fit in.
    fixture.limit_registrants(3).await;
    fixture.submit("b", &[lead(2), lead(3), lead(4), nameless(5)]).await;
    fixture.accept("c", &[lead(6), lead(7)]).await;
    assert_eq!(
        get(&fixture, "/registration/programs/1001").await,
        json!({"program_id": "1001", "registered": 2, "pending": 1, "cancelled": 0, "failed": 2, "waiting": 2, "reconciliation": null})
    );
    // After a connection to another webinar the counts start at 0, except for failures, which are the program's.
    fixture.connect_to(WEBINAR + 1).await;
    let counts = get(&fixture, "/registration/programs/1001").await;
    assert_eq!((&counts["registered"], &counts["pending"], &counts["failed"]), (&json!(0), &json!(0), &json!(2)));
}

#[tokio::test]
async fn a_trace_shows_ledger_and_membership_and_writes_nothing() {
    let fixture = Fixture::new().await;
    fixture.set_members([1], "Registered");
    fixture.submit("a", &[lead(1)]).await;
    let before = fixture.memory.dump();
    let body = trace(&fixture, &email(1).to_uppercase().replace("EXAMPLE.COM", "example.com")).await;
    assert_eq!(body["pushed"]["outcome"], "registered");
    assert_eq!(trace(&fixture, &format!(" {} ", email(1))).await, body);
    let registrant = fixture.registrant(&email(1));
    let now = fixture.memory.ports().clock.now();
    assert_eq!(
        body,
        json!({
            "program_id": "1001", "webinar_id": "9001",
            "pushed": {
                "lead_id": lead_id(1).to_string(), "at": now, "outcome": "registered", "registrant_id": registrant.id,
                "code": null, "detail": null, "next_try": null, "adds_today": 1,
            },
            "failure": null, "waiting": false,
            "members": [{
                "lead_id": lead_id(1).to_string(), "status": "Registered", "link_written": true,
                "registrant_id": registrant.id,
            }],
            "marketo_problem": null,
        })
    );
    assert!(!body.to_string().contains(&registrant.join_url));
    assert_eq!(fixture.memory.dump(), before);
}

#[tokio::test]
async fn a_trace_shows_failures_waiting_leads_and_unknown_addresses() {
    let fixture = Fixture::new().await;
    fixture.set_members([1, 2, 3], "Registered");
    fixture.fill_webinar().await;
    fixture.submit("a", &[lead(1), nameless(2)]).await;
    fixture.accept("b", &[lead(3)]).await;
    let failed = trace(&fixture, &email(1)).await;
    assert_eq!((&failed["pushed"]["outcome"], &failed["pushed"]["code"]), (&json!("failed"), &json!("WEBINAR_FULL")));
    assert_eq!((&failed["members"][0]["link_written"], &failed["waiting"]), (&json!(false), &json!(false)));
    let recorded = trace(&fixture, &email(2)).await;
    assert_eq!((&recorded["pushed"], &recorded["failure"]["code"]), (&Value::Null, &json!("MISSING_FIELD")));
    let waiting = trace(&fixture, &email(3)).await;
    assert_eq!((&waiting["pushed"], &waiting["waiting"]), (&Value::Null, &json!(true)));
    let unknown = trace(&fixture, &email(9)).await;
    assert_eq!(
        (&unknown["pushed"], &unknown["failure"], &unknown["members"]),
        (&Value::Null, &Value::Null, &json!([]))
    );
}

#[tokio::test]
async fn marketo_unavailable_leaves_the_ledgers_part_of_a_trace() {
    let fixture = Fixture::new().await;
    fixture.submit("a", &[lead(1)]).await;
    fixture.marketo.faults().add(Fault::always("*", "/**", Effect::status(404)));
    let body = trace(&fixture, &email(1)).await;
    assert_eq!((&body["pushed"]["outcome"], &body["members"]), (&json!("registered"), &json!([])));
    assert_eq!(body["marketo_problem"]["code"], "MARKETO_UNAVAILABLE");
}

/// Adobe documents no host for callbacks, so the operator learns from health which one to allow.
#[tokio::test]
async fn health_names_a_refused_callback_address_until_it_is_allowed() {
    let mut fixture = Fixture::new().await;
    let mut chunk = fixture.chunk("a", &[lead(1)]);
    chunk["callbackUrl"] = json!("https://callbacks.example.com:8443/cb/1?secret=1");
    for _ in 0..2 {
        assert_eq!(fixture.send("POST", "/flow-step/submitAsyncAction", &chunk).await.0, 400);
    }
    let refused = json!({"origin": "https://callbacks.example.com:8443", "at": fixture.memory.ports().clock.now()});
    assert_eq!(get(&fixture, "/registration/health").await["refused_callback"], refused);
    // An address that is none names no server.
    chunk["callbackUrl"] = json!("nowhere");
    assert_eq!(fixture.send("POST", "/flow-step/submitAsyncAction", &chunk).await.0, 400);
    assert_eq!(get(&fixture, "/registration/health").await["refused_callback"], refused);
    fixture.memory.set("marketo_callback_url", "https://*.adobe.io, https://*.example.com:8443");
    let ports = fixture.memory.ports();
    fixture.restart(ports);
    assert_eq!(get(&fixture, "/registration/health").await["refused_callback"], Value::Null);
}

#[tokio::test]
async fn health_counts_the_outbox_and_the_listed_failures() {
    let fixture = Fixture::new().await;
    let empty = json!({"outbox": 0, "oldest": null, "failures": 0, "unreadable": 0, "refused_callback": null,
        "status_changes": null, "comparisons": {"every_minutes": 30, "marketo_calls_per_day": 0}});
    assert_eq!(get(&fixture, "/registration/health").await, empty);
    fixture.fill_webinar().await;
    fixture.submit("a", &[lead(1), nameless(2)]).await;
    let accepted = fixture.memory.ports().clock.now();
    fixture.accept("b", &[lead(3)]).await;
    fixture.memory.advance(domain::time::SignedDuration::from_secs(5));
    fixture.accept("c", &[lead(4)]).await;
    let health = get(&fixture, "/registration/health").await;
    assert_eq!(
        health,
        json!({"outbox": 2, "oldest": accepted, "failures": 2, "unreadable": 0, "refused_callback": null,
            "status_changes": null, "comparisons": empty["comparisons"]})
    );
    let listed = get(&fixture, "/registration/failures").await;
    assert_eq!(listed["failures"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn program_not_connected_invalid_request_and_unauthenticated_have_different_answers() {
    let fixture = Fixture::new().await;
    for (method, path, body, status, code) in [
        ("GET", "/registration/programs/7", Value::Null, 404, "PROGRAM_NOT_CONNECTED"),
        ("GET", "/registration/programs/x", Value::Null, 400, "INVALID_REQUEST"),
        ("POST", "/registration/trace", json!({"program_id": 7, "email": "a@x"}), 404, "PROGRAM_NOT_CONNECTED"),
        ("POST", "/registration/trace", json!({"program_id": PROGRAM, "email": "invalid"}), 400, "INVALID_REQUEST"),
        ("POST", "/registration/trace", json!({"program_id": PROGRAM}), 400, "INVALID_REQUEST"),
    ] {
        let (got, problem) = fixture.send(method, path, &body).await;
        assert_eq!((got, &problem["code"]), (status, &json!(code)), "{method} {path} {body}");
    }
    for (method, path) in
        [("GET", "/registration/programs/1001"), ("POST", "/registration/trace"), ("GET", "/registration/health")]
    {
        assert_eq!(fixture.send_as("wrong", method, path, &json!({})).await.0, 401, "{path}");
    }
}

#[tokio::test]
async fn what_the_operator_watches_is_counted_by_the_indexes() {
    let fixture = Fixture::new().await;
    fixture.memory.forbid_listings();
    let watch = async || fixture.send("POST", "/internal/watch", &Value::Null).await;
    let nothing = json!({
        "open_chunks": 0, "waiting_since": null, "failures": [], "uncounted_failures": 0, "unreadable": 0,
        "refused_callback": null, "is_quota_used_up": false,
    });
    assert_eq!(watch().await, (200, nothing));
    fixture.submit("a", &[nameless(1), nameless(2)]).await;
    let now = fixture.memory.ports().clock.now();
    fixture.accept("b", &[lead(3)]).await;
    let ports = fixture.memory.ports();
    let refused = RefusedCallback { v: RefusedCallback::VERSION, origin: "https://callback.example".into(), at: now };
    ports.store().put(&RefusedCallbackKey {}, &refused).await.unwrap();
    let problem = Some(Problem::of(ErrorCode::MarketoQuota));
    let cursor = ActivityCursor { v: ActivityCursor::VERSION, page_token: None, read_until: now, problem };
    ports.store().put(&ActivityCursorKey {}, &cursor).await.unwrap();
    let (status, shown) = watch().await;
    assert_eq!((status, &shown["open_chunks"], &shown["waiting_since"]), (200, &json!(1), &json!(now)));
    assert_eq!(shown["failures"], json!([["MISSING_FIELD", 2]]));
    assert_eq!((&shown["refused_callback"], &shown["is_quota_used_up"]), (&json!(refused.origin), &json!(true)));
}

/// A store that counts how many heads of chunks are read at once.
struct ConcurrentReads {
    inner: Arc<dyn KeyValue>,
    now: AtomicUsize,
    maximum: AtomicUsize,
}

#[async_trait]
impl KeyValue for ConcurrentReads {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        if key.starts_with("outbox:") {
            self.maximum.fetch_max(self.now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            self.now.fetch_sub(1, Ordering::SeqCst);
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

/// `attendance` waits for 3 seconds, and a read may take 10 milliseconds.
#[tokio::test]
async fn what_the_operator_watches_reads_given_up_chunks_side_by_side() {
    let mut fixture = Fixture::new().await;
    let ports = fixture.memory.ports();
    for number in 0..40 {
        let callback =
            json!({"url": format!("https://x.test/{number}"), "token": "t", "api_key": "k", "munchkin_id": "m"});
        let head = json!({
            "v": 1, "accepted_at": "2026-11-02T09:00:00Z", "claim": null, "runs": 1, "callback": callback, "program": null,
            "problem": {"code": "MARKETO_UNAVAILABLE", "detail": "No answer."}, "leads": [], "more_parts": 0,
        });
        let head: Outbox = serde_json::from_value(head).unwrap();
        let id = OutboxId::of(&head.callback, b"");
        ports.store().put(&OutboxKey { id: id.clone() }, &head).await.unwrap();
        given_up::add(&fixture.state(), &id).await.unwrap();
    }
    let (now, maximum) = Default::default();
    let reads = Arc::new(ConcurrentReads { inner: ports.key_value.clone(), now, maximum });
    fixture.restart(Ports { key_value: reads.clone(), ..ports });
    let (status, shown) = fixture.send("POST", "/internal/watch", &Value::Null).await;
    assert_eq!((status, &shown["failures"]), (200, &json!([["MARKETO_UNAVAILABLE", 40]])));
    assert_eq!(reads.maximum.load(Ordering::SeqCst), 16);
}

#[tokio::test]
async fn the_quota_is_not_used_up_once_nothing_is_polled() {
    let fixture = Fixture::new().await;
    let ports = fixture.memory.ports();
    let (now, problem) = (ports.clock.now(), Some(Problem::of(ErrorCode::MarketoQuota)));
    let cursor = ActivityCursor { v: ActivityCursor::VERSION, page_token: None, read_until: now, problem };
    ports.store().put(&ActivityCursorKey {}, &cursor).await.unwrap();
    let is_used_up = async || fixture.send("POST", "/internal/watch", &Value::Null).await.1["is_quota_used_up"].clone();
    assert_eq!(is_used_up().await, json!(true));
    fixture.tick().await;
    assert_eq!(is_used_up().await, json!(false));
    // Where reading begins again is not lost.
    let left = ports.store().get(&ActivityCursorKey {}).await.unwrap();
    assert_eq!(left, Some(ActivityCursor { problem: None, ..cursor }));
}
