//! Pages of lists.

use crate::call::log_unreadable;
use crate::client::ZoomClient;
use crate::error::ZoomError;
use crate::target;
use domain::lenient::{FromObject, Object};
use platform::RequestTarget;

/// One page of a list.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Number of items that could not be read (R22).
    pub unreadable: usize,
    /// Cursor of the next page, valid for 15 minutes; `None` on the last page.
    pub next_page_token: Option<String>,
    /// Number of items of all pages, where Zoom reports it.
    pub total_records: Option<u64>,
}

impl<T> Page<T> {
    /// Returns the number of items that Zoom sent.
    pub fn sent(&self) -> u64 {
        (self.items.len() + self.unreadable) as u64
    }
}

impl ZoomClient {
    /// Reads one page. `cursor` is `None` for the first page; `list` is the name of the field that has the items.
    pub(crate) async fn get_page<T: FromObject + Send>(
        &self,
        target: RequestTarget,
        cursor: Option<&str>,
        list: &'static str,
    ) -> Result<Page<T>, ZoomError> {
        let (rows, fields) = self.get_list(&target::page(target, cursor), list).await?;
        let fields = Object::from(&fields);
        // The items of the pages behind an unreadable cursor are lost, which counts as one.
        let (next_page_token, lost) = fields.cursor("next_page_token").map_or((None, 1), |cursor| (cursor, 0));
        log_unreadable("next_page_token", lost);
        let total_records = fields.number("total_records");
        Ok(Page { items: rows.rows, unreadable: rows.unreadable + lost, next_page_token, total_records })
    }
}
