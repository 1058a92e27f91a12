//! Access tokens of the custom service, and other random credentials.

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

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
    /// expires. `random` makes a new one unique.
    pub(super) fn issue(&mut self, lifetime: SignedDuration, random: &str, now: Timestamp) -> (String, i64) {
        self.retire(now);
        let issued = &mut self.issued;
        let token = self.current.get_or_insert_with(|| {
            let value = format!("{random}:sj");
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

/// A source of random credentials, which differ between runs by the time at which the fake was created.
#[derive(Debug)]
pub(super) struct RandomIds {
    seed: i128,
    drawn: u64,
}

impl RandomIds {
    pub(super) fn new(created: Timestamp) -> Self {
        Self { seed: created.as_nanosecond(), drawn: 0 }
    }

    /// Returns random hexadecimal digits in the format of a UUID.
    pub(super) fn uuid(&mut self) -> String {
        self.drawn += 1;
        let digest = Sha256::digest(format!("{}:{}", self.seed, self.drawn));
        let digits: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let (a, rest) = digits.split_at(8);
        let (b, rest) = rest.split_at(4);
        let (c, rest) = rest.split_at(4);
        let (d, e) = rest.split_at(4);
        format!("{a}-{b}-{c}-{d}-{e}")
    }
}
