//! HTTP answers and bodies: problem documents (RFC 9457) and JSON.
//!
//! | module | content |
//! |---|---|
//! | [`problem`] | [`ApiError`], an error as a problem document |
//! | [`json`] | JSON answers, JSON and raw request bodies |

pub mod json;
pub mod problem;

use crate::ports::Ports;
use crate::request_id::{self, RequestId};
use crate::url_origin::UrlOrigin;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use domain::ErrorCode;
use futures::FutureExt;
use http::{HeaderValue, StatusCode, header};

pub use json::{Json, JsonBody, RawBody};
pub use problem::ApiError;

/// Maximum size of a request body, in bytes; larger ones get 413. A route may have another `DefaultBodyLimit`.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// How long browsers use https only, once they have: a year.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Adds to a component's router the body limit, problem documents for unknown paths and methods, the check of the configured
/// URLs, the id of each request, and the headers of every answer.
pub fn with_fallbacks(router: Router, ports: Ports) -> Router {
    router
        .fallback(async || ApiError::new(ErrorCode::NotFound))
        .method_not_allowed_fallback(async || {
            ApiError::invalid("This address does not take this method.").with_status(StatusCode::METHOD_NOT_ALLOWED)
        })
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn_with_state(ports, identify))
}

/// Adds what protects an answer: it is not stored unless it says otherwise, its type is not guessed, and where the application
/// is reached over https, it is reached so for good.
async fn protect(ports: &Ports, response: &mut Response) {
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    if ports.config().public_url().await.is_ok_and(UrlOrigin::is_https) {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
}

/// Gives a request its id: that of the request that caused it, if another component sent it, else a random one. Nobody
/// else chooses an id, since `/internal/...` has no public route.
async fn identify(State(ports): State<Ports>, request: Request, next: Next) -> Response {
    let is_internal = request.uri().path().starts_with("/internal/");
    let given = request.headers().get(request_id::HEADER).filter(|_| is_internal).and_then(|id| id.to_str().ok());
    let id = given.and_then(RequestId::parse).unwrap_or_else(|| RequestId::random(&*ports.random));
    let mut response = id.scope(answer(ports, request, next).boxed()).await;
    if let Ok(id) = HeaderValue::try_from(id.to_string()) {
        response.headers_mut().insert(request_id::HEADER, id);
    }
    response
}

/// Refuses to serve while a configured URL is wrong. The log names the variable.
async fn answer(ports: Ports, request: Request, next: Next) -> Response {
    let mut response = match ports.config().check().await {
        Ok(()) => next.run(request).await,
        Err(error) => ApiError::from(error).into_response(),
    };
    protect(&ports, &mut response).await;
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::in_memory::InMemoryPorts;
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

    async fn answer_to(method: &str, path: &str, body: impl Into<axum::body::Body>) -> (u16, serde_json::Value) {
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
            let (got, problem) = answer_to(method, path, body).await;
            assert_eq!((got, &problem["code"]), (status, &code.into()), "{method} {path} {body}");
            assert_eq!(problem["status"], status);
            assert!(!problem["detail"].as_str().unwrap().contains("secret"));
        }
        let (status, problem) = answer_to("POST", "/hello", vec![b' '; 2 << 20]).await;
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
    async fn every_answer_is_protected_and_keeps_its_own_caching() {
        let memory = InMemoryPorts::default();
        let cached = Router::new().route("/cached", post(async || [(header::CACHE_CONTROL, "public, max-age=60")]));
        for (public_url, hsts) in [("https://app.test", Some("max-age=31536000")), ("http://app.test", None)] {
            memory.set("public_url", public_url);
            let router = with_fallbacks(cached.clone(), memory.ports());
            for (path, caching) in [("/cached", "public, max-age=60"), ("/unknown", "no-store")] {
                let request = Request::post(path).body(axum::body::Body::empty()).unwrap();
                let headers = router.clone().oneshot(request).await.unwrap().into_parts().0.headers;
                let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
                assert_eq!(text("cache-control").as_deref(), Some(caching));
                assert_eq!(text("x-content-type-options").as_deref(), Some("nosniff"));
                assert_eq!(text("strict-transport-security").as_deref(), hsts, "{public_url}");
            }
        }
    }

    #[tokio::test]
    async fn a_request_has_an_id_that_only_a_component_chooses() {
        let router = Router::new().route("/internal/x", post(async || ApiError::from(ErrorCode::Busy)));
        let router = with_fallbacks(router.merge(hello()), InMemoryPorts::default().ports());
        let given = "00000000000003f2";
        let mut seen = std::collections::BTreeSet::new();
        for (path, sent, is_kept) in [
            ("/internal/x", given, true),
            ("/internal/x", "odd", false),
            ("/unknown", given, false),
            ("/internally", given, false),
        ] {
            let request = Request::post(path).header("x-request-id", sent).body(axum::body::Body::empty()).unwrap();
            let response = router.clone().oneshot(request).await.unwrap();
            let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
            let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
            let problem: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            assert_eq!(problem["request_id"], id, "{path} {sent}");
            assert_eq!(id == given, is_kept, "{path} {sent}");
            assert!(RequestId::parse(&id).is_some() && seen.insert(id), "{path} {sent}");
        }
    }

    #[tokio::test]
    async fn unknown_fields_are_ignored() {
        let (status, _) = answer_to("POST", "/hello", r#"{"name": "x", "more": [1]}"#).await;
        assert_eq!(status, 200);
    }

    #[tokio::test]
    async fn internal_errors_are_not_shown_to_callers() {
        let response = ApiError::from(Error::Internal("disk on fire".into())).into_response();
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("fire"));
    }
}
