//! The default extension: maps a lead's fields to a Zoom registrant by name.
//!
//! [`mapping`] has the rules; `export` implements the WebAssembly interface (`wit/registrant-mapping.wit`). Like a
//! customer's own extension, the component depends on that interface alone.

pub mod mapping;

#[cfg(target_arch = "wasm32")]
mod export;
