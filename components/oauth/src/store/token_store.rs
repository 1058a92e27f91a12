//! The tokens of each service, encrypted.

use super::encryption::TokenCipher;
use crate::state::AppState;
use crate::zoom_oauth::response::Grant;
use domain::digest::sha256_hex;
use domain::records::{Record, SealedTokens, TokenKey};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ErrorCode, Problem, Sensitive, ServiceId};
use platform::retry::RetryBudget;
use serde::{Deserialize, Serialize};

/// How long writing tokens is retried. A renewed refresh token that is not written is lost, and the sign-in with it.
const WRITE_TIMEOUT: SignedDuration = SignedDuration::from_secs(3);

/// How long tokens must stay as they are before they are encrypted again: a write of another instance shows within this time.
const VISIBILITY_GRACE: SignedDuration = SignedDuration::from_secs(2);

/// How often the tokens are read meanwhile.
const POLL_INTERVAL: SignedDuration = SignedDuration::from_millis(400);

/// The tokens of a service. They are serialized only to be encrypted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ServiceTokens {
    pub(crate) access_token: Sensitive,
    pub(crate) expires_at: Timestamp,
    pub(crate) refresh_token: Sensitive,
    /// When the grant was last used. Zoom drops a grant that is unused for 90 days.
    pub(crate) renewed_at: Timestamp,
    /// When the admin signed in. An event about an earlier time does not concern these tokens.
    pub(crate) signed_in_at: Timestamp,
}

impl ServiceTokens {
    pub(crate) fn new(grant: &Grant, signed_in_at: Timestamp, now: Timestamp) -> Self {
        Self {
            access_token: grant.access_token.clone(),
            expires_at: grant.expires_at,
            refresh_token: grant.refresh_token.clone(),
            renewed_at: now,
            signed_in_at,
        }
    }

    /// Returns whether the access token has this SHA-256.
    pub(crate) fn access_token_matches(&self, hash: &str) -> bool {
        sha256_hex(self.access_token.expose().as_bytes()) == hash
    }
}

/// Returns a service's tokens, if it has any. Tokens that cannot be decrypted are an error: they become readable again
/// when the right `token_key` is set.
pub(crate) async fn load(app: &AppState, service: &ServiceId) -> Result<Option<ServiceTokens>, Error> {
    let Some(record) = app.store().get(&TokenKey { id: service.clone() }).await? else { return Ok(None) };
    let cipher = TokenCipher::new(&app.config().token_keys().await?)?;
    let plain = cipher.decrypt(service.as_str(), &record.sealed).map_err(|error| {
        platform::log!(Error, "tokens.decrypt_failed", service = service, error = error);
        Problem::because(
            ErrorCode::ServiceNeedsSignIn,
            "The stored tokens cannot be decrypted with the token key that is set.",
        )
    })?;
    let tokens =
        domain::json::read(&plain).map_err(|_| Error::Internal("decrypted tokens have an unknown format".into()))?;
    Ok(Some(tokens))
}

/// Fails if a service's tokens cannot be decrypted: an instance with an earlier list of keys knows nothing about the grant.
pub(crate) async fn require_readable(app: &AppState, service: &ServiceId) -> Result<(), Error> {
    match load(app, service).await {
        Err(Error::Rejected(problem)) => Err(Error::Internal(problem.detail)),
        loaded => loaded.map(|_| ()),
    }
}

/// Returns whether a service's current access token has this SHA-256.
pub(crate) async fn is_current_access_token(app: &AppState, service: &ServiceId, hash: &str) -> Result<bool, Error> {
    Ok(load(app, service).await?.is_some_and(|tokens| tokens.access_token_matches(hash)))
}

/// Encrypts and writes a service's tokens. Retries a write that fails.
pub(crate) async fn save(app: &AppState, service: &ServiceId, tokens: &ServiceTokens) -> Result<(), Error> {
    let cipher = TokenCipher::new(&app.config().token_keys().await?)?;
    let plain = serde_json::to_vec(tokens).map_err(|error| Error::Internal(error.to_string()))?;
    let record = SealedTokens {
        v: SealedTokens::VERSION,
        sealed: cipher.encrypt(&*app.ports.random, service.as_str(), &plain)?,
    };
    let key = TokenKey { id: service.clone() };
    let mut retry_budget = RetryBudget::until(app.now() + WRITE_TIMEOUT);
    loop {
        match app.store().put(&key, &record).await {
            Ok(()) => return Ok(()),
            Err(_) if retry_budget.wait(&app.ports, None).await => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Returns whether a service's tokens are encrypted with an older key than the first that is set.
pub(crate) async fn has_older_key(app: &AppState, service: &ServiceId) -> Result<bool, Error> {
    Ok(encrypted_with_older_key(app, service).await?.is_some())
}

/// Encrypts a service's tokens with the first key, if an older one encrypted them. The caller holds the service's lock and the
/// lease.
pub(crate) async fn encrypt_again(app: &AppState, service: &ServiceId) -> Result<(), Error> {
    let Some(before) = encrypted_with_older_key(app, service).await? else { return Ok(()) };
    let Some(tokens) = load(app, service).await? else { return Ok(()) };
    // A sign-in at another instance holds no lease, and what another instance renewed may show late: newer tokens must not
    // be replaced.
    let until = app.now() + VISIBILITY_GRACE;
    while app.now() < until {
        app.ports.clock.sleep(POLL_INTERVAL).await;
        if encrypted_with_older_key(app, service).await?.as_ref() != Some(&before) {
            return Ok(());
        }
    }
    save(app, service, &tokens).await?;
    platform::log!(Info, "tokens.encrypted_again", service = service);
    Ok(())
}

/// Returns a service's encrypted tokens if they name a key other than the first that is set.
async fn encrypted_with_older_key(app: &AppState, service: &ServiceId) -> Result<Option<String>, Error> {
    let Some(record) = app.store().get(&TokenKey { id: service.clone() }).await? else { return Ok(None) };
    let cipher = TokenCipher::new(&app.config().token_keys().await?)?;
    Ok(Some(record.sealed).filter(|sealed| cipher.has_older_key(sealed)))
}

/// Deletes a service's tokens.
pub(crate) async fn delete(app: &AppState, service: &ServiceId) -> Result<(), Error> {
    Ok(app.store().delete(&TokenKey { id: service.clone() }).await?)
}
