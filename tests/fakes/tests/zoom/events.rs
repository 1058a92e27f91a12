//! Events, received by a server that verifies their signatures.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use fakes::support::{Control, ServerHandle};
use fakes::zoom::{ACCOUNT, EventSettings, HeldSession, NewWebinar, WEBHOOK_SECRET, WebinarChange};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::sync::Notify;

use crate::app::{App, person};

/// Receives events; rejects those without a valid signature.
#[derive(Clone, Default)]
struct Receiver {
    received: Arc<Mutex<Vec<Value>>>,
    arrived: Arc<Notify>,
    secret: Arc<Mutex<String>>,
}

impl Receiver {
    /// Starts a receiver, which runs until the server handle is dropped.
    async fn start() -> (Self, String, ServerHandle) {
        let receiver = Self::default();
        *receiver.secret.lock().unwrap() = WEBHOOK_SECRET.to_owned();
        let router = Router::new().route("/events", post(receive)).with_state(receiver.clone());
        let any_port = "127.0.0.1:0".parse().unwrap();
        let served = fakes::support::serve(router, any_port, Control::default()).await.unwrap();
        let url = format!("{}/events", served.url());
        (receiver, url, served)
    }

    fn names(&self) -> Vec<String> {
        let received = self.received.lock().unwrap();
        received.iter().map(|event| event["event"].as_str().unwrap().to_owned()).collect()
    }

    fn last(&self) -> Value {
        self.received.lock().unwrap().last().unwrap().clone()
    }

    fn mac(&self, message: &[u8]) -> String {
        let secret = self.secret.lock().unwrap().clone();
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(message);
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let timestamp = header("x-zm-request-timestamp");
    let age = Timestamp::now().as_second() - timestamp.parse::<i64>().unwrap();
    let signed = [format!("v0:{timestamp}:").as_bytes(), &body].concat();
    if header("x-zm-signature") != format!("v0={}", receiver.mac(&signed)) || age.abs() > 300 {
        return (StatusCode::UNAUTHORIZED, String::new());
    }
    let event: Value = serde_json::from_slice(&body).unwrap();
    if event["event"] == "endpoint.url_validation" {
        let plain = event["payload"]["plainToken"].as_str().unwrap();
        let encrypted = receiver.mac(plain.as_bytes());
        return (StatusCode::OK, json!({ "plainToken": plain, "encryptedToken": encrypted }).to_string());
    }
    receiver.received.lock().unwrap().push(event);
    receiver.arrived.notify_one();
    (StatusCode::OK, String::new())
}

#[tokio::test]
async fn sends_events_for_start_and_end_of_a_session() {
    let app = App::start().await;
    let (receiver, url, _served) = Receiver::start().await;
    app.zoom.set_event_url(&url);
    let id = app.webinar(NewWebinar::default());
    let held = app.zoom.hold_webinar(id, HeldSession::default()).await.unwrap();
    assert_eq!(held.delivery.unwrap().status, Some(200));
    assert_eq!(receiver.names(), ["webinar.started", "webinar.ended"]);
    let ended = receiver.last();
    assert_eq!(ended["payload"]["account_id"], ACCOUNT);
    let object = &ended["payload"]["object"];
    assert_eq!((&object["id"], &object["uuid"]), (&json!(id.to_string()), &json!(held.uuid)));
    assert_eq!(object["practice_session"], false);

    let again = app.zoom.resend(1).await.unwrap();
    assert_eq!(again.status, Some(200));
    assert_eq!(receiver.last(), ended, "sent again as it was");

    app.zoom.start_practice(id).await.unwrap();
    app.zoom.end_webinar(id).await.unwrap();
    assert_eq!(receiver.last()["payload"]["object"]["practice_session"], true);
    assert_eq!(receiver.names().iter().filter(|name| *name == "webinar.started").count(), 1);
}

#[tokio::test]
async fn sends_events_for_changes_and_deletion() {
    let app = App::start().await;
    let (receiver, url, _served) = Receiver::start().await;
    app.zoom.set_event_url(&url);
    let id = app.webinar(NewWebinar::default());
    let change = WebinarChange { topic: Some("New".to_owned()), ..WebinarChange::default() };
    app.zoom.update_webinar(id, change).await.unwrap();
    let payload = &receiver.last()["payload"];
    assert_eq!(payload["object"]["topic"], "New");
    assert_eq!(payload["old_object"]["topic"], "Product webinar");
    assert_eq!(payload["object"].get("agenda"), None, "only what changed");
    app.zoom.delete_webinar(id).await.unwrap();
    assert_eq!(app.get(&format!("/webinars/{id}")).await.0, 404);
    // The app does not subscribe to this event by default.
    app.zoom
        .set_events(EventSettings { events: Some(vec!["webinar.recovered".to_owned()]), ..EventSettings::default() });
    app.zoom.recover_webinar(id).await.unwrap();
    assert_eq!(receiver.names(), ["webinar.updated", "webinar.deleted", "webinar.recovered"]);
    assert_eq!(receiver.last()["payload"]["object"]["topic"], "New");
    assert_eq!(app.get(&format!("/webinars/{id}")).await.0, 200);
    assert!(app.zoom.recover_webinar(id).await.is_err(), "it is not deleted");
}

#[tokio::test]
async fn sends_a_registration_event_after_the_api_call() {
    let app = App::start().await;
    let (receiver, url, _served) = Receiver::start().await;
    app.zoom.set_event_url(&url);
    let id = app.webinar(NewWebinar::default());
    let path = format!("/webinars/{id}/registrants");
    let (_, added) = app.post(&path, person("bo@x.com")).await;
    receiver.arrived.notified().await;
    let event = receiver.last();
    assert_eq!(event["event"], "webinar.registration_created");
    assert_eq!(event["payload"]["object"]["id"], id, "a number here");
    assert_eq!(event["payload"]["object"]["registrant"]["id"], added["registrant_id"]);
}

#[tokio::test]
async fn sends_events_for_decisions_and_an_approval_may_lack_the_link() {
    let app = App::start().await;
    let (receiver, url, _served) = Receiver::start().await;
    let id = app.webinar(NewWebinar { approval_type: 1, ..NewWebinar::default() });
    let (_, added) = app.post(&format!("/webinars/{id}/registrants"), person("bo@x.com")).await;
    app.zoom.set_event_url(&url);
    let registrant = || receiver.last()["payload"]["object"]["registrant"].clone();
    app.zoom.set_registration(id, "bo@x.com", "approve").await.unwrap();
    assert!(registrant()["join_url"].is_string());
    app.zoom.set_registration(id, "bo@x.com", "deny").await.unwrap();
    app.zoom.set_events(EventSettings { approvals_lack_link: Some(true), ..EventSettings::default() });
    app.zoom.set_registration(id, "bo@x.com", "approve").await.unwrap();
    let fields = registrant();
    assert_eq!((&fields["id"], &fields["email"]), (&added["registrant_id"], &json!("bo@x.com")));
    assert_eq!((fields.get("join_url"), fields.get("status")), (None, None));
    for action in ["cancel", "approve", "withdraw"] {
        let sent = app.zoom.set_registration(id, "bo@x.com", action).await.unwrap();
        assert!(sent.is_some(), "{action}");
    }
    let names = receiver.names();
    let last: Vec<_> = names.iter().rev().take(3).rev().map(|name| name.trim_start_matches("webinar.")).collect();
    assert_eq!(last, ["registration_cancelled", "registration_approved", "registration_cancelled"]);
}

#[tokio::test]
async fn removing_the_app_sends_an_event_and_revokes_its_tokens() {
    let app = App::start().await;
    let (receiver, url, _served) = Receiver::start().await;
    app.zoom.set_deauthorization_url(&url);
    let delivery = app.zoom.deauthorize(ACCOUNT).await.unwrap().unwrap();
    assert_eq!(delivery.status, Some(200));
    assert_eq!(receiver.last()["payload"]["account_id"], ACCOUNT);
    assert_eq!(app.get("/users/me").await.0, 401);
}

#[tokio::test]
async fn endpoint_validation_requires_the_secret() {
    let app = App::start().await;
    let (receiver, url, _served) = Receiver::start().await;
    app.zoom.validate_endpoint(&url).await.unwrap();
    *receiver.secret.lock().unwrap() = "another".to_owned();
    assert!(app.zoom.validate_endpoint(&url).await.is_err());
}

#[tokio::test]
async fn sends_subscribed_events_only() {
    let app = App::start().await;
    let id = app.webinar(NewWebinar::default());
    assert!(app.zoom.start_webinar(id).await.unwrap().delivery.is_none(), "there is nowhere to send it");
    let (receiver, url, _served) = Receiver::start().await;
    app.zoom.set_event_url(&url);
    app.zoom.set_events(fakes::zoom::EventSettings { events: Some(Vec::new()), ..Default::default() });
    assert!(app.zoom.end_webinar(id).await.unwrap().is_none());
    assert!(receiver.names().is_empty());
    let invented = app.zoom.send_event("webinar.invented", json!({})).await.unwrap();
    assert_eq!(invented.status, Some(200));
}
