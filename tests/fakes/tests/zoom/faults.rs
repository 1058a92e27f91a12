//! Faults, the request log and the control calls over HTTP.

use std::time::{Duration, Instant};

use fakes::support::{DropWhen, Effect, Fault};
use fakes::zoom::{NewWebinar, Options};
use serde_json::{Value, json};

use crate::app::{App, person};

const REGISTRANTS: &str = "/v2/webinars/*/registrants";

async fn try_register(app: &App, id: u64) -> reqwest::Result<reqwest::Response> {
    let url = format!("{}/v2/webinars/{id}/registrants", app.zoom.url());
    app.http.post(url).bearer_auth(&app.access).json(&person("bo@x.com")).send().await
}

#[tokio::test]
async fn dropped_connection_executes_the_request_or_not() {
    let app = App::start().await;
    for (when, registered) in [(DropWhen::Before, 0), (DropWhen::After, 1)] {
        let id = app.webinar(NewWebinar::default());
        app.zoom.faults().add(Fault::once("POST", REGISTRANTS, Effect::Drop { drop: when }));
        let error = try_register(&app, id).await.unwrap_err();
        assert!(error.status().is_none(), "no answer at all: {error:?}");
        assert_eq!(app.zoom.webinar(id).unwrap().registrants.len(), registered);
        let entry = app.zoom.log().matching("POST", REGISTRANTS).pop().unwrap();
        assert_eq!(entry.status, None);
        assert!(entry.fault.unwrap().contains("drop"));
        assert_eq!(entry.body["email"], "bo@x.com");
    }
}

#[tokio::test]
async fn hanging_connection_closes_without_a_response() {
    let app = App::start().await;
    let id = app.webinar(NewWebinar::default());
    app.zoom.faults().add(Fault::once("POST", REGISTRANTS, Effect::Hang { hang_ms: 50 }));
    let since = Instant::now();
    assert!(try_register(&app, id).await.is_err());
    assert!(since.elapsed() >= Duration::from_millis(50));
    assert!(app.zoom.webinar(id).unwrap().registrants.is_empty());
}

#[tokio::test]
async fn faults_are_added_and_cleared_by_control_calls() {
    let app = App::start().await;
    let id = app.webinar(NewWebinar::default());
    let control = format!("{}/_control", app.zoom.url());
    let rules = json!([
        {"method": "GET", "path": "/v2/webinars/*", "effect": {
            "status": 503, "body": {"code": 503}, "headers": {"x-why": "test"}}},
        {"path": "/v2/webinars/*", "effect": {"malformed": true}},
        {"path": "/v2/webinars/*", "effect": {"delay_ms": 30}},
    ]);
    let added = app.http.post(format!("{control}/faults")).json(&rules).send().await.unwrap();
    assert_eq!(added.status(), 204);

    let path = format!("/webinars/{id}");
    let canned = app.send(reqwest::Method::GET, &path, None).await;
    assert_eq!((canned.status().as_u16(), &canned.headers()["x-why"]), (503, &"test".parse().unwrap()));
    assert_eq!(app.get(&path).await, (200, Value::Null), "not JSON");
    let since = Instant::now();
    assert_eq!(app.get(&path).await.0, 200);
    assert!(since.elapsed() >= Duration::from_millis(30));

    app.http.post(format!("{control}/faults")).json(&rules).send().await.unwrap();
    app.http.delete(format!("{control}/faults")).send().await.unwrap();
    assert_eq!(app.get(&path).await.0, 200);
}

#[tokio::test]
async fn log_contains_requests_but_not_control_calls() {
    let app = App::start().await;
    let id = app.webinar(NewWebinar::default());
    app.register(id, "bo@x.com").await;
    let url = format!("{}/_control/requests?method=POST&path={REGISTRANTS}", app.zoom.url());
    let record: Value = app.http.get(url).send().await.unwrap().json().await.unwrap();
    assert_eq!(record["count"], 1);
    let entry = &record["requests"][0];
    assert_eq!((&entry["status"], &entry["body"]["email"]), (&json!(201), &json!("bo@x.com")));
    assert!(!entry["headers"]["authorization"].as_str().unwrap().contains(&app.access));
    assert!(app.zoom.log().entries().iter().all(|entry| !entry.path.starts_with("/_control")));
}

#[tokio::test]
async fn control_calls_arrange_everything_over_http() {
    let app = App::signed_out(Options::default()).await;
    let call = async |path: &str, body: Value| {
        let url = format!("{}/_control/{path}", app.zoom.url());
        let response = app.http.post(url).json(&body).send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        assert!(status < 300, "{path}: {status} {text}");
        serde_json::from_str::<Value>(&text).unwrap_or_default()
    };
    call("users", json!({ "email": "bob@example.com", "admin": true })).await;
    call("sign-in", json!({ "user": "bob@example.com" })).await;
    let webinar = call("webinars", json!({ "host": "bob@example.com", "topic": "Arranged over HTTP" })).await;
    let id = webinar["id"].as_u64().unwrap();
    call(&format!("webinars/{id}/registrants"), json!({ "email": "bo@x.com", "first_name": "Bo" })).await;
    call(
        &format!("webinars/{id}/hold"),
        json!({ "minutes": 30, "attendance": [{ "person": { "registrant": "bo@x.com" } }] }),
    )
    .await;
    call("time", json!({ "advance_seconds": 60 })).await;
    call("report-timing", json!({ "delay_seconds": 0 })).await;

    let url = format!("{}/_control/state", app.zoom.url());
    let state: Value = app.http.get(url).send().await.unwrap().json().await.unwrap();
    let held = &state["webinars"][id.to_string()];
    assert_eq!(held["topic"], "Arranged over HTTP");
    assert_eq!(held["sessions"][0]["presences"][0]["email"], "bo@x.com");
    let wrong = app.http.post(format!("{}/_control/webinars", app.zoom.url()));
    let wrong = wrong.json(&json!({ "host": "unknown@example.com" })).send().await.unwrap();
    assert_eq!(wrong.status(), 400);
}
