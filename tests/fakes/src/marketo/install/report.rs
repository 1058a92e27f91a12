//! The report of an installation.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

/// The documents that an installation fetched, and their violations.
#[derive(Debug, Clone, Default, Serialize)]
pub struct InstallReport {
    /// `openapi.json`
    pub openapi: Value,
    /// `getServiceDefinition`
    pub definition: Value,
    /// `status`
    pub status: Value,
    /// `getPicklist` of each attribute with a picklist.
    pub picklists: BTreeMap<String, Value>,
    /// The violated rules; empty if Marketo would accept the service.
    pub violations: Vec<String>,
}

/// Collects the rules that a document violates.
#[derive(Debug, Default)]
pub(super) struct Findings(pub(super) Vec<String>);

impl Findings {
    /// Adds `complaint` unless the rule `holds`.
    pub(super) fn require(&mut self, holds: bool, complaint: impl Into<String>) {
        if !holds {
            self.0.push(complaint.into());
        }
    }

    /// Requires that the value at `pointer` is a text that is not empty.
    pub(super) fn require_text(&mut self, document: &Value, pointer: &str) {
        let text = document.pointer(pointer).and_then(Value::as_str);
        self.require(text.is_some_and(|text| !text.trim().is_empty()), format!("{pointer} must be a text"));
    }
}
