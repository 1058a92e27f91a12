//! Zoom's signed webhook events.

mod delivery;
pub(super) mod event;
pub(super) mod payloads;
pub(super) mod signature;
