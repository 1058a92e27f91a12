//! The lead fields that Marketo sends, by name. Only `registration` writes this record.

use super::record::Record;
use crate::first_version;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The names of the lead fields that Marketo sent lately, besides those that every registration needs. They identify nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentFields {
    /// Record version.
    pub v: u32,
    /// The fields.
    pub fields: Vec<SentField>,
}

/// A field that Marketo sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentField {
    /// The name under which it was sent.
    pub name: String,
    /// When it was sent last, to the day.
    pub at: Timestamp,
}

impl Default for SentFields {
    fn default() -> Self {
        Self { v: Self::VERSION, fields: Vec::new() }
    }
}

first_version!(SentFields);
