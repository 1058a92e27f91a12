//! Shared by the benchmarks: the application, the baseline, the Node service, a large webinar, and statistics over rounds.

mod application;
mod figures;
mod large_webinar;
mod node;
mod webhook_bench;

pub use application::Application;
pub use figures::{Figures, median};
pub use large_webinar::{LargeWebinar, Size};
pub use webhook_bench::{Contender, WebhookBench};
