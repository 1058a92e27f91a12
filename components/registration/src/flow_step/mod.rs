//! Adobe's Self-Service Flow Step interface 1.0.0 (marketo.md section 1).
//!
//! [`submit`] takes a chunk of leads, [`request`] is its form, [`run`] works on it, [`callback`] tells Marketo.
//! What the flow step is, and how, `catalog` tells.

pub mod callback;
pub mod request;
pub mod run;
pub mod submit;
