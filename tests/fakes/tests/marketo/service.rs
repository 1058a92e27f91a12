//! A flow step service for campaigns, with configurable responses.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use fakes::support::{Control, ServerHandle, lock, serve};
use serde_json::{Value, json};

/// The API key that the service accepts.
pub(crate) const KEY: &str = "the-api-key";

/// Returns the status and the callback's body for an invocation; no body means no callback.
pub(crate) type Responder = fn(&Value) -> (u16, Option<Value>);

/// A running service.
pub(crate) struct Service {
    pub(crate) url: String,
    received: Arc<Received>,
    _served: ServerHandle,
}

#[derive(Default)]
struct Received {
    invocations: Mutex<Vec<Value>>,
    callbacks: Mutex<Vec<u16>>,
}

#[derive(Clone)]
struct ServiceState {
    responder: Responder,
    received: Arc<Received>,
}

impl Service {
    /// Starts the service.
    pub(crate) async fn start(responder: Responder) -> anyhow::Result<Self> {
        let received = Arc::new(Received::default());
        let state = ServiceState { responder, received: Arc::clone(&received) };
        let router = Router::new().route("/flow-step/submitAsyncAction", post(submit)).with_state(state);
        let served = serve(router, (Ipv4Addr::LOCALHOST, 0).into(), Control::default()).await?;
        Ok(Self { url: format!("{}/flow-step", served.url()), received, _served: served })
    }

    /// Returns the received bodies.
    pub(crate) fn invocations(&self) -> Vec<Value> {
        lock(&self.received.invocations).clone()
    }

    /// Returns the statuses of the responses to its callbacks.
    pub(crate) fn callbacks(&self) -> Vec<u16> {
        lock(&self.received.callbacks).clone()
    }
}

async fn submit(State(state): State<ServiceState>, headers: HeaderMap, Json(body): Json<Value>) -> StatusCode {
    if headers.get("x-api-key").is_none_or(|key| key != KEY) {
        return StatusCode::UNAUTHORIZED;
    }
    lock(&state.received.invocations).push(body.clone());
    let (status, callback) = (state.responder)(&body);
    if let Some(callback) = callback {
        tokio::spawn(async move {
            let status = call_back(&body, &callback).await;
            lock(&state.received.callbacks).push(status);
        });
    }
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Posts the callback. Returns the status of the response, 0 for none.
async fn call_back(invocation: &Value, callback: &Value) -> u16 {
    let text = |name: &str| invocation[name].as_str().unwrap_or_default().to_owned();
    let request = reqwest::Client::new()
        .post(text("callbackUrl"))
        .header("x-api-key", text("apiCallBackKey"))
        .header("x-callback-token", text("token"))
        .json(callback);
    request.send().await.map_or(0, |answer| answer.status().as_u16())
}

/// Reports every lead as registered.
pub(crate) fn registers(invocation: &Value) -> (u16, Option<Value>) {
    let leads = invocation["objectData"].as_array().into_iter().flatten();
    let objects: Vec<Value> = leads
        .map(|lead| {
            let id = &lead["objectContext"]["id"];
            json!({
                "leadData": {"id": id, "joinUrl": format!("https://zoom.example/w/1?tk={id}")},
                "activityData": {"success": true, "reason": "", "errorCode": "", "registration": "registered"},
            })
        })
        .collect();
    let munchkin_id = &invocation["context"]["subscription"]["munchkinId"];
    (201, Some(json!({"munchkinId": munchkin_id, "token": invocation["token"], "objectData": objects})))
}
