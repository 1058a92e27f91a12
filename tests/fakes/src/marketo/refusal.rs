//! What Marketo says when it will not do something.

use serde::Serialize;
use serde::ser::SerializeStruct;

/// An error of Marketo's: at response level (`errors`) or at record level (`reasons`), the shape is the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Marketo's number: 6xx nothing was executed, 7xx no data or bad parameters, 1xxx about one record.
    pub code: u16,
    /// Marketo's sentence, in English.
    pub message: String,
}

impl Refusal {
    /// A refusal with this code and sentence.
    pub fn new(code: u16, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

impl Serialize for Refusal {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut shape = serializer.serialize_struct("Refusal", 2)?;
        // Marketo writes the code as a string.
        shape.serialize_field("code", &self.code.to_string())?;
        shape.serialize_field("message", &self.message)?;
        shape.end()
    }
}
