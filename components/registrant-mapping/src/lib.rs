//! The default extension: maps a lead's fields to a Zoom registrant by name.
//!
//! [`mapping`] is the rule, [`export`] its WebAssembly interface (`wit/registrant-mapping.wit`). It uses nothing of the
//! project besides that interface, as a customer's own extension would.

pub mod mapping;

#[cfg(target_arch = "wasm32")]
mod export;
