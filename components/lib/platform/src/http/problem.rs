//! Errors as problem documents (RFC 9457), with the `code` of docs/API.md.

use crate::request_id::RequestId;
use axum::response::{IntoResponse, Response};
use domain::{Error, ErrorCode, Problem};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use std::collections::BTreeMap;

/// An error as an HTTP answer.
#[derive(Debug, Clone)]
pub struct ApiError {
    status: StatusCode,
    problem: Problem,
    extension: Option<(&'static str, serde_json::Value)>,
    /// Seconds until the caller may send the request again.
    retry_after: Option<u16>,
}

impl ApiError {
    /// Creates an error with the usual HTTP status of its code.
    pub fn new(problem: impl Into<Problem>) -> Self {
        let problem = problem.into();
        let status = StatusCode::from_u16(problem.code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, problem, extension: None, retry_after: None }
    }

    /// Creates an `INVALID_REQUEST`. The detail is written by the caller of this function and never quotes the request.
    pub fn invalid(detail: &str) -> Self {
        Self::new(Problem { code: ErrorCode::InvalidRequest, detail: detail.to_owned() })
    }

    /// Adds the header `Retry-After`, in seconds.
    #[must_use]
    pub fn with_retry_after(mut self, seconds: u16) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Replaces the HTTP status.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Adds a member to the problem document, for programs (RFC 9457, section 3.2).
    #[must_use]
    pub fn with_extension(mut self, name: &'static str, value: serde_json::Value) -> Self {
        self.extension = Some((name, value));
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

impl From<anyhow::Error> for ApiError {
    /// The caller gets the problem of the error below the context. The log gets the whole chain, if the error is internal.
    fn from(error: anyhow::Error) -> Self {
        let problem = error.downcast_ref().map_or_else(|| Problem::of(ErrorCode::Internal), Error::problem);
        if problem.code == ErrorCode::Internal {
            crate::log!(Error, "request.failed", error = format_args!("{error:#}"));
        }
        Self::new(problem)
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
    /// The id by which the log lines of the request are found.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(flatten)]
    extension: Option<BTreeMap<&'static str, serde_json::Value>>,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let document = ProblemDocument {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            code: self.problem.code,
            detail: &self.problem.detail,
            request_id: RequestId::current().map(|id| id.to_string()),
            extension: self.extension.map(|member| BTreeMap::from([member])),
        };
        // Texts, a number and JSON always serialize.
        let body = serde_json::to_vec(&document).unwrap_or_default();
        let problem_json = HeaderValue::from_static("application/problem+json");
        let mut response = (self.status, [(header::CONTENT_TYPE, problem_json)], body).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn context_does_not_hide_the_problem_below_it() {
        let rejected: Result<(), Error> = Err(ErrorCode::ServiceSuperseded.into());
        let error = ApiError::from(rejected.context("renewing tokens").unwrap_err());
        assert_eq!(error.problem.code, ErrorCode::ServiceSuperseded);
        let internal: Result<(), _> = Err(Error::Internal("disk full".to_owned()));
        let error = internal.context("reading services").unwrap_err();
        assert_eq!(format!("{error:#}"), "reading services: internal: disk full");
        assert_eq!(ApiError::from(error).problem, Problem::of(ErrorCode::Internal));
        assert_eq!(ApiError::from(anyhow::anyhow!("lost")).problem, Problem::of(ErrorCode::Internal));
    }
}
