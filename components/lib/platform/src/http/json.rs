//! JSON answers and request bodies.

use super::problem::ApiError;
use crate::ports::Clock;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::time::SignedDuration;
use domain::{Error, json};
use futures::future::{BoxFuture, Either, select};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// A JSON answer. axum's own type would add a second serializer per type and more features of `serde_json`.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        json_response(serde_json::to_vec(&self.0))
    }
}

/// Not generic, so that it is compiled once.
fn json_response(body: serde_json::Result<Vec<u8>>) -> Response {
    let json = HeaderValue::from_static("application/json");
    match body {
        Ok(body) => ([(header::CONTENT_TYPE, json)], body).into_response(),
        Err(error) => ApiError::from(Error::Internal(error.to_string())).into_response(),
    }
}

/// A JSON request body. Unknown fields are ignored. The content type is not checked, since Marketo and Zoom vary in it.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        Self::from_bytes(&read_body(request).await?)
    }
}

impl<T: DeserializeOwned> JsonBody<T> {
    /// Parses a body that was read raw, because its signature had to be verified first.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ApiError> {
        json::read(bytes).map(Self).map_err(|error| unreadable(&error))
    }
}

fn unreadable(error: &json::JsonError) -> ApiError {
    ApiError::invalid(&format!("The body cannot be read: {error}."))
}

/// How long a request body may take to arrive: Marketo's and Zoom's come at once, and a request that waits for its body holds
/// memory of the instance.
const BODY_TIMEOUT: SignedDuration = SignedDuration::from_secs(10);

/// The clock that bounds the reading of a request's body. [`super::with_fallbacks`] adds it to each request.
#[derive(Clone)]
pub(super) struct BodyClock(pub(super) Arc<dyn Clock>);

/// Not generic, so that it is compiled once.
fn read_body(mut request: Request) -> BoxFuture<'static, Result<Bytes, ApiError>> {
    Box::pin(async move {
        let clock = request.extensions_mut().remove::<BodyClock>();
        let read = Bytes::from_request(request, &());
        let Some(BodyClock(clock)) = clock else { return read.await.map_err(|rejection| rejected(rejection.status())) };
        match select(Box::pin(read), clock.sleep(BODY_TIMEOUT)).await {
            Either::Left((read, _)) => read.map_err(|rejection| rejected(rejection.status())),
            Either::Right(((), _)) => Err(rejected(StatusCode::REQUEST_TIMEOUT)),
        }
    })
}

/// Returns the problem of a body that was not read.
fn rejected(status: StatusCode) -> ApiError {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => {
            ApiError::invalid("The body is larger than this address accepts.").with_status(status)
        }
        StatusCode::REQUEST_TIMEOUT => {
            ApiError::invalid("The body did not arrive within 10 seconds.").with_status(status)
        }
        _ => ApiError::invalid("The body could not be read."),
    }
}

/// A raw request body, of the size that its route accepts.
#[derive(Debug)]
pub struct RawBody(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for RawBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        read_body(request).await.map(Self)
    }
}
