//! Deletion of a service by an admin: the grant is revoked at Zoom, then the service is deleted.

use super::deauthorization;
use super::end::{begin_removal, end};
use crate::state::AppState;
use crate::store::token_store::{self, ServiceTokens};
use crate::store::{removals, services};
use crate::zoom_oauth::client;
use crate::zoom_oauth::response::GrantError;
use domain::records::{Removal, RemovalReason};
use domain::time::SignedDuration;
use domain::{Error, ErrorCode, ServiceId};
use platform::retry::RUN_TIMEOUT;

/// How long revoking is retried before the service is deleted without it. The tokens then expire.
const REVOKE_TIMEOUT: SignedDuration = SignedDuration::from_hours(24);

/// The progress of a deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deletion {
    /// The service is deleted.
    Complete,
    /// Zoom did not revoke the grant yet. The tick retries.
    RevocationPending,
}

/// Deletes a service.
pub(crate) async fn delete(app: &AppState, id: &ServiceId) -> Result<Deletion, Error> {
    services::get(app, id).await?.ok_or(ErrorCode::ServiceNotFound)?;
    let removal = match removals::get(app, id).await? {
        // A deauthorization under way is completed first, because it deletes more.
        Some(removal) if removal.reason == RemovalReason::Deauthorized => {
            let deadline = app.now() + RUN_TIMEOUT;
            if deauthorization::complete(app, std::slice::from_ref(id), deadline).await? == 0 {
                return Err(deauthorization::incomplete());
            }
            Removal::new(removal.since, RemovalReason::Deleted)
        }
        Some(removal) if removal.reason == RemovalReason::Deleted => removal,
        _ => Removal::new(app.now(), RemovalReason::Deleted),
    };
    begin_removal(app, id, &removal).await?;
    complete(app, id, &removal).await
}

/// Revokes the grant and deletes the service.
pub(crate) async fn complete(app: &AppState, id: &ServiceId, removal: &Removal) -> Result<Deletion, Error> {
    let _index_guard = app.lock_service_index().await;
    // The service may not have been ended before an interruption.
    end(app, id, removal.reason).await?;
    let _guard = app.lock_service(id).await;
    if !revoke_grant(app, id).await? && app.now().duration_since(removal.since) < REVOKE_TIMEOUT {
        return Ok(Deletion::RevocationPending);
    }
    token_store::delete(app, id).await?;
    services::delete(app, id).await?;
    services::remove_from_index(app, id).await?;
    removals::delete(app, id).await?;
    platform::log!(Info, "service.deleted", service = id);
    Ok(Deletion::Complete)
}

/// Revokes the grant at Zoom. Returns `true` if the service has no grant any more.
async fn revoke_grant(app: &AppState, id: &ServiceId) -> Result<bool, Error> {
    let tokens = match token_store::load(app, id).await {
        Ok(Some(tokens)) => tokens,
        // Tokens that cannot be decrypted cannot be used either.
        Ok(None) | Err(Error::Rejected(_)) => return Ok(true),
        Err(error) => return Err(error),
    };
    match revoke(app, id, tokens).await {
        Ok(()) | Err(GrantError::Invalid) => Ok(true),
        Err(GrantError::Internal(error)) => Err(error),
        Err(error) => {
            platform::log!(Warn, "grant.revoke_failed", service = id, error = error);
            Ok(false)
        }
    }
}

/// Revokes by access token, as Zoom requires. An expired access token is renewed first.
async fn revoke(app: &AppState, id: &ServiceId, mut tokens: ServiceTokens) -> Result<(), GrantError> {
    if tokens.expires_at <= app.now() {
        let grant = client::refresh(&app.ports, &tokens.refresh_token).await?;
        tokens = ServiceTokens::new(&grant, tokens.signed_in_at, app.now());
        token_store::save(app, id, &tokens).await?;
    }
    client::revoke(&app.ports, &tokens.access_token).await
}
