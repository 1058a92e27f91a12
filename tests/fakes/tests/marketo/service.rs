//! A flow step service to run campaigns against, well behaved unless told otherwise.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use fakes::support::{Backstage, Served, lock, serve};
use serde_json::{Value, json};

/// The key that it takes.
pub(crate) const KEY: &str = "the-api-key";

/// What it answers to an invocation, and what it posts to the callback; no body means that it never calls back.
pub(crate) type Script = fn(&Value) -> (u16, Option<Value>);

/// A running service.
pub(crate) struct Service {
    pub(crate) url: String,
    seen: Arc<Seen>,
    _served: Served,
}

#[derive(Default)]
struct Seen {
    invocations: Mutex<Vec<Value>>,
    callbacks: Mutex<Vec<u16>>,
}

#[derive(Clone)]
struct Desk {
    script: Script,
    seen: Arc<Seen>,
}

impl Service {
    /// Starts it.
    pub(crate) async fn start(script: Script) -> anyhow::Result<Self> {
        let seen = Arc::new(Seen::default());
        let desk = Desk { script, seen: Arc::clone(&seen) };
        let router = Router::new().route("/flow-step/submitAsyncAction", post(submit)).with_state(desk);
        let served = serve(router, (Ipv4Addr::LOCALHOST, 0).into(), Backstage::default()).await?;
        Ok(Self { url: format!("{}/flow-step", served.url()), seen, _served: served })
    }

    /// The bodies it got.
    pub(crate) fn invocations(&self) -> Vec<Value> {
        lock(&self.seen.invocations).clone()
    }

    /// The statuses that its callbacks were answered with.
    pub(crate) fn callbacks(&self) -> Vec<u16> {
        lock(&self.seen.callbacks).clone()
    }
}

async fn submit(State(desk): State<Desk>, headers: HeaderMap, Json(body): Json<Value>) -> StatusCode {
    if headers.get("x-api-key").is_none_or(|key| key != KEY) {
        return StatusCode::UNAUTHORIZED;
    }
    lock(&desk.seen.invocations).push(body.clone());
    let (status, callback) = (desk.script)(&body);
    if let Some(callback) = callback {
        tokio::spawn(async move {
            let status = call_back(&body, &callback).await;
            lock(&desk.seen.callbacks).push(status);
        });
    }
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Posts to the callback and returns the status, 0 for none.
async fn call_back(invocation: &Value, callback: &Value) -> u16 {
    let text = |name: &str| invocation[name].as_str().unwrap_or_default().to_owned();
    let request = reqwest::Client::new()
        .post(text("callbackUrl"))
        .header("x-api-key", text("apiCallBackKey"))
        .header("x-callback-token", text("token"))
        .json(callback);
    request.send().await.map_or(0, |answer| answer.status().as_u16())
}

/// Registers everybody.
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
