//! `GET /oauth/sign-in?service=NAME`.

use super::{browser, pending};
use crate::app::App;
use crate::grant;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{AppendHeaders, IntoResponse, Response};
use domain::Sensitive;
use domain::records::{SignIn, VERSION};
use http::{StatusCode, header};
use platform::ApiError;
use platform::entrance::Admin;
use serde::Deserialize;

/// The longest name of a service, in characters.
const MAX_NAME: usize = 100;

#[derive(Deserialize)]
pub(crate) struct Request {
    service: String,
}

pub(crate) async fn begin(
    _: Admin,
    State(app): State<App>,
    query: Result<Query<Request>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(request) = query.map_err(|_| ApiError::invalid("Say which service: ?service=NAME."))?;
    let service = name(&request.service)?;
    let (state, browser, verifier) = (app.nonce(), app.nonce(), Sensitive::from(app.nonce()));
    let location = grant::authorize_url(&app.ports, &state, &verifier).await?;
    let sign_in = SignIn {
        v: VERSION,
        service,
        verifier,
        browser: browser::hash(&browser),
        expires_at: app.now() + pending::LIFETIME,
    };
    pending::remember(&app, &state, &sign_in).await?;
    let secure = app.settings().public_url().await?.starts_with("https:");
    let headers = AppendHeaders([
        (header::LOCATION, location),
        (header::SET_COOKIE, browser::cookie(&browser, secure)),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
    ]);
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

fn name(given: &str) -> Result<String, ApiError> {
    let name = given.trim();
    if !(1..=MAX_NAME).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(ApiError::invalid("A service's name has 1 to 100 characters."));
    }
    Ok(name.to_owned())
}
