//! Shared by the benchmarks: the application, the baselines, the Node service, a large webinar, a filled store, and
//! statistics over rounds.

mod application;
mod figures;
mod filled_store;
mod large_webinar;
mod node;
mod webhook_bench;

pub use application::{Application, PROBE_MANIFEST, PROBE_PATH};
pub use figures::{Figures, median};
pub use filled_store::{FilledStore, StoreKind};
pub use large_webinar::{LargeWebinar, Size, add_member};
pub use webhook_bench::{Contender, WebhookBench};
