//! What a run of a campaign did, for tests to assert on and people to read.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Campaign;
use crate::marketo::world::SentEmail;

/// Names a run.
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
    /// Its name.
    pub id: RunId,
    /// What was to be done.
    pub campaign: Campaign,
    /// Whether it is over.
    pub state: RunState,
    /// When it began.
    pub started_at: Timestamp,
    /// When its last step was over.
    pub finished_at: Option<Timestamp>,
    /// Step 1, lead by lead.
    pub status_changes: Vec<StatusStep>,
    /// Step 2, chunk by chunk.
    pub chunks: Vec<Chunk>,
    /// Step 3.
    pub emails: Vec<SentEmail>,
}

impl Run {
    /// What the service reported, of all chunks together, by lead.
    pub fn outcomes(&self) -> BTreeMap<i64, &LeadOutcome> {
        let outcomes = self.chunks.iter().flat_map(|chunk| &chunk.outcomes);
        outcomes.map(|outcome| (outcome.lead_id, outcome)).collect()
    }

    /// The rules of the interface that the service broke.
    pub fn violations(&self) -> Vec<&str> {
        self.chunks.iter().flat_map(|chunk| &chunk.violations).map(String::as_str).collect()
    }
}

/// Whether a run is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RunState {
    /// A step is under way.
    Running,
    /// All steps are over, however they went.
    Finished,
}

/// What Change Program Status did with one lead.
#[derive(Debug, Clone, Serialize)]
pub struct StatusStep {
    /// The lead.
    pub lead_id: i64,
    /// `created`, `updated` or `skipped`.
    pub outcome: &'static str,
    /// Why it was skipped.
    pub reason: Option<String>,
}

/// One call of the flow step service, and what came of it.
#[derive(Debug, Clone, Serialize)]
pub struct Chunk {
    /// Place in the run, from 0.
    pub number: usize,
    /// The leads in it.
    pub lead_ids: Vec<i64>,
    /// Where it stands.
    pub state: ChunkState,
    /// Each time it was sent.
    pub deliveries: Vec<Delivery>,
    /// The callback that was accepted.
    pub callback: Option<Callback>,
    /// How many callbacks were refused, for whatever reason.
    pub callbacks_refused: usize,
    /// The chunk-level error, `errorCode: errorMessage`, under which no lead was processed.
    pub error: Option<String>,
    /// What the service reported of each lead.
    pub outcomes: Vec<LeadOutcome>,
    /// The rules of the interface that the service broke.
    pub violations: Vec<String>,
    /// The body that was sent.
    #[serde(skip)]
    pub invocation: Value,
    /// The token that its callback must show, once.
    #[serde(skip)]
    pub token: String,
}

/// Where a chunk stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChunkState {
    /// Its callback has not come yet.
    Waiting,
    /// Its callback came.
    CalledBack,
    /// The service answered with an error.
    Refused,
    /// Nobody called back in time; the token is void.
    TimedOut,
}

/// One time that a chunk was sent.
#[derive(Debug, Clone, Serialize)]
pub struct Delivery {
    /// When.
    pub at: Timestamp,
    /// The service's status; none when it did not answer.
    pub status: Option<u16>,
    /// The service's body, or why there is none.
    pub body: String,
    /// How long it took to answer, in milliseconds.
    pub took_ms: u64,
}

/// A callback that was accepted.
#[derive(Debug, Clone, Serialize)]
pub struct Callback {
    /// When it came.
    pub at: Timestamp,
    /// Its body.
    pub body: Value,
}

/// What the service reported of one lead.
#[derive(Debug, Clone, Serialize)]
pub struct LeadOutcome {
    /// The lead.
    pub lead_id: i64,
    /// Whether the service says that it worked.
    pub success: bool,
    /// Its code, empty on success.
    pub error_code: String,
    /// Its reason.
    pub reason: String,
    /// The activity's attributes.
    pub attributes: BTreeMap<String, Value>,
    /// The values for mapped lead fields, under the service's names.
    pub fields: BTreeMap<String, Value>,
}
