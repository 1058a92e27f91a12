use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use fakes::marketo::campaign::{Campaign, ChunkState, FlowStep, RunState};
use http::{Request, StatusCode};
use jiff::SignedDuration;
use platform::testing::in_memory::InMemoryPorts;
use serde_json::{Value, json};

use crate::env::Env;

/// Returns a flow step service that accepts chunks and, if it is to, calls back after the response.
fn service(memory: &InMemoryPorts, calls_back: bool) -> Router {
    let ports = memory.ports();
    let submit = async move |Json(chunk): Json<Value>| {
        if calls_back {
            let sender = ports.clone();
            let callback = async move {
                let answer = sender.http.send(callback_of(&chunk)).await.unwrap();
                assert_eq!(answer.status(), 200, "{answer:?}");
            };
            ports.background.spawn(Box::pin(callback));
        }
        StatusCode::CREATED
    };
    Router::new().route("/flow-step/submitAsyncAction", post(submit))
}

fn callback_of(chunk: &Value) -> Request<Bytes> {
    let leads = chunk["objectData"].as_array().unwrap().iter();
    let results: Vec<_> = leads
        .map(|lead| {
            json!({
                "leadData": {"id": lead["objectContext"]["id"], "joinUrl": "https://zoom.test/w/1?tk=a"},
                "activityData": {"success": true, "registration": "registered"},
            })
        })
        .collect();
    let body = json!({"munchkinId": "123-ABC-456", "token": chunk["token"], "objectData": results});
    Request::post(chunk["callbackUrl"].as_str().unwrap())
        .header("content-type", "application/json")
        .header("x-api-key", chunk["apiCallBackKey"].as_str().unwrap())
        .header("x-callback-token", chunk["token"].as_str().unwrap())
        .body(body.to_string().into())
        .unwrap()
}

fn campaign(env: &Env) -> Campaign {
    let lead = env.fakes.marketo.add_person("Bo", "Li", "bo@x.com");
    Campaign::new(1001, [lead], FlowStep::new("https://app.test/flow-step", "key"))
}

#[tokio::test]
async fn campaign_runs_through_the_router_of_the_application() {
    let env = Env::new();
    env.serve_app(service(&env.memory, true));
    let campaign = campaign(&env);
    let run = env.fakes.drive(env.fakes.marketo.run_campaign(campaign)).await.unwrap();
    assert_eq!(run.state, RunState::Finished);
    assert_eq!(run.chunks[0].state, ChunkState::CalledBack, "{run:?}");
}

#[tokio::test]
async fn missing_callback_times_out_in_simulated_time() {
    let env = Env::new();
    env.serve_app(service(&env.memory, false));
    let (campaign, before) = (campaign(&env), env.memory.ports().clock.now());
    let run = env.fakes.drive(env.fakes.marketo.run_campaign(campaign)).await.unwrap();
    assert_eq!(run.chunks[0].state, ChunkState::TimedOut);
    assert!(env.memory.ports().clock.now() >= before + SignedDuration::from_secs(60));
}

#[tokio::test]
async fn chunk_of_a_prepared_campaign_is_sent_by_the_test() {
    let env = Env::new();
    let run = env.fakes.marketo.prepare_campaign(campaign(&env)).unwrap();
    let answer = env.try_send(callback_of(&run.chunks[0].invocation)).await.unwrap();
    assert_eq!(answer.status(), 200);
    let again = env.try_send(callback_of(&run.chunks[0].invocation)).await.unwrap();
    assert_eq!(again.status(), 404, "a callback is accepted once");
    assert_eq!(env.fakes.marketo.run(&run.id).unwrap().chunks[0].state, ChunkState::CalledBack);
}

#[tokio::test]
async fn rate_limit_uses_simulated_time() {
    let env = Env::new();
    let marketo = &env.fakes.marketo;
    let uri = format!(
        "{}/identity/oauth/token?grant_type=client_credentials&client_id={}&client_secret={}",
        marketo.url(),
        fakes::marketo::CLIENT_ID,
        fakes::marketo::CLIENT_SECRET,
    );
    let token = env.try_send(Request::get(uri).body(Bytes::new()).unwrap()).await.unwrap();
    let token: Value = serde_json::from_slice(token.body()).unwrap();
    let usage = async || {
        let request = Request::get(format!("{}/rest/v1/stats/usage.json", marketo.url()))
            .header("authorization", format!("Bearer {}", token["access_token"].as_str().unwrap()))
            .body(Bytes::new());
        let answer = env.try_send(request.unwrap()).await.unwrap();
        let body: Value = serde_json::from_slice(answer.body()).unwrap();
        body["errors"][0]["code"].as_str().unwrap_or_default().to_owned()
    };
    for _ in 0..100 {
        assert_eq!(usage().await, "");
    }
    assert_eq!(usage().await, "606");
    env.memory.advance(SignedDuration::from_secs(20));
    assert_eq!(usage().await, "");
    env.memory.advance(SignedDuration::from_hours(1));
    assert_eq!(usage().await, "602");
}
