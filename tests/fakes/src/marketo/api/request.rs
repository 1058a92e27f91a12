//! How requests are read: parameters of query and form, JSON bodies, ids in paths.

use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::marketo::refusal::Refusal;

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

fn has_type(headers: &HeaderMap, wanted: &str) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.trim().to_ascii_lowercase().starts_with(wanted))
}

/// The parameters of a request: those of its query, and for a POST those of its form.
#[derive(Debug, Clone)]
pub(super) struct Params(HashMap<String, String>);

impl Params {
    /// A parameter that is there and not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A parameter that must be there, even if empty.
    ///
    /// # Errors
    /// 701 when it is not.
    pub(super) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.0.get(name).map(String::as_str).ok_or_else(|| Refusal::new(701, format!("{name} cannot be null")))
    }

    /// A comma-separated list of at most 300 values.
    ///
    /// # Errors
    /// 1003 when it is missing or longer.
    pub(super) fn list(&self, name: &str) -> Result<Vec<&str>, Refusal> {
        const MAX_VALUES: usize = 300;
        let text = self.get(name).ok_or_else(|| Refusal::new(1003, format!("{name} not specified")))?;
        let values: Vec<&str> = text.split(',').map(str::trim).filter(|value| !value.is_empty()).collect();
        if values.len() > MAX_VALUES {
            return Err(Refusal::new(1003, format!("{name} may have {MAX_VALUES} values at most")));
        }
        Ok(values)
    }

    /// The page size: at most, and by default, 300.
    ///
    /// # Errors
    /// 1003 for anything else.
    pub(super) fn batch_size(&self) -> Result<usize, Refusal> {
        const MAX: usize = 300;
        self.get("batchSize").map_or(Ok(MAX), |text| {
            text.parse()
                .ok()
                .filter(|size| (1..=MAX).contains(size))
                .ok_or_else(|| Refusal::new(1003, "batchSize must be from 1 to 300"))
        })
    }

    /// What makes two queries the same apart from the page they ask for.
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
            return Err(Refusal::new(612, "Invalid Content Type").into_response());
        }
        let form = Bytes::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        Ok(Self::parse(query.as_deref(), &form))
    }
}

/// A JSON body of a given shape.
#[derive(Debug)]
pub(super) struct JsonBody<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        if !has_type(request.headers(), JSON) {
            return Err(Refusal::new(612, "Invalid Content Type").into_response());
        }
        let body = Bytes::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        let json: Value =
            serde_json::from_slice(&body).map_err(|_| Refusal::new(609, "Invalid JSON").into_response())?;
        serde_json::from_value(json).map(Self).map_err(|error| Refusal::new(1003, error.to_string()).into_response())
    }
}

/// Whether a POST says that it is a GET whose parameters are too long for a URI.
pub(super) fn is_long_get(request: &Request) -> bool {
    let query = request.uri().query().unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes()).any(|(name, value)| name == "_method" && value == "GET")
}

/// The number in a path's last segment, `1001.json`.
///
/// # Errors
/// 610 when it is not of that form.
pub(super) fn id_in(file: &str) -> Result<i64, Refusal> {
    file.strip_suffix(".json")
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| Refusal::new(610, "Requested resource not found"))
}
