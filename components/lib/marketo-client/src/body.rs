//! Request bodies: asset calls are form-encoded, all others JSON.

use crate::error::MarketoError;
use bytes::Bytes;
use domain::Error;
use platform::request_target::form;
use serde::Serialize;

/// The body of a request, with its encoding.
pub(crate) enum RequestBody {
    None,
    Json(Bytes),
    Form(String),
}

impl RequestBody {
    pub(crate) fn json<T: Serialize>(value: &T) -> Result<Self, MarketoError> {
        let bytes = serde_json::to_vec(value).map_err(|error| Error::Internal(error.to_string()))?;
        Ok(Self::Json(bytes.into()))
    }

    pub(crate) fn form(pairs: &[(&str, &str)]) -> Self {
        Self::Form(form(pairs))
    }

    /// Returns the content type and the bytes.
    pub(crate) fn parts(&self) -> (Option<&'static str>, Bytes) {
        match self {
            Self::None => (None, Bytes::new()),
            Self::Json(bytes) => (Some("application/json"), bytes.clone()),
            Self::Form(text) => (Some("application/x-www-form-urlencoded"), Bytes::from(text.clone())),
        }
    }
}
