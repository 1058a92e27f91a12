//! Adobe's Self-Service Flow Step interface 1.0.0 (marketo.md section 1).
//!
//! [`submit`] takes a chunk of leads, [`request`] is its form, [`run`] works on it, [`callback`] tells Marketo,
//! [`describe`] says what the flow step is, [`status`] how it is.

pub mod callback;
pub mod describe;
pub mod request;
pub mod run;
pub mod status;
pub mod submit;
