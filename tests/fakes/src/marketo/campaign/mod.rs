//! Smart campaigns: a flow of up to three steps over leads of a program.
//!
//! 1. *Change Program Status*, if the campaign names a status.
//! 2. A *flow step service*, called by Adobe's Self-Service Flow Step interface 1.0.0. Chunks of leads are posted to
//!    `submitAsyncAction`. A chunk ends with its callback, with an error of the service, or with a time-out.
//! 3. *Send Email*, with the current value of `{{member.webinar url}}`.
//!
//! As at Marketo, the flow continues after a failed step. If no link was written, the e-mail contains a blank.

pub(super) mod callback;
mod callback_body;
pub(super) mod definition;
pub(super) mod email;
pub(super) mod flow;
pub(super) mod installed_service;
mod invocation;
pub(super) mod report;
pub(super) mod runs;

pub use definition::{BlankFields, Campaign, FlowStep};
pub use email::{SUBJECT, TEXT};
pub use installed_service::{DataType, InstalledService};
pub use report::{Callback, Chunk, ChunkDelivery, ChunkState, LeadOutcome, Run, RunId, RunState, StatusStep};
