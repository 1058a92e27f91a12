//! Events: what Zoom tells the app, signed.

mod bodies;
mod delivery;
mod signature;

pub(crate) use bodies::{deauthorized, deleted, ended, presence, recovered, registration, started, updated};
pub use delivery::Delivery;
pub(in crate::zoom) use signature::sign;

use serde_json::Value;

/// An event to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) body: Value,
}
