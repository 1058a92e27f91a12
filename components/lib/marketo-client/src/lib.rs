//! A client of Marketo's REST API, as far as webinar programs need it.
//!
//! | module | content |
//! |---|---|
//! | [`client`] | [`MarketoClient`], and the cached token of the API-only user |
//! | `call` | one call: token, envelope, rate limits, retries |
//! | `concurrency` | bounds the calls at once |
//! | `body` | request bodies |
//! | [`error`] | Marketo's error codes, which come with HTTP 200 |
//! | [`leads`], [`programs`], [`members`], [`activities`], [`usage`] | the operations, one file per resource |
//! | [`find_or_create`] | leads by e-mail address: finds them, and creates those that are missing |

pub mod activities;
mod body;
mod call;
pub mod client;
mod concurrency;
pub mod error;
pub mod find_or_create;
pub mod leads;
pub mod members;
pub mod programs;
#[cfg(test)]
mod tests;
pub mod usage;

pub use client::{MarketoClient, TokenCache};
pub use concurrency::MAX_CONCURRENT_CALLS;
pub use error::{MarketoCode, MarketoError};

/// Maximum number of records per call of the lead database (docs/reference/marketo.md).
pub const BATCH: usize = 300;
