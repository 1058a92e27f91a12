//! The grant of a sign-in that failed before Zoom said whose it is (R1). Zoom has replaced the user's earlier grant by it,
//! so it is kept until Zoom can be asked: the user's role may be back, or Zoom may answer again. There is one such grant;
//! a later one replaces it.

use crate::services::identity::Identity;
use crate::services::kept_grant;
use crate::state::AppState;
use crate::store::services;
use crate::store::token_store::{self, ServiceTokens};
use crate::zoom_oauth::client;
use crate::zoom_oauth::response::{Grant, GrantError};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ServiceId};
use zoom_client::ZoomError;

/// How long an unclaimed grant is kept.
const MAX_AGE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The id under which its tokens are stored. No service has it: the ids of services are random.
fn slot() -> ServiceId {
    "unclaimed".into()
}

/// Returns whether an id is that of the unclaimed grant, and the grant can be claimed. One that cannot be decrypted has no
/// age, and no service waits for it.
pub(crate) async fn is_waiting(app: &AppState, id: &ServiceId) -> Result<bool, Error> {
    if *id != slot() {
        return Ok(false);
    }
    match token_store::load(app, id).await {
        Err(Error::Rejected(_)) => Ok(false),
        loaded => loaded.map(|tokens| tokens.is_some()),
    }
}

/// Keeps the grant if there is a service that it may belong to.
pub(super) async fn save(app: &AppState, grant: &Grant, signed_in_at: Timestamp) -> Result<(), Error> {
    if services::all(app).await?.is_empty() {
        return Ok(());
    }
    token_store::save(app, &slot(), &ServiceTokens::new(grant, signed_in_at, app.now())).await
}

/// Hands the grant over to the live service of its user, as soon as Zoom says whose it is. Deletes it if it is nobody's,
/// invalid or too old.
pub(crate) async fn claim(app: &AppState) -> Result<(), Error> {
    let tokens = match token_store::load(app, &slot()).await {
        Ok(Some(tokens)) => tokens,
        // Tokens that cannot be decrypted may become readable again, but no service waits for them.
        Ok(None) | Err(Error::Rejected(_)) => return Ok(()),
        Err(error) => return Err(error),
    };
    if app.now().duration_since(tokens.signed_in_at) > MAX_AGE {
        return token_store::delete(app, &slot()).await;
    }
    if tokens.expires_at <= app.now() {
        // The next tick uses the new tokens.
        return renew(app, &tokens).await.map(drop);
    }
    let identity = match Identity::of_token(app, &tokens.access_token, tokens.expires_at).await {
        Ok(Some(identity)) => identity,
        Err(ZoomError::Api(error)) if error.is_bad_token() => return renew(app, &tokens).await.map(drop),
        // The role is not back yet, or Zoom does not answer.
        Ok(None) | Err(ZoomError::Api(_) | ZoomError::DailyLimit { .. } | ZoomError::Other(Error::Upstream(_))) => {
            return Ok(());
        }
        Err(ZoomError::Other(error)) => return Err(error),
    };
    // A renewal returns the scopes and the server of the API too.
    let Some(grant) = renew(app, &tokens).await? else { return Ok(()) };
    kept_grant::keep(app, &identity, &grant, tokens.signed_in_at).await?;
    token_store::delete(app, &slot()).await
}

/// Renews the grant and keeps the new tokens. Deletes the grant if Zoom rejects it. Returns `None` if there is no new one.
async fn renew(app: &AppState, tokens: &ServiceTokens) -> Result<Option<Grant>, Error> {
    match client::refresh(&app.ports, &tokens.refresh_token).await {
        Ok(grant) => {
            save(app, &grant, tokens.signed_in_at).await?;
            Ok(Some(grant))
        }
        Err(GrantError::Invalid) => {
            token_store::delete(app, &slot()).await?;
            Ok(None)
        }
        Err(GrantError::Internal(error)) => Err(error),
        Err(_) => Ok(None),
    }
}
