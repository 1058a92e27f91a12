//! Paging tokens of the lead database.

use std::collections::HashMap;

use crate::marketo::api_error::MarketoApiError;

/// The issued paging tokens. Each belongs to one query and marks the last id of a page.
#[derive(Debug, Default)]
pub(crate) struct PagingTokens {
    issued: HashMap<String, (String, i64)>,
}

impl PagingTokens {
    /// Issues a token for the rows of a query after an id. `random` makes it unique.
    pub(super) fn issue(&mut self, random: &str, query: String, after: i64) -> String {
        let token = format!("{}====", random.replace('-', "").to_uppercase());
        self.issued.insert(token.clone(), (query, after));
        token
    }

    /// Returns the query of a token, and the id after which its page starts.
    pub(super) fn find(&self, token: &str) -> Option<(String, i64)> {
        self.issued.get(token).cloned()
    }

    /// Returns the id after which the page starts; the lowest one for a query without a token.
    ///
    /// # Errors
    /// Returns 1003 if the token was issued for another query.
    pub(super) fn resume(&self, query: &str, token: Option<&str>) -> Result<i64, MarketoApiError> {
        let Some(token) = token else {
            return Ok(i64::MIN);
        };
        self.issued
            .get(token)
            .filter(|(of, _)| of == query)
            .map(|(_, after)| *after)
            .ok_or_else(|| MarketoApiError::new(1003, "Invalid nextPageToken"))
    }
}

/// Returns the first `size` rows after the id `after`, and the last id of the page if there are more rows.
pub(super) fn page_after<T>(rows: Vec<T>, id: impl Fn(&T) -> i64, after: i64, size: usize) -> (Vec<T>, Option<i64>) {
    let mut rest: Vec<T> = rows.into_iter().filter(|row| id(row) > after).collect();
    let next = (rest.len() > size).then(|| id(&rest[size - 1]));
    rest.truncate(size);
    (rest, next)
}
