//! Answers: problem documents (RFC 9457) with a `code` of DESIGN section 7, and JSON bodies read with clear errors.

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::{Code, Error, Problem, json};
use futures::future::BoxFuture;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Bodies over 1 MB get 413 (DESIGN section 7). Marketo's own limit is the same.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// An error as an HTTP answer.
#[derive(Debug, Clone)]
pub struct ApiError {
    status: StatusCode,
    problem: Problem,
}

impl ApiError {
    /// A problem under its code's usual HTTP status.
    pub fn new(problem: impl Into<Problem>) -> Self {
        let problem = problem.into();
        let status = StatusCode::from_u16(problem.code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, problem }
    }

    /// A bad request, with what is wrong about it. `what` is written by us, never taken from the request.
    pub fn invalid(what: &str) -> Self {
        Self::new(Problem { code: Code::InvalidRequest, detail: what.to_owned() })
    }

    /// The same problem under another HTTP status.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        if let Error::Ours(text) = &error {
            crate::log!("request.failed", error = text);
        }
        Self::new(error.problem())
    }
}

impl From<crate::ports::StoreError> for ApiError {
    fn from(error: crate::ports::StoreError) -> Self {
        Error::from(error).into()
    }
}

impl From<Code> for ApiError {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

#[derive(Serialize)]
struct Document<'a> {
    r#type: &'static str,
    title: &'a str,
    status: u16,
    code: Code,
    detail: &'a str,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let document = Document {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            code: self.problem.code,
            detail: &self.problem.detail,
        };
        let mut response = (self.status, Json(document)).into_response();
        let problem_json = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, problem_json);
        response
    }
}

/// A JSON answer. axum's own would bring a second serializer of every type, and its features more of serde_json.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        json_response(serde_json::to_vec(&self.0))
    }
}

/// The answer itself, which is the same code for every type.
fn json_response(body: serde_json::Result<Vec<u8>>) -> Response {
    let json = HeaderValue::from_static("application/json");
    match body {
        Ok(body) => ([(header::CONTENT_TYPE, json)], body).into_response(),
        Err(error) => ApiError::from(Error::Ours(error.to_string())).into_response(),
    }
}

/// A JSON body. Unknown fields are ignored; the content type does not matter, as Marketo and Zoom vary in it.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        Self::from_bytes(&read_body(request).await?)
    }
}

impl<T: DeserializeOwned> Body<T> {
    /// Reads a body that was taken raw before (its signature had to be checked first).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ApiError> {
        json::read(bytes).map(Self).map_err(unreadable)
    }
}

fn unreadable(error: json::Unreadable) -> ApiError {
    ApiError::invalid(&format!("The body cannot be read: {error}."))
}

/// Reads a body, which is the same code for every route.
fn read_body(request: Request) -> BoxFuture<'static, Result<Bytes, ApiError>> {
    Box::pin(async {
        Bytes::from_request(request, &()).await.map_err(|rejection| {
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                ApiError::invalid("The body is over 1 MB.").with_status(StatusCode::PAYLOAD_TOO_LARGE)
            } else {
                ApiError::invalid("The body could not be read.")
            }
        })
    })
}

/// The body as it came, at most [`MAX_BODY_BYTES`] long.
#[derive(Debug)]
pub struct RawBody(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for RawBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        read_body(request).await.map(Self)
    }
}

/// What every component's router ends with: the body limit, and problem documents for unknown paths and methods.
pub fn finish(router: Router) -> Router {
    router
        .fallback(async || ApiError::new(Code::NotFound))
        .method_not_allowed_fallback(async || {
            ApiError::invalid("This address does not take this method.").with_status(StatusCode::METHOD_NOT_ALLOWED)
        })
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::post;
    use tower::ServiceExt;

    #[derive(serde::Deserialize)]
    struct Hello {
        name: String,
    }

    async fn answer(method: &str, path: &str, body: impl Into<axum::body::Body>) -> (u16, serde_json::Value) {
        let router = finish(Router::new().route("/hello", post(async |Body(hello): Body<Hello>| hello.name)));
        let request = Request::builder().method(method).uri(path).body(body.into()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let is_problem = response.headers().get("content-type").is_some_and(|v| v == "application/problem+json");
        assert!(is_problem || status == 200);
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    #[tokio::test]
    async fn bad_requests_get_problem_documents_that_quote_nothing() {
        for (method, path, body, status, code) in [
            ("POST", "/hello", "{", 400, "INVALID_REQUEST"),
            ("POST", "/hello", "", 400, "INVALID_REQUEST"),
            ("POST", "/hello", r#"{"name": {"secret": 1}}"#, 400, "INVALID_REQUEST"),
            ("POST", "/hello", r#"{}"#, 400, "INVALID_REQUEST"),
            ("GET", "/hello", "", 405, "INVALID_REQUEST"),
            ("GET", "/nowhere", "", 404, "NOT_FOUND"),
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
    async fn unknown_fields_are_ignored() {
        let (status, _) = answer("POST", "/hello", r#"{"name": "x", "more": [1]}"#).await;
        assert_eq!(status, 200);
    }

    #[tokio::test]
    async fn our_own_faults_are_not_told() {
        let response = ApiError::from(Error::Ours("disk on fire".into())).into_response();
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("fire"));
    }
}
