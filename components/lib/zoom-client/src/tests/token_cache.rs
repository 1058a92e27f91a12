//! The cached access token of a service.

use crate::{TokenCache, ZoomClient};
use axum::Router;
use axum::routing::post;
use domain::ErrorCode;
use domain::time::SignedDuration;
use http::StatusCode;
use platform::testing::in_memory::InMemoryPorts;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[tokio::test]
async fn a_token_that_zoom_refuses_and_that_cannot_be_renewed_is_not_used_again() {
    let memory = InMemoryPorts::default();
    let (calls, renewals) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counted = calls.clone();
    let zoom = Router::new().fallback(async move || {
        counted.fetch_add(1, Ordering::SeqCst);
        (StatusCode::UNAUTHORIZED, axum::Json(json!({"code": 124, "message": "Invalid access token."})))
    });
    memory.serve("zoom.test", zoom);
    let expires_at = memory.ports().clock.now() + SignedDuration::from_hours(1);
    let token = json!({"access_token": "t", "api_base": "http://zoom.test", "expires_at": expires_at});
    // The first token is good as far as oauth knows. Then Zoom rejects the service.
    let counted = renewals.clone();
    let oauth = post(async move || match counted.fetch_add(1, Ordering::SeqCst) {
        0 => (StatusCode::OK, axum::Json(token)),
        _ => (StatusCode::CONFLICT, axum::Json(json!({"code": "SERVICE_NEEDS_SIGN_IN", "detail": "Rejected."}))),
    });
    memory.serve("oauth.spin.internal", Router::new().route("/internal/token/s1", oauth));
    let client = ZoomClient::of_service(&memory.ports(), &"s1".into(), &Arc::new(TokenCache::default()));
    for number in 1..=3 {
        let error = domain::Error::from(client.me().await.unwrap_err());
        assert_eq!(error.problem().code, ErrorCode::ServiceNeedsSignIn);
        assert_eq!(calls.load(Ordering::SeqCst), 1, "call {number}");
    }
    assert_eq!(renewals.load(Ordering::SeqCst), 4);
}
