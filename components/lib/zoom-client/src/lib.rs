//! A client of Zoom's REST API, as far as webinars need it.
//!
//! | module | content |
//! |---|---|
//! | [`client`] | [`ZoomClient`], its credentials, and the cache of access tokens |
//! | `call` | one call: token, rate limits, retries of idempotent requests |
//! | [`error`] | Zoom's errors, classified by status, code and message |
//! | [`users`], [`webinars`], [`registrants`], [`reports`] | the operations, one file per resource |
//! | [`page`] | pages of lists |
//! | `url_encoding` | path segments, and the double encoding of some UUIDs |
//! | `rate_limit` | labels and limits of the rate limiters, which follow Zoom's headers |
//! | `lenient` | deserializers that accept more than Zoom documents |

mod call;
pub mod client;
pub mod error;
mod lenient;
pub mod page;
mod rate_limit;
pub mod registrants;
pub mod reports;
mod url_encoding;
pub mod users;
pub mod webinars;

pub use client::{TokenCache, ZoomClient};
pub use error::{ZoomApiError, ZoomError};
pub use page::Page;
