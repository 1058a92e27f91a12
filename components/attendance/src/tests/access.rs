//! Authentication, and answers for programs that are not connected.

use super::env::{TestEnv, bearer, summary};
use axum::body::Body;
use http::HeaderMap;
use serde_json::json;

#[tokio::test]
async fn requests_without_the_admin_or_cron_key_are_rejected() {
    let env = TestEnv::new().await;
    for (method, path) in [
        ("GET", "/attendance/programs/1001"),
        ("POST", "/attendance/programs/1001/sync"),
        ("POST", "/attendance/tick"),
        ("GET", "/metrics"),
    ] {
        for headers in [HeaderMap::new(), bearer("other")] {
            let (status, body) = env.call(method, path, headers, Body::empty()).await;
            assert_eq!((status, &body["code"]), (401, &json!("UNAUTHENTICATED")), "{path}");
        }
    }
    assert_eq!(env.call("POST", "/attendance/tick", bearer("admin-key-of-the-tests"), Body::empty()).await.0, 401);
}

#[tokio::test]
async fn r15_a_program_that_is_not_connected_is_not_found() {
    let env = TestEnv::new().await;
    for (method, path) in [("GET", "/attendance/programs/7"), ("POST", "/attendance/programs/7/sync")] {
        let (status, body) = env.admin(method, path).await;
        assert_eq!((status, &body["code"]), (404, &json!("PROGRAM_NOT_CONNECTED")));
    }
    for path in ["/attendance/programs/x", "/attendance/programs/-1", "/attendance/programs/%2e%2e"] {
        assert_eq!(env.admin("GET", path).await.1["code"], "INVALID_REQUEST", "{path}");
    }
    assert_eq!(env.admin("GET", "/attendance/elsewhere").await.1["code"], "NOT_FOUND");
}

#[tokio::test]
async fn a_program_waits_for_the_planned_end_of_its_webinar() {
    let env = TestEnv::new().await;
    let view = env.view().await;
    assert_eq!(summary(&view), ("waiting".into(), 0, 0, 0));
    assert_eq!((&view["next_at"], &view["problem"]), (&json!("2026-11-02T10:05:00Z"), &json!(null)));
    assert_eq!(view["program_id"], "1001");
    // An early sync changes nothing.
    assert_eq!(env.sync().await["next_at"], "2026-11-02T10:05:00Z");
}
