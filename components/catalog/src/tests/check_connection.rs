//! `POST /catalog/programs/{program_id}/check`.

use super::env::{PROGRAM, TestEnv, problem};
use domain::records::{
    ActivityCursor, ActivityCursorKey, LastEventKey, LastTickKey, LastValidationKey, Moment, Record, ServiceState,
};
use domain::time::{SignedDuration, Timestamp};
use domain::{ErrorCode, Problem};
use fakes::support::{Effect, Fault};
use serde_json::{Value, json};

/// Returns the outcome of each check by its name.
async fn outcomes(env: &TestEnv) -> Vec<(String, String)> {
    let (status, body) = env.admin("POST", &format!("{PROGRAM}/check"), Value::Null).await;
    assert_eq!(status, 200, "{body}");
    let checks = body["checks"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    checks
        .map(|check| {
            assert!(check["detail"].as_str().unwrap().len() > 20, "{check}");
            (text(&check["name"]), text(&check["outcome"]))
        })
        .collect()
}

/// Returns the outcome and the sentence of a check.
async fn check(env: &TestEnv, name: &str) -> (String, String) {
    let (_, body) = env.admin("POST", &format!("{PROGRAM}/check"), Value::Null).await;
    let check = body["checks"].as_array().unwrap().iter().find(|check| check["name"] == name).unwrap().clone();
    (check["outcome"].as_str().unwrap().to_owned(), check["detail"].as_str().unwrap().to_owned())
}

async fn connected() -> TestEnv {
    let env = TestEnv::new().await;
    env.add_webinar(9, |_| {});
    assert_eq!(env.connect(9).await.0, 200);
    env
}

async fn put_cursor(env: &TestEnv, read_until: Timestamp, problem: Option<Problem>) {
    let cursor = ActivityCursor { v: ActivityCursor::VERSION, page_token: None, read_until, problem };
    env.ports().store().put(&ActivityCursorKey {}, &cursor).await.unwrap();
}

/// Lets everything be seen that a deployment sees within a minute.
async fn seen(env: &TestEnv) {
    let (ports, now) = (env.ports(), Moment::new(env.now()));
    ports.store().put(&LastTickKey {}, &now).await.unwrap();
    ports.store().put(&LastEventKey {}, &now).await.unwrap();
    put_cursor(env, env.now(), None).await;
    env.change_service("s1", |service| service.scopes = vec!["webinar:read".to_owned()]).await;
    let picklist = env
        .call("POST", "/flow-step/getPicklist", ("x-api-key", "marketo-key-of-the-tests"), json!({"name": "webinar"}))
        .await;
    assert_eq!(picklist.0, 200);
}

/// Lets Zoom's clock show a time.
fn set_zoom_clock(env: &TestEnv, at: Timestamp) {
    let date = at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let headers = [("date".to_owned(), date)].into();
    env.zoom.faults().add(Fault::always("GET", "/", Effect::Status { status: 404, body: json!({}), headers }));
}

#[tokio::test]
async fn each_link_of_a_complete_connection_passes_and_nothing_is_written() {
    let env = connected().await;
    seen(&env).await;
    set_zoom_clock(&env, env.now());
    let before = env.memory.dump();
    let names = [
        "zoom_token",
        "zoom_scopes",
        "clock",
        "marketo_access",
        "channel_steps",
        "member_fields",
        "scheduler",
        "zoom_webhook",
        "flow_step",
        "status_changes",
    ];
    assert_eq!(outcomes(&env).await, names.map(|name| (name.to_owned(), "passed".to_owned())));
    assert_eq!(env.memory.dump(), before);
}

#[tokio::test]
async fn what_was_not_seen_yet_is_said_and_not_guessed() {
    let env = connected().await;
    for name in ["zoom_scopes", "clock", "zoom_webhook", "flow_step", "status_changes"] {
        assert_eq!(check(&env, name).await.0, "unknown", "{name}");
    }
    assert_eq!(check(&env, "scheduler").await.0, "failed");
    env.ports().store().put(&LastValidationKey {}, &Moment::new(env.now())).await.unwrap();
    assert_eq!(check(&env, "zoom_webhook").await.0, "passed");
}

#[tokio::test]
async fn zooms_refusals_and_an_unusable_service_fail_in_words() {
    let env = connected().await;
    env.fail_zoom(404, json!({"code": 3001, "message": "Webinar does not exist."}));
    assert_eq!(check(&env, "zoom_token").await.0, "failed");
    env.restore_zoom();
    let missing = Problem::because(ErrorCode::ServiceLacksPermission, "The scope webinar:write is missing.");
    env.change_service("s1", |service| service.problem = Some(missing)).await;
    let (outcome, detail) = check(&env, "zoom_scopes").await;
    assert!(outcome == "failed" && detail.contains("webinar:write"), "{detail}");
    env.change_service("s1", |service| service.state = ServiceState::NeedsSignIn).await;
    assert_eq!(check(&env, "zoom_token").await.0, "failed");
    assert_eq!(check(&env, "clock").await.0, "unknown");
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_told_with_the_difference() {
    let env = connected().await;
    set_zoom_clock(&env, env.now() + SignedDuration::from_secs(90));
    let (outcome, detail) = check(&env, "clock").await;
    assert!(outcome == "failed" && detail.contains("90 seconds"), "{detail}");
}

#[tokio::test]
async fn marketos_refusals_and_steps_are_told() {
    let env = connected().await;
    let fields = json!({"member_fields": {"minutes": "zoomMinutes"}});
    assert_eq!(env.admin("PUT", &format!("{PROGRAM}/settings"), fields).await.0, 200);
    assert!(check(&env, "member_fields").await.1.contains("zoomMinutes can be written"));
    env.marketo.arrange(|subscription| subscription.member_fields.retain(|field| field.name != "zoomMinutes"));
    let (outcome, detail) = check(&env, "member_fields").await;
    assert!(outcome == "failed" && detail.contains("zoomMinutes"), "{detail}");
    env.fail_marketo("603");
    assert_eq!(check(&env, "marketo_access").await.0, "failed");
    assert_eq!(check(&env, "channel_steps").await.0, "unknown");
}

#[tokio::test]
async fn a_scheduler_and_a_poll_that_stopped_are_told() {
    let env = connected().await;
    seen(&env).await;
    env.memory.advance(SignedDuration::from_mins(20));
    assert_eq!(check(&env, "scheduler").await.0, "failed");
    assert_eq!(check(&env, "status_changes").await.0, "warning");
    put_cursor(&env, env.now(), Some(Problem::of(ErrorCode::MarketoAccessDenied))).await;
    assert_eq!(check(&env, "status_changes").await.0, "failed");
    let off = env.admin("PUT", &format!("{PROGRAM}/settings"), json!({"automatic": false})).await;
    assert_eq!((off.0, check(&env, "status_changes").await.0.as_str()), (200, "unknown"));
}

#[tokio::test]
async fn only_the_admin_checks_and_only_what_is_connected() {
    let env = connected().await;
    let refused = env.call("POST", &format!("{PROGRAM}/check"), ("authorization", "Bearer x"), Value::Null).await;
    assert_eq!(problem(&refused), (401, "UNAUTHENTICATED"));
    let unknown = env.admin("POST", "/catalog/programs/1003/check", Value::Null).await;
    assert_eq!(problem(&unknown), (404, "PROGRAM_NOT_CONNECTED"));
}
