//! What Marketo does when an administrator installs a flow step service: it reads the description, the definition, the
//! status and the picklists, and judges each by the rules of Adobe's interface.

mod definition;
mod openapi;
mod picklist;
mod visit;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

pub(super) use visit::check;

/// What an installation read, and what is wrong with it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct InstallReport {
    /// `openapi.json`
    pub openapi: Value,
    /// `getServiceDefinition`
    pub definition: Value,
    /// `status`
    pub status: Value,
    /// `getPicklist` for each attribute that has one.
    pub picklists: BTreeMap<String, Value>,
    /// The rules that are broken; empty for a service that Marketo would take.
    pub violations: Vec<String>,
}

/// Collects the rules that a document breaks.
#[derive(Debug, Default)]
struct Findings(Vec<String>);

impl Findings {
    /// Notes `complaint` unless `holds`.
    fn require(&mut self, holds: bool, complaint: impl Into<String>) {
        if !holds {
            self.0.push(complaint.into());
        }
    }

    /// Notes that the value at `pointer` is no text with something in it.
    fn require_text(&mut self, document: &Value, pointer: &str) {
        let text = document.pointer(pointer).and_then(Value::as_str);
        self.require(text.is_some_and(|text| !text.trim().is_empty()), format!("{pointer} must be a text"));
    }
}
