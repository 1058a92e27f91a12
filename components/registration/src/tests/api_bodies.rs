//! Snapshots of the bodies of the public API. A difference is a change of the contract (docs/API.md); after a wanted one
//! `INSTA_UPDATE=always cargo test -p registration api_bodies` writes them.

use super::fixture::{Fixture, PROGRAM, email, lead, lead_id};
use super::peers::{CALLBACKS, MEMBERS, REGISTRANTS, marketo_error};
use domain::time::SignedDuration;
use fakes::support::{Effect, Fault};
use insta::assert_json_snapshot;
use serde_json::{Map, Value, json};

/// Returns the status with the body.
fn shown((status, body): (u16, Value)) -> Value {
    json!({"status": status, "body": body})
}

async fn get(fixture: &Fixture, path: &str) -> Value {
    shown(fixture.send("GET", path, &Value::Null).await)
}

async fn post(fixture: &Fixture, path: &str, body: &Value) -> Value {
    shown(fixture.send("POST", path, body).await)
}

/// Returns the webhook's request for a lead.
fn webhook(number: u64) -> Value {
    json!({
        "program_id": PROGRAM, "lead_id": lead_id(number), "email": email(number), "first_name": "F", "last_name": "L",
        "status": "Registered",
    })
}

/// Returns a lead without a last name.
fn nameless(number: u64) -> Value {
    let mut lead = lead(number);
    lead["objectContext"]["lastName"] = json!("");
    lead
}

#[tokio::test]
async fn outcomes_of_the_webhook_match_their_snapshot() {
    let fixture = Fixture::new().await;
    let call = async |body: &Value| post(&fixture, "/registration/webhook", body).await;
    let with = |number: u64, field: &str, value: Value| {
        let mut body = webhook(number);
        body[field] = value;
        body
    };
    let mut outcomes = Map::new();
    let mut add = |name: &str, answer: Value| assert!(outcomes.insert(name.to_owned(), answer).is_none());
    add("registered", call(&webhook(1)).await);
    add("registered again", call(&webhook(1)).await);
    fixture.require_approval(true).await;
    add("pending", call(&webhook(2)).await);
    fixture.require_approval(false).await;
    add("skipped", call(&with(3, "status", json!("Invited"))).await);
    add("failed for want of a name", call(&with(4, "last_name", Value::Null)).await);
    add("failed in an unconnected program", call(&with(5, "program_id", json!(7))).await);
    add("rejected by the extension", call(&with(6, "last_name", json!("Blocked"))).await);
    fixture.limit_registrants(2).await;
    add("failed at Zoom", call(&webhook(7)).await);
    fixture.limit_registrants(0).await;
    fixture.connect("none").await;
    add("registration not required", call(&webhook(8)).await);
    fixture.connect("automatic").await;
    fixture.zoom.faults().add(Fault::always("POST", REGISTRANTS, Effect::status(500)));
    add("deferred by Zoom", call(&webhook(9)).await);
    fixture.zoom.faults().clear();
    fixture.marketo.faults().add(Fault::once("POST", MEMBERS, marketo_error("607")));
    add("deferred by Marketo", call(&webhook(10)).await);
    fixture.service("needs-sign-in").await;
    add("deferred by the service", call(&webhook(11)).await);
    add("no JSON object", call(&json!("text")).await);
    add("no lead", call(&json!({ "program_id": PROGRAM })).await);
    assert_json_snapshot!("webhook", outcomes);
}

#[tokio::test]
async fn failures_and_retries_match_their_snapshots() {
    let fixture = Fixture::new().await;
    fixture.fill_webinar().await;
    fixture.submit("full", &[lead(1), nameless(2)]).await;
    fixture.memory.advance(SignedDuration::from_mins(1));
    fixture.service("needs-sign-in").await;
    fixture.send("POST", "/registration/webhook", &webhook(3)).await;
    fixture.service("active").await;
    // Marketo refuses the callback of the next chunk for good.
    fixture.marketo.faults().add(Fault::always("POST", CALLBACKS, Effect::status(403)));
    fixture.submit("refused", &[lead(4)]).await;
    for _ in 0..10 {
        fixture.memory.advance(SignedDuration::from_mins(2));
        fixture.tick().await;
    }
    assert_json_snapshot!("failures", get(&fixture, "/registration/failures").await);
    fixture.limit_registrants(0).await;
    let retry = json!({ "program_id": PROGRAM });
    assert_json_snapshot!("retry", post(&fixture, "/registration/failures/retry", &retry).await);
}

#[tokio::test]
async fn counts_trace_and_health_match_their_snapshots() {
    let fixture = Fixture::new().await;
    fixture.submit("a", &[lead(1), nameless(2)]).await;
    fixture.require_approval(true).await;
    fixture.submit("b", &[lead(3)]).await;
    fixture.limit_registrants(2).await;
    fixture.submit("c", &[lead(4)]).await;
    fixture.accept("d", &[lead(5)]).await;
    assert_json_snapshot!("program", get(&fixture, "/registration/programs/1001").await);
    assert_json_snapshot!("health", get(&fixture, "/registration/health").await);
    let trace = async |email: String| {
        let request = json!({"program_id": PROGRAM, "email": email});
        post(&fixture, "/registration/trace", &request).await
    };
    let mut traces = Map::new();
    for (name, number) in
        [("registered", 1), ("never tried", 2), ("pending", 3), ("failed", 4), ("waiting", 5), ("no member", 6)]
    {
        traces.insert(name.to_owned(), trace(email(number)).await);
    }
    fixture.marketo.faults().add(Fault::always("*", "/**", Effect::status(404)));
    traces.insert("without Marketo".to_owned(), trace(email(1)).await);
    assert_json_snapshot!("traces", traces);
}

#[tokio::test]
async fn problems_match_their_snapshot() {
    let fixture = Fixture::new().await;
    let chunk = |change: &dyn Fn(&mut Value)| {
        let mut chunk = json!({
            "token": "t", "apiCallBackKey": "k", "callbackUrl": "http://marketo.test/callback/run-0001/0",
            "objectData": [lead(1)],
        });
        change(&mut chunk);
        chunk
    };
    let submit = async |body: &Value| post(&fixture, "/flow-step/submitAsyncAction", body).await;
    let mut problems = Map::new();
    let mut add = |request: &str, problem: Value| assert!(problems.insert(request.to_owned(), problem).is_none());
    add("submit: accepted", submit(&chunk(&|_| ())).await);
    add("submit: no JSON object", submit(&json!([])).await);
    add("submit: token of a wrong type", submit(&chunk(&|chunk| chunk["token"] = json!(7))).await);
    add("submit: no leads", submit(&chunk(&|chunk| chunk["objectData"] = json!([]))).await);
    add("submit: leads of a wrong type", submit(&chunk(&|chunk| chunk["objectData"] = json!(7))).await);
    let evil = |chunk: &mut Value| chunk["callbackUrl"] = json!("http://evil.test/callback");
    add("submit: callback to another host", submit(&chunk(&evil)).await);
    let long = |chunk: &mut Value| chunk["apiCallBackKey"] = json!("k".repeat(20_000));
    add("submit: long key", submit(&chunk(&long)).await);
    for (method, path, body) in [
        ("POST", "/registration/failures/retry", json!({"program_id": 7})),
        ("POST", "/registration/failures/retry", json!({"program_id": "x"})),
        ("GET", "/registration/programs/7", Value::Null),
        ("GET", "/registration/programs/x", Value::Null),
        ("POST", "/registration/trace", json!({"program_id": 7, "email": "a@x"})),
        ("POST", "/registration/trace", json!({"program_id": PROGRAM, "email": "invalid"})),
        ("GET", "/registration/nowhere", Value::Null),
        ("GET", "/registration/webhook", Value::Null),
    ] {
        let request = if body.is_null() { format!("{method} {path}") } else { format!("{method} {path} {body}") };
        add(&request, shown(fixture.send(method, path, &body).await));
    }
    add("wrong key", shown(fixture.send_as("wrong", "GET", "/registration/failures", &Value::Null).await));
    assert_json_snapshot!("problems", problems);
}
