//! Paged lists of Zoom's API.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::zoom::api_error::ZoomApiError;
use crate::zoom::state::ids::Ids;

/// Page size if the request has none.
const DEFAULT_PAGE_SIZE: usize = 30;
/// How long a page token is valid.
const PAGE_TOKEN_LIFETIME: SignedDuration = SignedDuration::from_mins(15);

/// The page tokens issued so far.
#[derive(Debug)]
pub(crate) struct PageTokens {
    issued: HashMap<String, IssuedPageToken>,
    max_page_size: usize,
}

#[derive(Debug)]
struct IssuedPageToken {
    /// The path and the parameters that the token is valid for.
    request: String,
    offset: usize,
    expires: Timestamp,
}

/// One page of a list.
#[derive(Debug)]
pub(crate) struct Page {
    offset: usize,
    pub(crate) size: usize,
    pub(crate) total: usize,
    /// Empty on the last page.
    next_token: String,
}

impl Page {
    /// Returns the items of this page.
    pub(crate) fn slice<I: Iterator>(&self, all: I) -> impl Iterator<Item = I::Item> + use<I> {
        all.skip(self.offset).take(self.size)
    }

    /// Returns the response body: the fields of every list, and the items under `name`.
    pub(crate) fn envelope(&self, name: &str, items: Vec<Value>) -> Value {
        json!({
            "page_size": self.size,
            "total_records": self.total,
            "next_page_token": self.next_token,
            name: items,
        })
    }
}

impl PageTokens {
    pub(crate) fn new(max_page_size: usize) -> Self {
        Self { issued: HashMap::new(), max_page_size }
    }

    /// Returns the requested page of a list of `total` items. `request` is the path with every parameter except the
    /// token; a token is valid for the same request only.
    pub(crate) fn page(
        &mut self,
        total: usize,
        request: String,
        query: &HashMap<String, String>,
        ids: &mut Ids,
        now: Timestamp,
    ) -> Result<Page, ZoomApiError> {
        let size = self.page_size(query)?;
        let offset = match query.get("next_page_token").filter(|token| !token.is_empty()) {
            None => 0,
            Some(token) => self
                .issued
                .get(token)
                .filter(|issued| issued.request == request && now < issued.expires)
                .map(|issued| issued.offset)
                .ok_or_else(|| ZoomApiError::bad_request(300, "The next page token is either invalid or expired."))?,
        };
        let next = offset + size;
        let next_token = if next < total {
            let token = ids.short();
            let expires = now.saturating_add(PAGE_TOKEN_LIFETIME).unwrap_or(Timestamp::MAX);
            self.issued.insert(token.clone(), IssuedPageToken { request, offset: next, expires });
            token
        } else {
            String::new()
        };
        Ok(Page { offset, size, total, next_token })
    }

    fn page_size(&self, query: &HashMap<String, String>) -> Result<usize, ZoomApiError> {
        match query.get("page_size") {
            None => Ok(self.max_page_size.min(DEFAULT_PAGE_SIZE)),
            Some(text) => match text.parse() {
                Ok(size @ 1..) => Ok(self.max_page_size.min(size)),
                _ => Err(ZoomApiError::field("page_size", "Invalid field.")),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zoom::options::MAX_PAGE_SIZE;

    fn query(pairs: &[(&str, &str)]) -> HashMap<String, String> {
        pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
    }

    #[test]
    fn page_token_is_valid_for_15_minutes_and_the_same_request() {
        let (mut pages, mut ids) = (PageTokens::new(MAX_PAGE_SIZE), Ids::new(1));
        let now: Timestamp = "2026-05-01T10:00:00Z".parse().unwrap();
        let mut page = |request: &str, token: &str, at| {
            let query = query(&[("page_size", "3"), ("next_page_token", token)]);
            pages.page(5, request.to_owned(), &query, &mut ids, at)
        };
        let items = |page: &Page| page.slice(0..5).collect::<Vec<_>>();
        let first = page("a", "", now).unwrap();
        assert_eq!(items(&first), [0, 1, 2]);
        let second = page("a", &first.next_token, now).unwrap();
        assert_eq!((items(&second), second.next_token.as_str()), (vec![3, 4], ""));
        assert!(page("b", &first.next_token, now).is_err());
        assert!(page("a", &first.next_token, now + SignedDuration::from_mins(15)).is_err());
    }

    #[test]
    fn page_has_at_most_300_items() {
        let pages = PageTokens::new(MAX_PAGE_SIZE);
        assert_eq!(pages.page_size(&query(&[])).unwrap(), 30);
        assert_eq!(pages.page_size(&query(&[("page_size", "500")])).unwrap(), 300);
        assert!(pages.page_size(&query(&[("page_size", "0")])).is_err());
    }
}
