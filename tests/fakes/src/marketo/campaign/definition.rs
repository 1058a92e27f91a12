//! The definition of a smart campaign: its leads and its steps.

use serde::{Deserialize, Serialize};

/// A smart campaign and its leads.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Campaign {
    /// The program of the campaign.
    pub program_id: i64,
    /// The leads.
    pub lead_ids: Vec<i64>,
    /// Step 1: the new program status. None skips the step.
    #[serde(default = "registered")]
    pub status: Option<String>,
    /// Step 2: the flow step service. None skips the step.
    #[serde(default)]
    pub flow_step: Option<FlowStep>,
    /// Step 3: whether an e-mail is sent.
    #[serde(default = "yes")]
    pub email: bool,
}

impl Campaign {
    /// Returns a campaign with all three steps: status Registered, the flow step, an e-mail.
    pub fn new(program_id: i64, lead_ids: impl Into<Vec<i64>>, flow_step: FlowStep) -> Self {
        Self { program_id, lead_ids: lead_ids.into(), status: registered(), flow_step: Some(flow_step), email: true }
    }
}

/// The settings of the flow step.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowStep {
    /// Base URL of the service, without a trailing slash.
    pub base_url: String,
    /// The value of the header `x-api-key`; reports omit it.
    #[serde(skip_serializing)]
    pub api_key: String,
    /// The submitted value of the flow attribute `webinar`.
    #[serde(default = "program_choice")]
    pub webinar: String,
    /// Number of leads per call.
    #[serde(default = "full_chunk")]
    pub chunk_size: usize,
    /// Number of chunks that are posted concurrently. Marketo's number is not public, but calls do overlap.
    #[serde(default = "some_at_once")]
    pub chunks_at_once: usize,
    /// Whether the campaign is in the program. If not, the contexts of the program and its members are empty.
    #[serde(default = "yes")]
    pub in_program: bool,
    /// How blank fields of a lead are sent.
    #[serde(default)]
    pub blank: BlankFields,
    /// How long to wait for a callback, in seconds of real time.
    #[serde(default = "callback_timeout")]
    pub callback_timeout_seconds: f64,
}

impl FlowStep {
    /// Returns a flow step with the first choice of the picklist, "the program's connected webinar".
    pub fn new(base_url: impl Into<String>, api_key: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            api_key: api_key.into(),
            webinar: program_choice(),
            chunk_size: full_chunk(),
            chunks_at_once: some_at_once(),
            in_program: true,
            blank: BlankFields::default(),
            callback_timeout_seconds: callback_timeout(),
        }
    }
}

/// How blank fields are sent. Adobe's interface does not specify it, so a service must accept every variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BlankFields {
    /// Left out.
    #[default]
    Omit,
    /// JSON null.
    Null,
    /// An empty string.
    Empty,
}

#[expect(clippy::unnecessary_wraps, reason = "a default must have the field's type")]
fn registered() -> Option<String> {
    Some("Registered".to_owned())
}

fn yes() -> bool {
    true
}

fn program_choice() -> String {
    "program".to_owned()
}

fn full_chunk() -> usize {
    300
}

fn some_at_once() -> usize {
    5
}

fn callback_timeout() -> f64 {
    60.0
}
