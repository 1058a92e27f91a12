//! The end of a sign-in, when the browser is back from Zoom.

use super::error::SignInError;
use super::{csrf_cookie, state, unclaimed_grant};
use crate::services::identity::Identity;
use crate::services::{activation, kept_grant};
use crate::state::AppState;
use crate::zoom_oauth::{client, scopes};
use domain::records::PendingSignIn;
use http::HeaderMap;
use serde::Deserialize;

/// What Zoom adds to the callback URL.
#[derive(Deserialize)]
pub(crate) struct CallbackQuery {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
}

/// Exchanges the code, checks the granted scopes (R2) and activates the service (R1). The exchange ends the earlier grant
/// of the same user, so the new one is kept for the account's live service before anything else can fail.
pub(crate) async fn finish(app: &AppState, headers: &HeaderMap, query: CallbackQuery) -> Result<(), SignInError> {
    let sign_in = redeem(app, headers, query.state.as_deref()).await?;
    if let Some(error) = query.error {
        return Err(if error == "access_denied" { SignInError::Declined } else { SignInError::NotPermitted });
    }
    let code = query.code.filter(|code| !code.is_empty()).ok_or(SignInError::UnknownState)?;
    let grant = client::exchange_code(&app.ports, &code, &sign_in.verifier).await?;
    let signed_in_at = app.now();
    let identity = match Identity::of(app, &grant).await {
        Ok(Some(identity)) => {
            kept_grant::keep(app, &identity, &grant, signed_in_at).await?;
            Ok(identity)
        }
        outcome => {
            unclaimed_grant::save(app, &grant, signed_in_at).await?;
            Err(outcome.map_or_else(SignInError::from, |_| SignInError::ZoomUnavailable))
        }
    };
    // Without a readable list nothing is known to be missing; a call that lacks a scope shows it later (R2).
    let missing = grant.scopes.as_deref().map(scopes::missing).unwrap_or_default();
    if !missing.is_empty() {
        return Err(SignInError::MissingScopes(missing));
    }
    activation::activate(app, sign_in.service, identity?, &grant).await?;
    Ok(())
}

/// Returns the pending sign-in of a `state` and deletes it. A state is valid once, and only in the browser that began
/// the sign-in.
async fn redeem(app: &AppState, headers: &HeaderMap, state: Option<&str>) -> Result<PendingSignIn, SignInError> {
    let key = state.and_then(state::parse).ok_or(SignInError::UnknownState)?;
    let sign_in = app.store().get(&key).await?.ok_or(SignInError::UnknownState)?;
    if !csrf_cookie::is_present(headers, &sign_in.browser) {
        return Err(SignInError::OtherBrowser);
    }
    app.store().delete(&key).await?;
    if sign_in.expires_at <= app.now() { Err(SignInError::Expired) } else { Ok(sign_in) }
}
