//! What the fake Zoom and the fake Marketo share: runtime, a movable clock, fault injection, the request log, the HTTP server
//! and the layout of their pages.

pub(crate) mod control;
pub(crate) mod fault_injection;
#[cfg(feature = "in-memory")]
pub(crate) mod in_memory;
pub(crate) mod interception;
pub(crate) mod interruptions;
pub(crate) mod layout;
pub(crate) mod request_log;
pub(crate) mod runtime;
#[cfg(feature = "server")]
pub(crate) mod server;
pub(crate) mod sync;
#[cfg(feature = "server")]
pub(crate) mod tokio_runtime;

pub use control::{Clock, Control};
pub use fault_injection::{DropWhen, Effect, Fault, Faults, path_matches};
#[cfg(feature = "in-memory")]
pub use in_memory::InMemoryRuntime;
pub use interruptions::Interruptions;
pub use request_log::{Entry, Log, RefusalReason};
pub use runtime::{Runtime, SharedRuntime};
#[cfg(feature = "server")]
pub use server::{ServerHandle, serve};
pub use sync::lock;
#[cfg(feature = "server")]
pub use tokio_runtime::TokioRuntime;
