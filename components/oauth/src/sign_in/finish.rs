//! The end of a sign-in, when the browser is back from Zoom.

use super::error::SignInError;
use super::{csrf_cookie, state};
use crate::services::activation::{self, ConfirmedSignIn};
use crate::state::AppState;
use crate::zoom_oauth::response::Grant;
use crate::zoom_oauth::{client, scopes};
use domain::records::PendingSignIn;
use http::HeaderMap;
use platform::internal_api::ZoomToken;
use serde::Deserialize;
use zoom_client::ZoomClient;

/// What Zoom adds to the callback URL.
#[derive(Deserialize)]
pub(crate) struct CallbackQuery {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
}

/// Exchanges the code, checks the granted scopes (R2) and activates the service (R1).
pub(crate) async fn finish(app: &AppState, headers: &HeaderMap, query: CallbackQuery) -> Result<(), SignInError> {
    let sign_in = redeem(app, headers, query.state.as_deref()).await?;
    if let Some(error) = query.error {
        return Err(if error == "access_denied" { SignInError::Declined } else { SignInError::NotPermitted });
    }
    let code = query.code.filter(|code| !code.is_empty()).ok_or(SignInError::UnknownState)?;
    let grant = client::exchange_code(&app.ports, &code, &sign_in.verifier).await?;
    // Without a readable list nothing is known to be missing; a call that lacks a scope shows it later (R2).
    let missing = grant.scopes.as_deref().map(scopes::missing).unwrap_or_default();
    if !missing.is_empty() {
        return Err(SignInError::MissingScopes(missing));
    }
    let confirmed = identify(app, sign_in.service, grant).await?;
    activation::activate(app, confirmed).await?;
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

/// Asks Zoom which user of which account signed in.
async fn identify(app: &AppState, service_name: String, grant: Grant) -> Result<ConfirmedSignIn, SignInError> {
    let api_base = match &grant.api_base {
        Some(api_base) => api_base.clone(),
        None => app.config().zoom_api_url().await?.clone(),
    };
    let token = ZoomToken {
        access_token: grant.access_token.clone(),
        api_base: api_base.clone(),
        expires_at: grant.expires_at,
    };
    let me = ZoomClient::with_token(&app.ports, token).me().await?;
    let (Some(account), Some(user), Some(email)) = (me.account_id, me.id, me.email) else {
        return Err(SignInError::ZoomUnavailable);
    };
    Ok(ConfirmedSignIn { service_name, account, user, email, grant, api_base })
}
