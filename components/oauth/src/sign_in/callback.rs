//! `GET /oauth/callback`: the browser is back from Zoom. Each way in which this can fail ends in a page for a person.

use super::ending::Ending;
use super::{browser, page, pending};
use crate::app::App;
use crate::grant::{self, Grant};
use crate::services::{self, SignedIn};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{AppendHeaders, IntoResponse, Response};
use domain::records::SignIn;
use http::{HeaderMap, StatusCode, header};
use platform::ApiError;
use platform::peers::ZoomToken;
use serde::Deserialize;
use zoom_client::Zoom;

#[derive(Deserialize)]
pub(crate) struct Request {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
}

pub(crate) async fn callback(
    State(app): State<App>,
    headers: HeaderMap,
    query: Result<Query<Request>, QueryRejection>,
) -> Result<Response, ApiError> {
    let public_url = app.settings().public_url().await?;
    let outcome = match query {
        Ok(Query(request)) => finish(&app, &headers, request).await,
        Err(_) => Err(Ending::Unknown),
    };
    let mut response = match outcome {
        Ok(()) => {
            let headers = [(header::LOCATION, format!("{public_url}/"))];
            (StatusCode::SEE_OTHER, headers).into_response()
        }
        Err(ending) => {
            platform::log!("sign_in.failed", why = ending.name());
            let response = page::render(&ending, &public_url);
            // A page for another browser's sign-in leaves this browser's own alone.
            if matches!(ending, Ending::Unknown | Ending::Foreign) {
                return Ok(response);
            }
            response
        }
    };
    let removal = browser::removal(public_url.starts_with("https:"));
    let more = AppendHeaders([(header::SET_COOKIE, removal), (header::CACHE_CONTROL, "no-store".to_owned())]);
    response = (more, response).into_response();
    Ok(response)
}

async fn finish(app: &App, headers: &HeaderMap, request: Request) -> Result<(), Ending> {
    let sign_in = take(app, headers, request.state.as_deref()).await?;
    if let Some(error) = request.error {
        return Err(if error == "access_denied" { Ending::Declined } else { Ending::NotPermitted });
    }
    let code = request.code.filter(|code| !code.is_empty()).ok_or(Ending::Unknown)?;
    let grant = grant::exchange(&app.ports, &code, &sign_in.verifier).await?;
    let missing = grant::missing(grant.scopes.as_deref().unwrap_or_default());
    if !missing.is_empty() {
        return Err(Ending::MissingScopes(missing));
    }
    let signed_in = identify(app, sign_in.service, grant).await?;
    services::enrol(app, signed_in).await?;
    Ok(())
}

/// The sign-in that a state belongs to. It is good once, and only in the browser that began it.
async fn take(app: &App, headers: &HeaderMap, state: Option<&str>) -> Result<SignIn, Ending> {
    let key = state.and_then(pending::key).ok_or(Ending::Unknown)?;
    let sign_in = app.store().get(&key).await?.ok_or(Ending::Unknown)?;
    if !browser::is_same(headers, &sign_in.browser) {
        return Err(Ending::Foreign);
    }
    app.store().delete(&key).await?;
    if sign_in.expires_at <= app.now() { Err(Ending::TooLate) } else { Ok(sign_in) }
}

/// Asks Zoom who signed in.
async fn identify(app: &App, name: String, grant: Grant) -> Result<SignedIn, Ending> {
    let api_base = match &grant.api_base {
        Some(api_base) => api_base.clone(),
        None => app.settings().zoom_api_url().await?,
    };
    let token = ZoomToken {
        access_token: grant.access_token.clone(),
        api_base: api_base.clone(),
        expires_at: grant.expires_at,
    };
    let me = Zoom::with_token(&app.ports, token).me().await?;
    let account = me.account_id.ok_or(Ending::ZoomUnavailable)?;
    Ok(SignedIn { name, account, user: me.id, email: me.email, grant, api_base })
}
