//! `POST /flow-step/getPicklist`.

use super::env::{TestEnv, at, problem};
use domain::records::ServiceState;
use serde_json::{Value, json};

const PATH: &str = "/flow-step/getPicklist";

async fn ask(env: &TestEnv, body: Value) -> (u16, Value) {
    env.call("POST", PATH, ("x-api-key", "marketo-key-of-the-tests"), body).await
}

async fn values(env: &TestEnv) -> Vec<String> {
    let (status, body) = ask(env, json!({"name": "webinar", "type": "flow"})).await;
    assert_eq!(status, 200);
    let choices = body["choices"].as_array().unwrap();
    choices.iter().map(|choice| choice["submittedValue"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_programs_webinar_comes_first_then_upcoming_ones_of_active_services() {
    let env = TestEnv::new().await;
    env.add_service("s2", "cyd@y.test", &[]).await;
    env.add_service("s3", "old@z.test", &[]).await;
    env.change_service("s3", |service| service.state = ServiceState::Superseded).await;
    env.add_webinar(1, |webinar| webinar.start_time = Some(at("2026-11-20T10:00:00Z")));
    env.add_webinar(2, |webinar| {
        webinar.start_time = Some(at("2026-11-19T18:45:00Z"));
        (webinar.host, webinar.timezone) = ("cyd@y.test".into(), "Asia/Kolkata".into());
    });
    env.add_webinar(3, |webinar| webinar.host = "old@z.test".into());
    env.add_webinar(4, |webinar| webinar.kind = 9);
    env.add_webinar(5, |webinar| webinar.start_time = Some(at("2026-10-10T10:00:00Z")));
    let (status, body) = ask(&env, json!({"name": "webinar", "type": "flow", "fieldMappingContext": {}})).await;
    assert_eq!(status, 200);
    assert_eq!(
        body,
        json!({"choices": [
            {"displayValue": {"en_US": "The program's connected webinar"}, "submittedValue": "program"},
            {"displayValue": {"en_US": "2026-11-20 00:15 Asia/Kolkata: Webinar 2"}, "submittedValue": "2"},
            {"displayValue": {"en_US": "2026-11-20 05:00 America/New_York: Webinar 1"}, "submittedValue": "1"},
        ]})
    );
}

#[tokio::test]
async fn choices_are_cached_for_30_seconds() {
    let env = TestEnv::new().await;
    env.add_webinar(1, |_| {});
    for (seconds, lists) in [(0, 2), (29, 2), (1, 4)] {
        env.memory.advance(domain::time::SignedDuration::from_secs(seconds));
        assert_eq!(values(&env).await, ["program", "1"]);
        assert_eq!(env.lists(), lists);
    }
}

#[tokio::test]
async fn marketo_gets_at_most_1000_choices() {
    let env = TestEnv::new().await;
    for id in 1..=1_200 {
        env.add_webinar(id, |_| {});
    }
    let values = values(&env).await;
    assert_eq!((values.len(), values[0].as_str()), (1_000, "program"));
}

#[tokio::test]
async fn other_attributes_and_callers_are_rejected() {
    let env = TestEnv::new().await;
    assert_eq!(problem(&ask(&env, json!({"name": "program", "type": "flow"})).await), (400, "INVALID_REQUEST"));
    assert_eq!(problem(&ask(&env, json!({"type": "flow"})).await), (400, "INVALID_REQUEST"));
    let body = json!({"name": "webinar"});
    for header in [("x-api-key", "wrong"), ("authorization", "Bearer admin-key-of-the-tests")] {
        let answer = env.call("POST", PATH, header, body.clone()).await;
        assert_eq!(problem(&answer), (401, "UNAUTHENTICATED"));
    }
}

#[tokio::test]
async fn without_active_services_only_the_programs_webinar_is_offered() {
    let env = TestEnv::new().await;
    env.change_service("s1", |service| service.state = ServiceState::NeedsSignIn).await;
    assert_eq!(values(&env).await, ["program"]);
}

#[tokio::test]
async fn a_zoom_outage_is_an_error_so_that_marketo_keeps_its_choices() {
    let env = TestEnv::new().await;
    env.fail_zoom(500, json!({}));
    assert_eq!(problem(&ask(&env, json!({"name": "webinar"})).await), (503, "ZOOM_UNAVAILABLE"));
}
