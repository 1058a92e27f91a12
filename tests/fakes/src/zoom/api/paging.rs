//! Lists in pages, the Zoom way.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::error::ApiError;
use crate::zoom::ids::Ids;

/// The largest page that Zoom gives, whatever is asked.
const LARGEST: usize = 300;
/// The page size when none is asked for.
const DEFAULT: usize = 30;
/// How long a page token works.
const TOKEN_LIVES: SignedDuration = SignedDuration::from_mins(15);

/// The page tokens given out.
#[derive(Debug, Default)]
pub(crate) struct Pages(HashMap<String, Ticket>);

#[derive(Debug)]
struct Ticket {
    /// Path and parameters that the token belongs to.
    request: String,
    offset: usize,
    expires: Timestamp,
}

/// Which part of a list one page is.
#[derive(Debug)]
pub(crate) struct Page {
    offset: usize,
    pub(crate) size: usize,
    pub(crate) total: usize,
    /// Empty on the last page.
    next_token: String,
}

impl Page {
    /// The page's items out of the whole list.
    pub(crate) fn of<I: Iterator>(&self, all: I) -> impl Iterator<Item = I::Item> + use<I> {
        all.skip(self.offset).take(self.size)
    }

    /// The fields that every list answers with, around the page's items.
    pub(crate) fn around(&self, name: &str, items: Vec<Value>) -> Value {
        json!({
            "page_size": self.size,
            "total_records": self.total,
            "next_page_token": self.next_token,
            name: items,
        })
    }
}

impl Pages {
    /// Finds the page that was asked for of a list of so many items. `request` is the path with every parameter but the token:
    /// a token works with the same ones only.
    pub(crate) fn cut(
        &mut self,
        total: usize,
        request: String,
        query: &HashMap<String, String>,
        ids: &mut Ids,
        now: Timestamp,
    ) -> Result<Page, ApiError> {
        let size = page_size(query)?;
        let offset = match query.get("next_page_token").filter(|token| !token.is_empty()) {
            None => 0,
            Some(token) => self
                .0
                .get(token)
                .filter(|ticket| ticket.request == request && now < ticket.expires)
                .map(|ticket| ticket.offset)
                .ok_or_else(|| ApiError::bad_request(300, "The next page token is either invalid or expired."))?,
        };
        let next = offset + size;
        let next_token = if next < total {
            let token = ids.short();
            let expires = now.saturating_add(TOKEN_LIVES).unwrap_or(Timestamp::MAX);
            self.0.insert(token.clone(), Ticket { request, offset: next, expires });
            token
        } else {
            String::new()
        };
        Ok(Page { offset, size, total, next_token })
    }
}

fn page_size(query: &HashMap<String, String>) -> Result<usize, ApiError> {
    match query.get("page_size") {
        None => Ok(DEFAULT),
        Some(text) => match text.parse() {
            Ok(size @ 1..) => Ok(LARGEST.min(size)),
            _ => Err(ApiError::field("page_size", "Invalid field.")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(pairs: &[(&str, &str)]) -> HashMap<String, String> {
        pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
    }

    #[test]
    fn a_token_leads_on_for_a_quarter_of_an_hour_and_for_the_same_request() {
        let (mut pages, mut ids) = (Pages::default(), Ids::new(1));
        let now: Timestamp = "2026-05-01T10:00:00Z".parse().unwrap();
        let mut cut = |request: &str, token: &str, at| {
            let query = query(&[("page_size", "3"), ("next_page_token", token)]);
            pages.cut(5, request.to_owned(), &query, &mut ids, at)
        };
        let items = |page: &Page| page.of(0..5).collect::<Vec<_>>();
        let first = cut("a", "", now).unwrap();
        assert_eq!(items(&first), [0, 1, 2]);
        let second = cut("a", &first.next_token, now).unwrap();
        assert_eq!((items(&second), second.next_token.as_str()), (vec![3, 4], ""));
        assert!(cut("b", &first.next_token, now).is_err());
        assert!(cut("a", &first.next_token, now + SignedDuration::from_mins(15)).is_err());
    }

    #[test]
    fn a_page_has_at_most_300_items() {
        assert_eq!(page_size(&query(&[])).unwrap(), 30);
        assert_eq!(page_size(&query(&[("page_size", "500")])).unwrap(), 300);
        assert!(page_size(&query(&[("page_size", "0")])).is_err());
    }
}
