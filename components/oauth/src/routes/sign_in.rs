//! `GET /oauth/sign-in?service=NAME` and `GET /oauth/callback`. Every failure of the callback ends in a page for a
//! person.

use super::sign_in_page;
use crate::sign_in::error::SignInError;
use crate::sign_in::finish::{self, CallbackQuery};
use crate::sign_in::{begin, csrf_cookie};
use crate::state::AppState;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{AppendHeaders, IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use platform::auth::AdminAuth;
use platform::{ApiError, RequestTarget};
use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct SignInQuery {
    service: String,
}

/// Sends the admin's browser to Zoom.
pub(crate) async fn begin(
    _: AdminAuth,
    State(app): State<AppState>,
    query: Result<Query<SignInQuery>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(query) = query.map_err(|_| ApiError::invalid("Name one service in the query: ?service=NAME."))?;
    let redirect = begin::begin(&app, &query.service).await?;
    let headers = AppendHeaders([
        (header::LOCATION, redirect.location),
        (header::SET_COOKIE, redirect.cookie),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
    ]);
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

/// Completes the sign-in and sends the browser to the console.
pub(crate) async fn callback(
    State(app): State<AppState>,
    headers: HeaderMap,
    query: Result<Query<CallbackQuery>, QueryRejection>,
) -> Result<Response, ApiError> {
    let public_url = app.config().public_url().await?;
    let console = public_url.url(&RequestTarget::path(&[]));
    let outcome = match query {
        Ok(Query(query)) => finish::finish(&app, &headers, query).await,
        Err(_) => Err(SignInError::UnknownState),
    };
    let response = match outcome {
        Ok(()) => (StatusCode::SEE_OTHER, [(header::LOCATION, console.as_str())]).into_response(),
        Err(error) => {
            log_failure(&error);
            let page = sign_in_page::render(&error, console.as_str());
            // The cookie of this browser's own sign-in stays: the failed callback did not belong to it.
            if matches!(error, SignInError::UnknownState | SignInError::OtherBrowser) {
                return Ok(page);
            }
            page
        }
    };
    let removal = csrf_cookie::COOKIE.remove(public_url.is_https());
    let headers = AppendHeaders([(header::SET_COOKIE, removal), (header::CACHE_CONTROL, "no-store".to_owned())]);
    Ok((headers, response).into_response())
}

fn log_failure(error: &SignInError) {
    match error {
        SignInError::Internal(cause) => platform::log!(Warn, "sign_in.failed", reason = error.name(), error = cause),
        _ => platform::log!(Warn, "sign_in.failed", reason = error.name()),
    }
}
