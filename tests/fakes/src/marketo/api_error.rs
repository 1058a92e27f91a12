//! Errors of Marketo's API.

use serde::Serialize;
use serde::ser::SerializeStruct;

/// An error of Marketo's API. Response-level errors (`errors`) and record-level errors (`reasons`) have the same
/// format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarketoApiError {
    /// Error code: 6xx the call was not executed, 7xx no data or invalid parameters, 1xxx an error of one record.
    pub code: u16,
    /// Error message in English.
    pub message: String,
}

impl MarketoApiError {
    /// Creates an error from a code and a message.
    pub fn new(code: u16, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

impl Serialize for MarketoApiError {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut shape = serializer.serialize_struct("MarketoApiError", 2)?;
        // Marketo sends the code as a string.
        shape.serialize_field("code", &self.code.to_string())?;
        shape.serialize_field("message", &self.message)?;
        shape.end()
    }
}
