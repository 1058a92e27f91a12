//! A client of Zoom's REST API, as far as webinars need it, and the reader of Zoom's events.
//!
//! | module | content |
//! |---|---|
//! | [`client`] | [`ZoomClient`], its credentials, and the cache of access tokens |
//! | `call` | one call: token, rate limits, retries of idempotent requests |
//! | [`events`] | Zoom's events: signature, validation of the URL, fields read leniently |
//! | [`error`] | Zoom's errors, classified by status, code and message |
//! | [`users`], [`webinars`], [`registrants`], [`reports`] | the operations, one file per resource |
//! | [`page`] | pages of lists, read row by row (R22) |
//! | `target` | paths and queries, and the double encoding of some UUIDs |
//! | `rate_limit` | labels and limits of the rate limiters, which follow Zoom's headers |

mod call;
pub mod client;
pub mod error;
pub mod events;
pub mod page;
mod rate_limit;
pub mod registrants;
pub mod reports;
mod target;
#[cfg(test)]
mod tests;
pub mod users;
pub mod webinars;

pub use client::{TokenCache, ZoomClient};
pub use error::{ZoomApiError, ZoomError};
pub use page::Page;
