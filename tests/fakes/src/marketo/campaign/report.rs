//! The report of a campaign run.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::marketo::campaign::definition::Campaign;
use crate::marketo::subscription::activity::SentEmail;

/// Id of a run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub String);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A run of a campaign.
#[derive(Debug, Clone, Serialize)]
pub struct Run {
    /// Id of the run.
    pub id: RunId,
    /// The definition of the campaign.
    pub campaign: Campaign,
    /// Whether the run has finished.
    pub state: RunState,
    /// Start of the run.
    pub started_at: Timestamp,
    /// End of the last step.
    pub finished_at: Option<Timestamp>,
    /// Step 1, by lead.
    pub status_changes: Vec<StatusStep>,
    /// Step 2, by chunk.
    pub chunks: Vec<Chunk>,
    /// Step 3.
    pub emails: Vec<SentEmail>,
}

impl Run {
    /// Returns the outcomes that the service reported in all chunks, by lead.
    pub fn outcomes(&self) -> BTreeMap<i64, &LeadOutcome> {
        let outcomes = self.chunks.iter().flat_map(|chunk| &chunk.outcomes);
        outcomes.map(|outcome| (outcome.lead_id, outcome)).collect()
    }

    /// Returns the service's violations of the interface.
    pub fn violations(&self) -> Vec<&str> {
        self.chunks.iter().flat_map(|chunk| &chunk.violations).map(String::as_str).collect()
    }
}

/// Whether a run has finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RunState {
    /// A step is in progress.
    Running,
    /// All steps have ended, successfully or not.
    Finished,
}

/// The result of Change Program Status for one lead.
#[derive(Debug, Clone, Serialize)]
pub struct StatusStep {
    /// The lead.
    pub lead_id: i64,
    /// `created`, `updated` or `skipped`.
    pub outcome: &'static str,
    /// Why the lead was skipped.
    pub reason: Option<String>,
}

/// A call of the flow step service for a number of leads.
#[derive(Debug, Clone, Serialize)]
pub struct Chunk {
    /// Index in the run, from 0.
    pub number: usize,
    /// The leads of the chunk.
    pub lead_ids: Vec<i64>,
    /// State of the chunk.
    pub state: ChunkState,
    /// Every delivery of the chunk.
    pub deliveries: Vec<ChunkDelivery>,
    /// The accepted callback.
    pub callback: Option<Callback>,
    /// Number of rejected callbacks.
    pub callbacks_refused: usize,
    /// The chunk-level error, `errorCode: errorMessage`. No lead was processed.
    pub error: Option<String>,
    /// The outcome of each lead.
    pub outcomes: Vec<LeadOutcome>,
    /// The service's violations of the interface.
    pub violations: Vec<String>,
    /// The body of the call.
    #[serde(skip)]
    pub invocation: Value,
    /// The token that the callback must contain; it is valid once.
    #[serde(skip)]
    pub token: String,
}

/// The state of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChunkState {
    /// The callback has not arrived yet.
    Waiting,
    /// The callback was accepted.
    CalledBack,
    /// The service responded with an error.
    Refused,
    /// No callback arrived in time; the token is void.
    TimedOut,
}

/// A delivery of a chunk.
#[derive(Debug, Clone, Serialize)]
pub struct ChunkDelivery {
    /// When the chunk was sent.
    pub at: Timestamp,
    /// Status of the response; none if there was no response.
    pub status: Option<u16>,
    /// Body of the response, or why there was none.
    pub body: String,
    /// Response time in milliseconds.
    pub took_ms: u64,
}

/// An accepted callback.
#[derive(Debug, Clone, Serialize)]
pub struct Callback {
    /// When the callback arrived.
    pub at: Timestamp,
    /// Body of the callback.
    pub body: Value,
}

/// The outcome that the service reported for a lead.
#[derive(Debug, Clone, Serialize)]
pub struct LeadOutcome {
    /// The lead.
    pub lead_id: i64,
    /// Whether the service reported success.
    pub success: bool,
    /// Error code; empty on success.
    pub error_code: String,
    /// Reason that the service gave.
    pub reason: String,
    /// Attributes of the activity.
    pub attributes: BTreeMap<String, Value>,
    /// Values of mapped lead fields, by the service's field names.
    pub fields: BTreeMap<String, Value>,
}
