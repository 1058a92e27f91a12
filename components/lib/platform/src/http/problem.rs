//! Errors as problem documents (RFC 9457), with the `code` of docs/API.md.

use axum::response::{IntoResponse, Response};
use domain::{Error, ErrorCode, Problem};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

/// An error as an HTTP answer.
#[derive(Debug, Clone)]
pub struct ApiError {
    status: StatusCode,
    problem: Problem,
}

impl ApiError {
    /// Creates an error with the usual HTTP status of its code.
    pub fn new(problem: impl Into<Problem>) -> Self {
        let problem = problem.into();
        let status = StatusCode::from_u16(problem.code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, problem }
    }

    /// Creates an `INVALID_REQUEST`. The detail is written by the caller of this function and never quotes the request.
    pub fn invalid(detail: &str) -> Self {
        Self::new(Problem { code: ErrorCode::InvalidRequest, detail: detail.to_owned() })
    }

    /// Replaces the HTTP status.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        if let Error::Internal(text) = &error {
            crate::log!(Error, "request.failed", error = text);
        }
        Self::new(error.problem())
    }
}

impl From<crate::ports::StoreError> for ApiError {
    fn from(error: crate::ports::StoreError) -> Self {
        Error::from(error).into()
    }
}

impl From<ErrorCode> for ApiError {
    fn from(code: ErrorCode) -> Self {
        Self::new(code)
    }
}

#[derive(Serialize)]
struct ProblemDocument<'a> {
    r#type: &'static str,
    title: &'a str,
    status: u16,
    code: ErrorCode,
    detail: &'a str,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let document = ProblemDocument {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            code: self.problem.code,
            detail: &self.problem.detail,
        };
        // Texts and a number always serialize.
        let body = serde_json::to_vec(&document).unwrap_or_default();
        let problem_json = HeaderValue::from_static("application/problem+json");
        (self.status, [(header::CONTENT_TYPE, problem_json)], body).into_response()
    }
}
