//! Zoom's REST API as far as webinars need it.
//!
//! | module | what it holds |
//! |---|---|
//! | [`access`] | whose token a call carries, and the cache of tokens |
//! | [`call`] | one call: token, waiting out rate limits, repeating what may be repeated |
//! | [`error`] | Zoom's refusals, told apart by status, code and message |
//! | [`users`], [`webinars`], [`registrants`], [`reports`] | the operations, by what they are about |
//! | [`path`] | path segments, and the double encoding of some UUIDs |

pub mod access;
mod call;
pub mod error;
mod lenient;
mod pace;
pub mod path;
pub mod registrants;
pub mod reports;
pub mod users;
pub mod webinars;

pub use access::{Tokens, Zoom};
pub use error::{Refusal, ZoomError};

use serde::Deserialize;

/// One page of a list.
#[derive(Debug, Clone, Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub struct Page<T> {
    /// The items, whatever Zoom calls them in this list.
    #[serde(alias = "webinars", alias = "registrants", alias = "participants", default = "Vec::new")]
    pub items: Vec<T>,
    /// Where the next page begins; `None` on the last. It lives for 15 minutes.
    #[serde(default, deserialize_with = "lenient::text")]
    pub next_page_token: Option<String>,
    /// How many items all pages have together, where Zoom tells.
    #[serde(default)]
    pub total_records: Option<u64>,
}

/// Lists are read in the largest pages that Zoom has.
pub const PAGE_SIZE: u32 = 300;
