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
use domain::{ErrorCode, Problem};
use futures::FutureExt;
use http::{HeaderValue, StatusCode, header};

use json::BodyClock;

pub use json::{Json, JsonBody, RawBody};
pub use problem::ApiError;

/// Maximum size of a request body, in bytes, unless its route has a limit of its own; larger ones get 413. Enough for any JSON
/// that a person or the console sends.
pub const SMALL_BODY_BYTES: usize = 64 * 1024;

/// Limit of the routes that take events of Zoom, or leads of Marketo one by one: many fields, with texts of any length.
pub const LARGE_BODY_BYTES: usize = 1024 * 1024;

/// Limit of what components send each other: a forwarded event and its escapes, or lists of services.
pub const INTERNAL_BODY_BYTES: usize = 2 * LARGE_BODY_BYTES;

/// Returns the layer that sets the limit of a route's bodies, in bytes.
pub fn body_limit(bytes: usize) -> DefaultBodyLimit {
    DefaultBodyLimit::max(bytes)
}

/// How long browsers use https only, once they have: a year.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Adds to a component's router the body limit, problem documents for unknown paths and methods, the check of the configured
/// URLs and keys, the id of each request, and the headers of every answer.
pub fn with_fallbacks(router: Router, ports: Ports) -> Router {
    router
        .fallback(async || ApiError::new(ErrorCode::NotFound))
        .method_not_allowed_fallback(async || {
            ApiError::invalid("This address does not take this method.").with_status(StatusCode::METHOD_NOT_ALLOWED)
        })
        .layer(DefaultBodyLimit::max(SMALL_BODY_BYTES))
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

/// Refuses to serve while a configured URL or key is wrong. The answer and the log name the variable, without its value.
async fn answer(ports: Ports, mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(BodyClock(ports.clock.clone()));
    let mut response = match ports.config().check().await {
        Ok(()) => next.run(request).await,
        Err(faults) => {
            crate::log!(Error, "config.refused", error = faults);
            let detail =
                format!("The application is not configured: {faults}. Correct it, and restart the application.");
            ApiError::new(Problem { code: ErrorCode::Internal, detail }).into_response()
        }
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
        let hello = || post(async |JsonBody(hello): JsonBody<Hello>| hello.name);
        Router::new().route("/hello", hello()).route("/large", hello().layer(body_limit(LARGE_BODY_BYTES)))
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
    }

    #[tokio::test]
    async fn each_route_has_its_own_limit_of_bodies() {
        let padded = |bytes: usize| {
            let mut body = br#"{"name": "x"}"#.to_vec();
            body.resize(bytes, b' ');
            body
        };
        for (path, limit) in [("/hello", SMALL_BODY_BYTES), ("/large", LARGE_BODY_BYTES)] {
            assert_eq!(answer_to("POST", path, padded(limit)).await.0, 200, "{path}");
            let (status, problem) = answer_to("POST", path, padded(limit + 1)).await;
            assert_eq!((status, &problem["code"]), (413, &"INVALID_REQUEST".into()), "{path}");
        }
    }

    #[tokio::test]
    async fn a_body_that_does_not_arrive_is_given_up_after_ten_seconds() {
        let memory = InMemoryPorts::default();
        let began = memory.ports().clock.now();
        let first = futures::stream::iter([Ok::<_, std::io::Error>(r#"{"name""#)]);
        let body = axum::body::Body::from_stream(futures::StreamExt::chain(first, futures::stream::pending()));
        let request = Request::post("/hello").body(body).unwrap();
        let response = with_fallbacks(hello(), memory.ports()).oneshot(request).await.unwrap();
        assert_eq!(response.status(), 408);
        assert_eq!(memory.ports().clock.now().duration_since(began), domain::time::SignedDuration::from_secs(10));
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&bytes).unwrap()["code"], "INVALID_REQUEST");
    }

    #[tokio::test]
    async fn nothing_is_served_while_a_configured_url_or_key_is_wrong() {
        let memory = InMemoryPorts::default();
        let router = with_fallbacks(hello(), memory.ports());
        for (url, key, statuses) in [
            ("https://a.test/rest", "a-key-of-20-characters", [500, 500]),
            ("https://a.test", "a-key-of-20-characters,summer26", [500, 500]),
            ("https://a.test", "a-key-of-20-characters", [200, 404]),
        ] {
            memory.set("marketo_url", url);
            memory.set("admin_key", key);
            for (path, status) in ["/hello", "/unknown"].into_iter().zip(statuses) {
                let request = Request::post(path).body(axum::body::Body::from(r#"{"name": "x"}"#)).unwrap();
                assert_eq!(router.clone().oneshot(request).await.unwrap().status(), status, "{url} {key} {path}");
            }
        }
    }

    #[tokio::test]
    async fn a_refusal_to_serve_names_the_variable_and_no_value() {
        let memory = InMemoryPorts::default();
        memory.set("cron_key", "summer26");
        let request = Request::post("/hello").body(axum::body::Body::empty()).unwrap();
        let response = with_fallbacks(hello(), memory.ports()).oneshot(request).await.unwrap();
        assert_eq!(response.status(), 500);
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let problem: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("the variable cron_key has a key of fewer than 20 characters"), "{detail}");
        assert!(!detail.contains("summer26"));
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
