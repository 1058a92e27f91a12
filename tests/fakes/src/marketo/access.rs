//! Access tokens of the one custom service.

use jiff::{SignedDuration, Timestamp};

use super::refusal::Refusal;
use super::secret;

/// The tokens issued so far.
#[derive(Debug, Default)]
pub(super) struct Access {
    current: Option<Token>,
    expired: Vec<String>,
    /// Every token that ever left, forgotten or not.
    issued: Vec<String>,
}

#[derive(Debug)]
struct Token {
    value: String,
    expires_at: Timestamp,
}

impl Access {
    /// The service's token and its remaining life in seconds. Until it expires, everybody who asks gets the same one.
    pub(super) fn issue(&mut self, lifetime: SignedDuration, now: Timestamp) -> (String, i64) {
        self.retire(now);
        let issued = &mut self.issued;
        let token = self.current.get_or_insert_with(|| {
            let value = format!("{}:sj", secret::uuid());
            issued.push(value.clone());
            Token { value, expires_at: now.saturating_add(lifetime).unwrap_or(Timestamp::MAX) }
        });
        (token.value.clone(), token.expires_at.duration_since(now).as_secs())
    }

    /// Whether a call with this token may go on.
    ///
    /// # Errors
    /// 602 for a token that has expired, 601 for one that was never issued.
    pub(super) fn check(&mut self, token: &str, now: Timestamp) -> Result<(), Refusal> {
        self.retire(now);
        if self.current.as_ref().is_some_and(|current| current.value == token) {
            return Ok(());
        }
        if self.expired.iter().any(|old| old == token) {
            return Err(Refusal::new(602, "Access token expired"));
        }
        Err(Refusal::new(601, "Access token invalid"))
    }

    /// Ends the current token's life now, as if its hour were over.
    pub(super) fn expire(&mut self) {
        self.expired.extend(self.current.take().map(|token| token.value));
    }

    /// Forgets every token, as after an administrator reset the service's secret.
    pub(super) fn forget(&mut self) {
        self.current = None;
        self.expired.clear();
    }

    /// Every token that was ever issued.
    pub(super) fn issued(&self) -> &[String] {
        &self.issued
    }

    fn retire(&mut self, now: Timestamp) {
        if self.current.as_ref().is_some_and(|token| token.expires_at <= now) {
            self.expire();
        }
    }
}
