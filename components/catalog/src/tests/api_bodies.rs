//! Snapshots of the bodies of the public API. A difference is a change of the contract (docs/API.md); after a wanted one
//! `INSTA_UPDATE=always cargo test -p catalog api_bodies` writes them.

use super::env::{PROGRAM, TestEnv, at};
use domain::records::ServiceState;
use fakes::zoom::{UserChange, WebinarChange};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

const LIST: &str = "/catalog/webinars?service=s1";

/// Returns the status with the body.
fn shown((status, body): (u16, Value)) -> Value {
    json!({"status": status, "body": body})
}

#[tokio::test]
async fn the_list_of_webinars_matches_its_snapshot() {
    let env = TestEnv::new().await;
    env.add_service("s2", "dan@z.test", &["bob@z.test", "cyd@z.test"]).await;
    let host = |host: &str| host.to_owned();
    env.add_webinar(1, |webinar| webinar.host = host("dan@z.test"));
    env.add_webinar(2, |webinar| {
        webinar.host = host("bob@z.test");
        webinar.start_time = Some(at("2026-11-10T10:00:00Z"));
        (webinar.approval_type, webinar.is_simulive) = (1, true);
    });
    env.add_webinar(3, |webinar| (webinar.host, webinar.approval_type) = (host("dan@z.test"), 2));
    env.add_webinar(4, |webinar| (webinar.host, webinar.kind) = (host("dan@z.test"), 9));
    let unlicensed = UserChange { licensed: Some(false), ..UserChange::default() };
    env.zoom.change_user("cyd@z.test", unlicensed).unwrap();
    assert_json_snapshot!("webinars", shown(env.get("/catalog/webinars?service=s2").await));
}

#[tokio::test]
async fn connections_match_their_snapshots() {
    let env = TestEnv::new().await;
    env.add_webinar(9, |_| {});
    env.add_webinar(10, |webinar| (webinar.host, webinar.approval_type) = ("bob@x.test".into(), 2));
    let fields = json!({"minutes": "zoomMinutes", "first_join": "zoomJoined"});
    let choice = json!({"service": "s1", "webinar": "9", "member_fields": fields});
    assert_json_snapshot!("connected", shown(env.admin("PUT", PROGRAM, choice).await));
    assert_json_snapshot!("my_tokens", shown(env.get("/catalog/programs/1001/tokens").await));

    let moved = WebinarChange { start_time: Some(at("2026-11-13T16:30:00Z")), ..WebinarChange::default() };
    env.update_webinar(moved).await;
    assert_json_snapshot!("refreshed", shown(env.admin("POST", &format!("{PROGRAM}/refresh"), Value::Null).await));
    assert_json_snapshot!("reconnected", shown(env.connect(10).await));

    let winter = json!({"service": "s1", "webinar": "9"});
    assert_eq!(env.admin("PUT", "/catalog/programs/1003", winter).await.0, 200);
    env.change_service("s1", |service| service.users.clear()).await;
    assert_json_snapshot!("programs", shown(env.get("/catalog/programs").await));
    assert_json_snapshot!("program", shown(env.get(PROGRAM).await));
}

#[tokio::test]
async fn choices_match_their_snapshot() {
    let env = TestEnv::new().await;
    env.add_webinar(1, |_| {});
    let answer = env
        .call("POST", "/flow-step/getPicklist", ("x-api-key", "marketo-key-of-the-tests"), json!({"name": "webinar"}))
        .await;
    assert_json_snapshot!("picklist", shown(answer));
    let status = env.call("GET", "/flow-step/status", ("x-api-key", "marketo-key-of-the-tests"), Value::Null).await;
    assert_json_snapshot!("status", shown(status));
}

#[tokio::test]
async fn problems_match_their_snapshot() {
    let env = TestEnv::new().await;
    env.add_webinar(1, |_| {});
    env.add_webinar(2, |webinar| webinar.host = "eve@x.test".into());
    env.add_webinar(3, |webinar| webinar.kind = 9);
    env.add_webinar(4, |webinar| webinar.start_time = Some(at("2026-11-02T07:59:00Z")));
    let mut problems = serde_json::Map::new();
    let mut add = |request: &str, problem: Value| assert!(problems.insert(request.to_owned(), problem).is_none());
    add("wrong key", shown(env.call("GET", LIST, ("authorization", "Bearer wrong"), Value::Null).await));
    add("unknown path", shown(env.get("/catalog/nothing").await));
    add("list without a service", shown(env.get("/catalog/webinars").await));
    add("list of an unknown service", shown(env.get("/catalog/webinars?service=s9").await));
    add("program that is not connected", shown(env.get(PROGRAM).await));
    add("program id that is no number", shown(env.get("/catalog/programs/abc").await));
    add("host that is not enabled", shown(env.connect(2).await));
    add("recurring webinar", shown(env.connect(3).await));
    add("webinar that is over", shown(env.connect(4).await));
    add("unknown webinar", shown(env.connect(5).await));
    let choice = json!({"service": "s1", "webinar": "1"});
    add("program in another channel", shown(env.admin("PUT", "/catalog/programs/1002", choice.clone()).await));
    add("unknown program", shown(env.admin("PUT", "/catalog/programs/1009", choice).await));
    let fields = json!({"service": "s1", "webinar": "1", "member_fields": {"minutes": "zoomNothing"}});
    add("unknown member field", shown(env.admin("PUT", PROGRAM, fields).await));
    add("body of a wrong type", shown(env.admin("PUT", PROGRAM, json!({"service": 1})).await));
    let other = env
        .call("POST", "/flow-step/getPicklist", ("x-api-key", "marketo-key-of-the-tests"), json!({"name": "program"}))
        .await;
    add("unknown attribute", shown(other));
    for code in ["603", "607", "713"] {
        env.fail_marketo(code);
        add(&format!("Marketo answers {code}"), shown(env.connect(1).await));
    }
    env.restore_marketo();
    env.fail_zoom(503, json!({}));
    add("Zoom is down", shown(env.get(LIST).await));
    env.restore_zoom();
    for state in [ServiceState::Superseded, ServiceState::NeedsSignIn, ServiceState::Deauthorized] {
        env.change_service("s1", |service| service.state = state).await;
        add(&format!("service is {state:?}"), shown(env.get(LIST).await));
    }
    assert_json_snapshot!("problems", problems);
}
