//! Access tokens of the custom service, and other random credentials.

use jiff::{SignedDuration, Timestamp};
use std::hash::{BuildHasher, RandomState};

use crate::marketo::api_error::MarketoApiError;

/// The issued access tokens.
#[derive(Debug, Default)]
pub(super) struct AccessTokens {
    current: Option<Token>,
    expired: Vec<String>,
    /// Every token issued so far, also those that were forgotten.
    issued: Vec<String>,
}

#[derive(Debug)]
struct Token {
    value: String,
    expires_at: Timestamp,
}

impl AccessTokens {
    /// Returns the service's token and its remaining lifetime in seconds. Every request gets the same token until it
    /// expires.
    pub(super) fn issue(&mut self, lifetime: SignedDuration, now: Timestamp) -> (String, i64) {
        self.retire(now);
        let issued = &mut self.issued;
        let token = self.current.get_or_insert_with(|| {
            let value = format!("{}:sj", random_uuid());
            issued.push(value.clone());
            Token { value, expires_at: now.saturating_add(lifetime).unwrap_or(Timestamp::MAX) }
        });
        (token.value.clone(), token.expires_at.duration_since(now).as_secs())
    }

    /// Checks the token of a call.
    ///
    /// # Errors
    /// Returns 602 if the token has expired, 601 if it was never issued.
    pub(super) fn check(&mut self, token: &str, now: Timestamp) -> Result<(), MarketoApiError> {
        self.retire(now);
        if self.current.as_ref().is_some_and(|current| current.value == token) {
            return Ok(());
        }
        if self.expired.iter().any(|old| old == token) {
            return Err(MarketoApiError::new(602, "Access token expired"));
        }
        Err(MarketoApiError::new(601, "Access token invalid"))
    }

    /// Expires the current token.
    pub(super) fn expire(&mut self) {
        self.expired.extend(self.current.take().map(|token| token.value));
    }

    /// Forgets every token, as after an administrator resets the service's secret.
    pub(super) fn forget(&mut self) {
        self.current = None;
        self.expired.clear();
    }

    /// Returns every token issued so far.
    pub(super) fn issued(&self) -> &[String] {
        &self.issued
    }

    fn retire(&mut self, now: Timestamp) {
        if self.current.as_ref().is_some_and(|token| token.expires_at <= now) {
            self.expire();
        }
    }
}

/// Returns random hexadecimal digits in the format of a UUID.
pub(super) fn random_uuid() -> String {
    // Every `RandomState` has its own keys, so each half is different.
    let [high, low] = [(); 2].map(|()| RandomState::new().hash_one(0_u8));
    let digits = format!("{high:016x}{low:016x}");
    let (a, rest) = digits.split_at(8);
    let (b, rest) = rest.split_at(4);
    let (c, rest) = rest.split_at(4);
    let (d, e) = rest.split_at(4);
    format!("{a}-{b}-{c}-{d}-{e}")
}
