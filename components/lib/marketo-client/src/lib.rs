//! Marketo's REST API as far as webinar programs need it.
//!
//! | module | what it holds |
//! |---|---|
//! | [`access`] | the token of the API-only user, cached |
//! | [`call`] | one call: token, envelope, waiting out limits, repeating |
//! | [`error`] | Marketo's codes, which come with HTTP 200 |
//! | [`turns`] | keeping to half of the rate limit |
//! | [`leads`], [`programs`], [`members`] | the operations, by what they are about |

pub mod access;
mod call;
pub mod error;
pub mod leads;
pub mod members;
pub mod programs;
mod turns;

pub use access::{Marketo, Tokens};
pub use error::{MarketoCode, MarketoError};

/// Records per call of the lead database (marketo.md section 4).
pub const BATCH: usize = 300;
