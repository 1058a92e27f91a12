//! The default extension: maps a lead's fields to a Zoom registrant by name.
//!
//! [`mapping`] has the rules, `choices` the values that Zoom takes from a fixed list; `export` implements the WebAssembly interface (`wit/registrant-mapping.wit`). Like a
//! customer's own extension, the component depends on that interface alone.

mod choices;
pub mod mapping;
mod names;

#[cfg(target_arch = "wasm32")]
mod export;
