//! Extractors: parameters of query and form, JSON bodies, ids in paths.

use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::marketo::api_error::MarketoApiError;

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

fn has_type(headers: &HeaderMap, wanted: &str) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.trim().to_ascii_lowercase().starts_with(wanted))
}

/// The parameters of the query and, for a POST, of the form.
#[derive(Debug, Clone)]
pub(super) struct Params(HashMap<String, String>);

impl Params {
    /// Returns a parameter that is not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Returns a required parameter, which may be empty.
    ///
    /// # Errors
    /// Returns 701 if it is missing.
    pub(super) fn required(&self, name: &str) -> Result<&str, MarketoApiError> {
        self.0.get(name).map(String::as_str).ok_or_else(|| MarketoApiError::new(701, format!("{name} cannot be null")))
    }

    /// Returns a comma-separated list of at most 300 values.
    ///
    /// # Errors
    /// Returns 1003 if the parameter is missing or has more values.
    pub(super) fn list(&self, name: &str) -> Result<Vec<&str>, MarketoApiError> {
        const MAX_VALUES: usize = 300;
        let text = self.get(name).ok_or_else(|| MarketoApiError::new(1003, format!("{name} not specified")))?;
        let values: Vec<&str> = text.split(',').map(str::trim).filter(|value| !value.is_empty()).collect();
        if values.len() > MAX_VALUES {
            return Err(MarketoApiError::new(1003, format!("{name} may have {MAX_VALUES} values at most")));
        }
        Ok(values)
    }

    /// Returns the page size, which is 300 at most and by default.
    ///
    /// # Errors
    /// Returns 1003 for any other value.
    pub(super) fn batch_size(&self) -> Result<usize, MarketoApiError> {
        const MAX: usize = 300;
        self.get("batchSize").map_or(Ok(MAX), |text| {
            text.parse()
                .ok()
                .filter(|size| (1..=MAX).contains(size))
                .ok_or_else(|| MarketoApiError::new(1003, "batchSize must be from 1 to 300"))
        })
    }

    /// Returns a key that two queries share if they differ in the page only.
    pub(super) fn query_key(&self) -> String {
        let mut pairs: Vec<_> = self.0.iter().filter(|(name, _)| *name != "nextPageToken").collect();
        pairs.sort();
        format!("{pairs:?}")
    }

    fn parse(query: Option<&str>, form: &[u8]) -> Self {
        let pairs = [query.unwrap_or_default().as_bytes(), form];
        Self(pairs.into_iter().flat_map(|text| url::form_urlencoded::parse(text).into_owned()).collect())
    }
}

impl<S: Send + Sync> FromRequest<S> for Params {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let query = request.uri().query().map(str::to_owned);
        if request.method() != Method::POST {
            return Ok(Self::parse(query.as_deref(), &[]));
        }
        if !has_type(request.headers(), FORM) {
            return Err(MarketoApiError::new(612, "Invalid Content Type").into_response());
        }
        let form = Bytes::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        Ok(Self::parse(query.as_deref(), &form))
    }
}

/// A JSON body of type `T`.
#[derive(Debug)]
pub(super) struct JsonBody<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        if !has_type(request.headers(), JSON) {
            return Err(MarketoApiError::new(612, "Invalid Content Type").into_response());
        }
        let body = Bytes::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        let json: Value =
            serde_json::from_slice(&body).map_err(|_| MarketoApiError::new(609, "Invalid JSON").into_response())?;
        serde_json::from_value(json)
            .map(Self)
            .map_err(|error| MarketoApiError::new(1003, error.to_string()).into_response())
    }
}

/// Whether a POST is a GET whose parameters are too long for a URI.
pub(super) fn is_long_get(request: &Request) -> bool {
    let query = request.uri().query().unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes()).any(|(name, value)| name == "_method" && value == "GET")
}

/// Returns the id in a path's last segment, such as `1001.json`.
///
/// # Errors
/// Returns 610 if the segment has another format.
pub(super) fn id_in(file: &str) -> Result<i64, MarketoApiError> {
    file.strip_suffix(".json")
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| MarketoApiError::new(610, "Requested resource not found"))
}
