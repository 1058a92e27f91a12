use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::post;
use fakes::mounted::token_router;
use fakes::support::{DropWhen, Effect, Fault};
use fakes::zoom::{ADMIN, NewRegistrant, NewWebinar};
use http::{HeaderMap, StatusCode};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::env::Env;

#[tokio::test]
async fn access_token_expires_in_simulated_time() {
    let env = Env::new();
    let (token, expires_at) = env.fakes.zoom.access_token(ADMIN).unwrap();
    assert_eq!(expires_at, env.memory.ports().clock.now() + SignedDuration::from_hours(1));
    assert_eq!(env.zoom(&token, "GET", "/v2/users/me", &Value::Null).await.0, 200);
    assert_eq!(env.fakes.zoom.access_token(ADMIN).unwrap().0, token, "it is still valid");
    env.memory.advance(SignedDuration::from_hours(1));
    assert_eq!(env.zoom(&token, "GET", "/v2/users/me", &Value::Null).await.0, 401);
    let (renewed, _) = env.fakes.zoom.access_token(ADMIN).unwrap();
    assert_eq!(env.zoom(&renewed, "GET", "/v2/users/me", &Value::Null).await.0, 200);
}

#[tokio::test]
async fn limit_per_second_uses_simulated_time() {
    let env = Env::new();
    let (token, _) = env.fakes.zoom.access_token(ADMIN).unwrap();
    for _ in 0..80 {
        assert_eq!(env.zoom(&token, "GET", "/v2/users/me", &Value::Null).await.0, 200);
    }
    assert_eq!(env.zoom(&token, "GET", "/v2/users/me", &Value::Null).await.0, 429);
    env.memory.advance(SignedDuration::from_secs(1));
    assert_eq!(env.zoom(&token, "GET", "/v2/users/me", &Value::Null).await.0, 200);
}

#[tokio::test]
async fn dropped_connection_is_a_transport_error() {
    let env = Env::new();
    let (token, _) = env.fakes.zoom.access_token(ADMIN).unwrap();
    for (when, registered) in [(DropWhen::Before, 0), (DropWhen::After, 1)] {
        let id = env.fakes.zoom.add_webinar(NewWebinar::default()).unwrap().id;
        let (add, register) = (Effect::Drop { drop: when }, format!("/v2/webinars/{id}/registrants"));
        env.fakes.zoom.faults().add(Fault::once("POST", "/v2/webinars/*/registrants", add));
        let body = json!({"email": "bo@x.com", "first_name": "Bo", "last_name": "Li"});
        let request = env.zoom_request(&token, "POST", &register, &body);
        assert!(env.try_send(request).await.unwrap_err().maybe_executed);
        assert_eq!(env.fakes.zoom.webinar(id).unwrap().registrants.len(), registered);
    }
}

#[tokio::test]
async fn silent_request_times_out_in_simulated_time() {
    let env = Env::new();
    let (token, _) = env.fakes.zoom.access_token(ADMIN).unwrap();
    let before = env.memory.ports().clock.now();
    env.fakes.zoom.faults().add(Fault::once("GET", "/v2/**", Effect::Silence { silence: DropWhen::After }));
    let error = env.try_send(env.zoom_request(&token, "GET", "/v2/users/me", &Value::Null)).await.unwrap_err();
    assert_eq!(error.reason, "timed out");
    assert_eq!(env.memory.ports().clock.now(), before + SignedDuration::from_secs(10));
}

#[tokio::test]
async fn lost_response_is_replaced_by_a_gateway_error() {
    let env = Env::new();
    let (token, _) = env.fakes.zoom.access_token(ADMIN).unwrap();
    env.fakes.zoom.faults().add(Fault::always("GET", "/v2/**", Effect::ErrorAfter { error_after: 502 }));
    assert_eq!(env.zoom(&token, "GET", "/v2/users/me", &Value::Null).await, (502, Value::Null));
    env.fakes.zoom.faults().clear();
    assert_eq!(env.zoom(&token, "GET", "/v2/users/me", &Value::Null).await.0, 200);
}

#[tokio::test]
async fn interruption_runs_before_the_request_is_executed() {
    let env = Env::new();
    let (token, _) = env.fakes.zoom.access_token(ADMIN).unwrap();
    let zoom = env.fakes.zoom.clone();
    env.fakes.zoom.interruptions().during_next("GET", "/v2/users/me", async move { zoom.expire_access_tokens() });
    assert_eq!(env.zoom(&token, "GET", "/v2/users/me", &Value::Null).await.0, 401);
    let (token, _) = env.fakes.zoom.access_token(ADMIN).unwrap();
    assert_eq!(env.zoom(&token, "GET", "/v2/users/me", &Value::Null).await.0, 200);
}

#[tokio::test]
async fn log_counts_requests_in_progress() {
    let env = Env::new();
    let (token, _) = env.fakes.zoom.access_token(ADMIN).unwrap();
    let me = || env.zoom(&token, "GET", "/v2/users/me", &Value::Null);
    me().await;
    assert_eq!(env.fakes.zoom.log().most_at_once("GET", "/v2/users/me"), 1);
    futures::future::join3(me(), me(), me()).await;
    assert_eq!(env.fakes.zoom.log().most_at_once("GET", "/v2/users/me"), 3);
}

/// The names and timestamps of received events.
type Received = Arc<Mutex<Vec<(String, String)>>>;

/// Returns a router for the application's events, and those that it received.
fn receiver() -> (Router, Received) {
    let received = Received::default();
    let list = received.clone();
    let receive = async move |headers: HeaderMap, body: String| {
        let event: Value = serde_json::from_str(&body).unwrap();
        let timestamp = headers["x-zm-request-timestamp"].to_str().unwrap().to_owned();
        list.lock().unwrap().push((event["event"].as_str().unwrap().to_owned(), timestamp));
        StatusCode::OK
    };
    (Router::new().route("/zoom/events", post(receive)), received)
}

#[tokio::test]
async fn events_reach_the_router_of_the_application() {
    let env = Env::new();
    let (router, received) = receiver();
    env.serve_app(router);
    let id = env.fakes.zoom.add_webinar(NewWebinar::default()).unwrap().id;
    let new = NewRegistrant {
        email: "bo@x.com".into(),
        first_name: "Bo".into(),
        last_name: "Li".into(),
        ..Default::default()
    };
    env.fakes.zoom.register_on_zoom(id, new).await.unwrap();
    let timestamp = env.memory.ports().clock.now().as_second().to_string();
    assert_eq!(*received.lock().unwrap(), [("webinar.registration_created".to_owned(), timestamp.clone())]);

    // The events that a call to the API causes follow after it.
    let (token, _) = env.fakes.zoom.access_token(ADMIN).unwrap();
    let cancel = json!({"action": "cancel", "registrants": [{"email": "bo@x.com"}]});
    let (status, body) = env.zoom(&token, "PUT", &format!("/v2/webinars/{id}/registrants/status"), &cancel).await;
    assert_eq!(status, 204, "{body}");
    assert_eq!(received.lock().unwrap().len(), 1);
    env.fakes.runtime.run_tasks().await;
    assert_eq!(received.lock().unwrap()[1], ("webinar.registration_cancelled".to_owned(), timestamp));
}

#[tokio::test]
async fn tokens_are_handed_out_as_by_the_component() {
    let env = Env::new();
    env.memory.serve("oauth.spin.internal", token_router(&env.fakes.zoom));
    let ports = env.memory.ports();
    let token = async |refused: Option<String>| {
        let deadline = ports.clock.now() + SignedDuration::from_secs(10);
        platform::internal_api::zoom_token(&ports, &"s1".into(), refused, deadline).await.unwrap()
    };
    let first = token(None).await;
    let hash = platform_hash(first.access_token.expose());
    assert_eq!(token(None).await.access_token.expose(), first.access_token.expose());
    let second = token(Some(hash.clone())).await;
    assert_ne!(second.access_token.expose(), first.access_token.expose());
    assert_eq!(token(Some(hash)).await.access_token.expose(), second.access_token.expose());
    assert_eq!(env.zoom(first.access_token.expose(), "GET", "/v2/users/me", &Value::Null).await.0, 401);
    assert_eq!(env.zoom(second.access_token.expose(), "GET", "/v2/users/me", &Value::Null).await.0, 200);
}

fn platform_hash(text: &str) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}
