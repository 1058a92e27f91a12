//! HTTP answers and bodies: problem documents (RFC 9457) and JSON.
//!
//! | module | content |
//! |---|---|
//! | [`problem`] | [`ApiError`], an error as a problem document |
//! | [`json`] | JSON answers, JSON and raw request bodies |

pub mod json;
pub mod problem;

use crate::ports::Ports;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use domain::ErrorCode;
use http::StatusCode;

pub use json::{Json, JsonBody, RawBody};
pub use problem::ApiError;

/// Maximum size of a request body, in bytes; larger ones get 413. A route may have another `DefaultBodyLimit`.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// Adds to a component's router the body limit, problem documents for unknown paths and methods, and the check of the
/// configured URLs.
pub fn with_fallbacks(router: Router, ports: Ports) -> Router {
    router
        .fallback(async || ApiError::new(ErrorCode::NotFound))
        .method_not_allowed_fallback(async || {
            ApiError::invalid("This address does not take this method.").with_status(StatusCode::METHOD_NOT_ALLOWED)
        })
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn_with_state(ports, check_config))
}

/// Refuses to serve while a configured URL is wrong. The log names the variable.
async fn check_config(State(ports): State<Ports>, request: Request, next: Next) -> Result<Response, ApiError> {
    ports.config().check().await?;
    Ok(next.run(request).await)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::in_memory::InMemoryPorts;
    use axum::response::IntoResponse;
    use axum::routing::post;
    use domain::Error;
    use tower::ServiceExt;

    #[derive(serde::Deserialize)]
    struct Hello {
        name: String,
    }

    fn hello() -> Router {
        Router::new().route("/hello", post(async |JsonBody(hello): JsonBody<Hello>| hello.name))
    }

    async fn answer(method: &str, path: &str, body: impl Into<axum::body::Body>) -> (u16, serde_json::Value) {
        let router = with_fallbacks(hello(), InMemoryPorts::default().ports());
        let request = Request::builder().method(method).uri(path).body(body.into()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let is_problem = response.headers().get("content-type").is_some_and(|v| v == "application/problem+json");
        assert!(is_problem || status == 200);
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    #[tokio::test]
    async fn invalid_requests_get_problem_documents_that_quote_nothing() {
        for (method, path, body, status, code) in [
            ("POST", "/hello", "{", 400, "INVALID_REQUEST"),
            ("POST", "/hello", "", 400, "INVALID_REQUEST"),
            ("POST", "/hello", r#"{"name": {"secret": 1}}"#, 400, "INVALID_REQUEST"),
            ("POST", "/hello", r#"{}"#, 400, "INVALID_REQUEST"),
            ("GET", "/hello", "", 405, "INVALID_REQUEST"),
            ("GET", "/unknown", "", 404, "NOT_FOUND"),
        ] {
            let (got, problem) = answer(method, path, body).await;
            assert_eq!((got, &problem["code"]), (status, &code.into()), "{method} {path} {body}");
            assert_eq!(problem["status"], status);
            assert!(!problem["detail"].as_str().unwrap().contains("secret"));
        }
        let (status, problem) = answer("POST", "/hello", vec![b' '; 2 << 20]).await;
        assert_eq!((status, &problem["code"]), (413, &"INVALID_REQUEST".into()));
    }

    #[tokio::test]
    async fn nothing_is_served_while_a_configured_url_is_wrong() {
        let memory = InMemoryPorts::default();
        let router = with_fallbacks(hello(), memory.ports());
        for (url, statuses) in [("https://a.test/rest", [500, 500]), ("https://a.test", [200, 404])] {
            memory.set("marketo_url", url);
            for (path, status) in ["/hello", "/unknown"].into_iter().zip(statuses) {
                let request = Request::post(path).body(axum::body::Body::from(r#"{"name": "x"}"#)).unwrap();
                assert_eq!(router.clone().oneshot(request).await.unwrap().status(), status, "{url} {path}");
            }
        }
    }

    #[tokio::test]
    async fn unknown_fields_are_ignored() {
        let (status, _) = answer("POST", "/hello", r#"{"name": "x", "more": [1]}"#).await;
        assert_eq!(status, 200);
    }

    #[tokio::test]
    async fn internal_errors_are_not_shown_to_callers() {
        let response = ApiError::from(Error::Internal("disk on fire".into())).into_response();
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("fire"));
    }
}
