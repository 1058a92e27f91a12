//! `POST /oauth/zoom-events`. Zoom repeats what was not answered well, and so may anybody who overheard it within five
//! minutes: an event that was acted on already does nothing.

use super::sweep;
use crate::app::App;
use crate::services::{self, Removal, Why};
use crate::tokens;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::records::{Service, ServiceState};
use domain::time::Timestamp;
use domain::{AccountId, Error};
use http::{HeaderMap, StatusCode};
use platform::respond::Json;
use platform::respond::RawBody;
use platform::{ApiError, Body, door};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Event {
    event: String,
    /// Milliseconds; inside the payload in some of Zoom's samples.
    event_ts: Option<i64>,
    #[serde(default)]
    payload: Payload,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "snake_case")]
struct Payload {
    account_id: Option<AccountId>,
    deauthorization_time: Option<String>,
    event_ts: Option<i64>,
    #[serde(rename = "plainToken")]
    plain_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Validation {
    plain_token: String,
    encrypted_token: String,
}

pub(crate) async fn receive(
    State(app): State<App>,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Result<Response, ApiError> {
    door::zoom(&app.ports, &headers, &body).await?;
    let Body(event) = Body::<Event>::from_bytes(&body)?;
    match event.event.as_str() {
        "endpoint.url_validation" => {
            let plain_token =
                event.payload.plain_token.ok_or_else(|| ApiError::invalid("The event has no plainToken."))?;
            let encrypted_token = door::zoom_validation(&app.ports, &plain_token).await?;
            Ok(Json(Validation { plain_token, encrypted_token }).into_response())
        }
        "app_deauthorized" => {
            let at = event.time();
            let account = event.payload.account_id.ok_or_else(|| ApiError::invalid("The event has no account_id."))?;
            deauthorize(&app, &account, at).await?;
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        _ => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

impl Event {
    /// When it happened, as far as Zoom tells.
    fn time(&self) -> Option<Timestamp> {
        let told = self.payload.deauthorization_time.as_ref().and_then(|text| text.parse().ok());
        let stamped = || self.payload.event_ts.or(self.event_ts).map(Timestamp::from_millisecond);
        told.or_else(stamped)
    }
}

/// Ends every service of the account at once; the rest of the account's data goes after the answer, which Zoom wants
/// within 3 seconds. Of an account whose services the admin has deleted here before, what is left goes at once: nothing
/// would remember that it has to, except Zoom, which sends the event again unless we answer well.
async fn deauthorize(app: &App, account: &AccountId, at: Option<Timestamp>) -> Result<(), Error> {
    let mut ended = Vec::new();
    let of_account: Vec<_> =
        services::all(app).await?.into_iter().filter(|service| service.account_id == *account).collect();
    if of_account.is_empty() {
        return sweep::leftovers(app, account).await;
    }
    for service in of_account {
        if concerns(app, &service, at).await? {
            let removal = Removal::new(app.now(), Why::Deauthorized);
            services::mark_for_removal(app, &service.id, &removal).await?;
            platform::log!("service.deauthorized", service = service.id);
            ended.push(service.id);
        }
    }
    if !ended.is_empty() {
        let app_after = app.clone();
        app.ports.background.spawn(Box::pin(async move {
            if let Err(error) = sweep::finish(&app_after, &ended).await {
                platform::log!("deauthorization.not_finished", error = error);
            }
        }));
    }
    Ok(())
}

/// Whether a service is still to be ended: not when it is ended already, nor when the admin signed in after the app
/// was removed.
async fn concerns(app: &App, service: &Service, at: Option<Timestamp>) -> Result<bool, Error> {
    if service.state == ServiceState::Deauthorized {
        return Ok(false);
    }
    let tokens = match tokens::load(app, &service.id).await {
        Ok(tokens) => tokens,
        Err(Error::Caller(_)) => None,
        Err(error) => return Err(error),
    };
    // Zoom tells whole seconds: of a removal in the second of the sign-in the removal counts, or data would stay.
    Ok(tokens.zip(at).is_none_or(|(tokens, at)| at.as_second() >= tokens.signed_in_at.as_second()))
}
