//! What the fake Zoom and the fake Marketo share: a movable clock, fault injection, the request log, the HTTP server and
//! the layout of their pages.

pub(crate) mod control;
pub(crate) mod fault_injection;
pub(crate) mod layout;
pub(crate) mod request_log;
pub(crate) mod server;
pub(crate) mod sync;

pub use control::{Clock, Control};
pub use fault_injection::{DropWhen, Effect, Fault, Faults, path_matches};
pub use request_log::{Entry, Log, RefusalReason};
pub use server::{ServerHandle, serve};
pub use sync::lock;
