//! Paging tokens of the lead database.

use std::collections::HashMap;

use crate::marketo::refusal::Refusal;
use crate::marketo::secret;

/// The paging tokens issued so far: each belongs to one query and stands behind one id.
#[derive(Debug, Default)]
pub(in crate::marketo) struct Paging {
    issued: HashMap<String, (String, i64)>,
}

impl Paging {
    /// A token for the rows of a query after this id.
    pub(super) fn issue(&mut self, query: String, after: i64) -> String {
        let token = format!("{}====", secret::uuid().replace('-', "").to_uppercase());
        self.issued.insert(token.clone(), (query, after));
        token
    }

    /// The id behind which the page begins: the lowest for a query without a token.
    ///
    /// # Errors
    /// 1003 for a token that was not issued for this very query.
    pub(super) fn resume(&self, query: &str, token: Option<&str>) -> Result<i64, Refusal> {
        let Some(token) = token else {
            return Ok(i64::MIN);
        };
        self.issued
            .get(token)
            .filter(|(of, _)| of == query)
            .map(|(_, after)| *after)
            .ok_or_else(|| Refusal::new(1003, "Invalid nextPageToken"))
    }
}

/// The first `size` of the rows after `after`, and the id behind which the next page begins, if there is one.
pub(super) fn cut<T>(rows: Vec<T>, id: impl Fn(&T) -> i64, after: i64, size: usize) -> (Vec<T>, Option<i64>) {
    let mut rest: Vec<T> = rows.into_iter().filter(|row| id(row) > after).collect();
    let next = (rest.len() > size).then(|| id(&rest[size - 1]));
    rest.truncate(size);
    (rest, next)
}
