//! Pages of lists.

use crate::lenient;
use serde::Deserialize;

/// One page of a list.
#[derive(Debug, Clone, Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub struct Page<T> {
    /// The items; the name of the JSON field depends on the list.
    #[serde(alias = "webinars", alias = "registrants", alias = "participants", default = "Vec::new")]
    pub items: Vec<T>,
    /// Cursor of the next page, valid for 15 minutes; `None` on the last page.
    #[serde(default, deserialize_with = "lenient::text")]
    pub next_page_token: Option<String>,
    /// Number of items of all pages, where Zoom reports it.
    #[serde(default)]
    pub total_records: Option<u64>,
}
