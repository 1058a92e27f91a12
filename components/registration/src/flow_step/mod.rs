//! Marketo's flow step: Adobe's Self-Service Flow Step interface 1.0.0 (docs/reference/marketo.md).
//!
//! [`process`] registers the leads of a chunk, [`callback`] reports their outcomes, [`end_chunk`] ends a chunk whose account
//! removed the app. The component `catalog` serves the
//! flow step's definition.

pub mod callback;
pub mod end_chunk;
pub mod process;
pub mod run_limit;
pub mod write_back_queue;
