//! Smart campaigns: a flow of up to three steps over some leads of a program.
//!
//! 1. *Change Program Status*, when the campaign names one.
//! 2. A *flow step service*, called as Adobe's Self-Service Flow Step interface 1.0.0 says: chunks of leads are posted to
//!    `submitAsyncAction`; each chunk is over when its callback came, the service refused it, or nobody called back.
//! 3. *Send Email*, with `{{member.webinar url}}` as it stands at that moment.
//!
//! A flow goes on whatever became of a step, as Marketo's do: where no link was written, an e-mail with a blank goes out.

mod callback;
mod email;
mod flow;
mod invocation;
mod outcome;
mod report;
mod service;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub(super) use callback::receive;
pub use email::{SUBJECT, TEXT};
pub(super) use flow::{redeliver, start};
pub use report::{Callback, Chunk, ChunkState, Delivery, LeadOutcome, Run, RunId, RunState, StatusStep};
pub use service::{DataType, Service};

/// A smart campaign and whom it runs over.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Campaign {
    /// The program that the campaign belongs to.
    pub program_id: i64,
    /// The leads.
    pub lead_ids: Vec<i64>,
    /// Step 1: the new program status. None leaves the step out.
    #[serde(default = "registered")]
    pub status: Option<String>,
    /// Step 2: the flow step service. None leaves the step out.
    #[serde(default)]
    pub flow_step: Option<FlowStep>,
    /// Step 3: whether an e-mail goes out.
    #[serde(default = "yes")]
    pub email: bool,
}

impl Campaign {
    /// The usual campaign: status Registered, the flow step, then an e-mail.
    pub fn new(program_id: i64, lead_ids: impl Into<Vec<i64>>, flow_step: FlowStep) -> Self {
        Self { program_id, lead_ids: lead_ids.into(), status: registered(), flow_step: Some(flow_step), email: true }
    }
}

/// How the flow step service is called.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowStep {
    /// What `submitAsyncAction` is appended to, without a trailing slash.
    pub base_url: String,
    /// The key for the header `x-api-key`; no report shows it.
    #[serde(skip_serializing)]
    pub api_key: String,
    /// The submitted value of the marketer's choice for the attribute `webinar`.
    #[serde(default = "program_choice")]
    pub webinar: String,
    /// Leads per call.
    #[serde(default = "full_chunk")]
    pub chunk_size: usize,
    /// How many chunks are posted at once. Marketo's own number is not public; some overlap is certain.
    #[serde(default = "some_at_once")]
    pub chunks_at_once: usize,
    /// Whether the campaign is housed in the program. If not, program and program member context are empty.
    #[serde(default = "yes")]
    pub in_program: bool,
    /// How a mapped field that is blank for a lead is sent.
    #[serde(default)]
    pub blank: BlankFields,
    /// How many seconds of real time a callback is waited for.
    #[serde(default = "callback_timeout")]
    pub callback_timeout_seconds: f64,
}

impl FlowStep {
    /// The flow step with the first picklist choice, "the program's connected webinar".
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

/// Adobe's interface does not say how a blank field travels, so a service must take all of these.
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

/// The campaigns that ran or are running, and the flow step service that they call.
#[derive(Debug, Default)]
pub(super) struct Campaigns {
    pub(super) runs: BTreeMap<RunId, Run>,
    pub(super) service: Service,
    /// How campaigns call the service that an administrator installed; none before that.
    pub(super) installed: Option<FlowStep>,
    started: u64,
}

impl Campaigns {
    fn next_run_id(&mut self) -> RunId {
        self.started += 1;
        RunId(format!("run-{:04}", self.started))
    }

    fn chunk_mut(&mut self, run: &RunId, number: usize) -> Option<&mut Chunk> {
        self.runs.get_mut(run)?.chunks.get_mut(number)
    }
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
