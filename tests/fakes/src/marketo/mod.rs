//! The stand-in Marketo: one subscription with its REST API, and a Marketo that runs smart campaigns.
//!
//! - [`world`]: what the subscription holds.
//! - `api`: the REST API as callers meet it, with tokens and limits.
//! - [`campaign`]: smart campaigns that call a flow step service and take its callback.
//! - [`install`]: what Marketo does when an administrator installs a flow step service.

mod access;
mod api;
pub mod campaign;
mod control;
mod handle;
pub mod install;
mod meters;
mod options;
mod pages;
mod refusal;
mod secret;
mod shared;
pub mod webhook;
pub mod world;

pub use handle::Marketo;
pub use options::{CLIENT_ID, CLIENT_SECRET, MUNCHKIN_ID, Options};
pub use refusal::Refusal;
