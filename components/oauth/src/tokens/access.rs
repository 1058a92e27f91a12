//! The access token that a component gets for a service.

use super::renewal::{self, SCOPE_RECHECK_INTERVAL};
use crate::state::AppState;
use crate::store::token_store::ServiceTokens;
use crate::zoom_oauth::scopes;
use domain::records::Service;
use domain::time::SignedDuration;
use domain::{Error, ServiceId};
use platform::internal_api::ZoomToken;
use platform::url_origin::UrlOrigin;

/// How long before its expiry a token is renewed. The other components use a token until one minute before its expiry,
/// so a renewal that fails can be retried in time. A longer time would cost more renewals; this one costs 24 a day.
const RENEW_AHEAD: SignedDuration = SignedDuration::from_mins(2);

/// Minimum remaining lifetime of a token that is returned although its renewal failed: the duration of a long run.
const MIN_REMAINING_LIFETIME: SignedDuration = SignedDuration::from_mins(1);

/// Returns an access token that is valid for at least one minute, and renews it first if it is about to expire.
/// `rejected` is the SHA-256 of a token that Zoom rejected: that token is renewed too.
pub(crate) async fn obtain(app: &AppState, id: &ServiceId, rejected: Option<&str>) -> Result<ZoomToken, Error> {
    let is_good = |service: &Service, tokens: &ServiceTokens| is_good(app, service, tokens, rejected);
    let error = match renewal::renew_unless(app, id, is_good).await {
        Ok((service, tokens)) => return zoom_token(&service, &tokens),
        Err(error) => error,
    };
    if rejected.is_none() && !matches!(error, Error::Internal(_)) {
        // The renewal failed, but the token may still be valid for long enough.
        let (service, tokens) = renewal::load(app, id).await?;
        if is_valid_for(app, &tokens, MIN_REMAINING_LIFETIME) {
            return zoom_token(&service, &tokens);
        }
    }
    Err(error)
}

/// Returns whether the access token needs no renewal.
fn is_good(app: &AppState, service: &Service, tokens: &ServiceTokens, rejected: Option<&str>) -> bool {
    let is_rejected = rejected.is_some_and(|hash| tokens.access_token_matches(hash));
    let scopes_may_have_changed =
        !scopes::missing(&service.scopes).is_empty() && tokens.renewed_at + SCOPE_RECHECK_INTERVAL <= app.now();
    !is_rejected && !scopes_may_have_changed && is_valid_for(app, tokens, RENEW_AHEAD)
}

fn is_valid_for(app: &AppState, tokens: &ServiceTokens, duration: SignedDuration) -> bool {
    app.now() + duration < tokens.expires_at
}

/// Returns the token of a service as the other components get it.
///
/// # Errors
/// The scopes that the grant lacks (R2).
pub(crate) fn zoom_token(service: &Service, tokens: &ServiceTokens) -> Result<ZoomToken, Error> {
    if let Some(problem) = scopes::missing_scopes_problem(&service.scopes) {
        return Err(problem.into());
    }
    let api_base = UrlOrigin::parse(&service.api_base);
    Ok(ZoomToken {
        access_token: tokens.access_token.clone(),
        api_base: api_base.map_err(|reason| Error::Internal(format!("the API of service {} {reason}", service.id)))?,
        expires_at: tokens.expires_at,
    })
}
