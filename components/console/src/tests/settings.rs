//! `GET /console/settings`.

use axum::body::Body;
use http::Request;
use platform::testing::in_memory::InMemoryPorts;
use tower::ServiceExt;

#[tokio::test]
async fn settings_require_the_admin_key() {
    let memory = InMemoryPorts::default();
    memory.set("admin_key", "right-right-right-right");
    memory.set("public_url", "https://app.test/");
    let router = crate::router(memory.ports());
    for (key, status, expected) in [("right-right-right-right", 200, "https://app.test"), ("wrong", 401, "")] {
        let request = Request::builder().uri("/console/settings").header("authorization", format!("Bearer {key}"));
        let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), status);
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(answer["public_url"].as_str().unwrap_or_default(), expected);
    }
    let request = Request::builder().uri("/console/settings").body(Body::empty()).unwrap();
    assert_eq!(router.oneshot(request).await.unwrap().status(), 401);
}
