//! Errors of Zoom's API.

use std::fmt::Display;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};

use crate::support::request_log::RefusalReason;

/// An API error: an HTTP status, a code, and a message. One code has several meanings; only the message distinguishes
/// them (docs/reference/zoom.md).
#[derive(Clone, Debug)]
pub(crate) struct ZoomApiError {
    status: StatusCode,
    code: u32,
    message: String,
    /// The invalid fields, each with a message.
    fields: Vec<(String, String)>,
    headers: Vec<(&'static str, String)>,
}

impl ZoomApiError {
    pub(crate) fn new(status: StatusCode, code: u32, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), fields: Vec::new(), headers: Vec::new() }
    }

    pub(crate) fn bad_request(code: u32, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// No endpoint has this path.
    pub(crate) fn unknown_endpoint() -> Self {
        Self::new(StatusCode::NOT_FOUND, 2300, "This API endpoint is not recognized.")
    }

    pub(crate) fn unauthorized(message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, 124, message)
    }

    pub(crate) fn no_permission() -> Self {
        Self::bad_request(200, "No permission.")
    }

    pub(crate) fn no_webinar_plan() -> Self {
        Self::bad_request(
            200,
            "Webinar plan is missing. You must subscribe to the webinar plan and enable webinars for this user in \
             order to perform this action.",
        )
    }

    pub(crate) fn no_user(id: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, 1001, format!("User does not exist: {id}."))
    }

    pub(crate) fn no_webinar(id: impl Display) -> Self {
        Self::new(StatusCode::NOT_FOUND, 3001, format!("Webinar does not exist: {id}."))
    }

    /// The error of reports and past sessions. Zoom sends the same one for a wrong id, a webinar that never ran and a
    /// report that is not ready.
    pub(crate) fn no_past_webinar(id: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, 3001, format!("Webinar \"{id}\" not found or has expired."))
    }

    pub(crate) fn registration_off(id: u64) -> Self {
        Self::bad_request(3000, format!("This webinar does not have registration as required: {id}."))
    }

    pub(crate) fn over() -> Self {
        Self::bad_request(
            3038,
            "Webinar is over, you cannot register now. If you have any questions, contact the webinar host.",
        )
    }

    /// One field is invalid.
    pub(crate) fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::bad_request(300, "Validation Failed.").and_field(field, message)
    }

    pub(crate) fn and_field(mut self, field: impl Into<String>, message: impl Into<String>) -> Self {
        self.fields.push((field.into(), message.into()));
        self
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    #[cfg(test)]
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| *n == name).map(|(_, value)| value.as_str())
    }

    fn body(&self) -> Value {
        let mut body = json!({ "code": self.code, "message": self.message });
        if !self.fields.is_empty() {
            body["errors"] =
                self.fields.iter().map(|(field, message)| json!({ "field": field, "message": message })).collect();
        }
        body
    }
}

impl IntoResponse for ZoomApiError {
    fn into_response(self) -> Response {
        let body = self.body();
        let mut response = (self.status, Json(&body)).into_response();
        for (name, value) in self.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                response.headers_mut().insert(name, value);
            }
        }
        response.extensions_mut().insert(RefusalReason(body.to_string()));
        response
    }
}
