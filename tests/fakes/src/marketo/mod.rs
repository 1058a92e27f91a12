//! The fake Marketo: one subscription with its REST API, and the smart campaigns that call a flow step service.
//!
//! - [`subscription`]: the contents of the subscription.
//! - `api`: the REST API with access tokens and limits.
//! - [`campaign`]: smart campaigns, which call a flow step service and accept its callback.
//! - [`install`]: the installation of a flow step service.

mod access_tokens;
mod api;
mod api_error;
mod api_limits;
pub mod campaign;
mod control;
mod handle;
pub mod install;
mod options;
mod pages;
mod service_call;
mod state;
pub mod subscription;
pub mod webhook;

pub use api_error::MarketoApiError;
pub use handle::Marketo;
pub use options::{CLIENT_ID, CLIENT_SECRET, MUNCHKIN_ID, Options};
