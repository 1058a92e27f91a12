//! `POST /oauth/zoom-events`: events of the Zoom app. Zoom repeats an event that was not answered with success, and an
//! attacker could replay one for five minutes. An event that was processed already changes nothing.

use crate::removal::deauthorization;
use crate::state::AppState;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::AccountId;
use domain::time::{self, Timestamp};
use http::{HeaderMap, StatusCode};
use platform::auth::verify;
use platform::http::{Json, RawBody};
use platform::{ApiError, JsonBody};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct ZoomAppEvent {
    event: String,
    /// In milliseconds. Some of Zoom's samples have it in the payload.
    event_ts: Option<i64>,
    #[serde(default)]
    payload: ZoomAppEventPayload,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "snake_case")]
struct ZoomAppEventPayload {
    account_id: Option<AccountId>,
    deauthorization_time: Option<String>,
    event_ts: Option<i64>,
    #[serde(rename = "plainToken")]
    plain_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UrlValidationResponse {
    plain_token: String,
    encrypted_token: String,
}

/// Verifies Zoom's signature and processes the event.
pub(crate) async fn receive(
    State(app): State<AppState>,
    headers: HeaderMap,
    RawBody(body): RawBody,
) -> Result<Response, ApiError> {
    verify::zoom(&app.ports, &headers, &body).await?;
    let JsonBody(event) = JsonBody::<ZoomAppEvent>::from_bytes(&body)?;
    match event.event.as_str() {
        "endpoint.url_validation" => {
            let plain_token =
                event.payload.plain_token.ok_or_else(|| ApiError::invalid("The event has no plainToken."))?;
            let encrypted_token = verify::zoom_validation(&app.ports, &plain_token).await?;
            Ok(Json(UrlValidationResponse { plain_token, encrypted_token }).into_response())
        }
        "app_deauthorized" => {
            let removed_at = event.time();
            let account = event.payload.account_id.ok_or_else(|| ApiError::invalid("The event has no account_id."))?;
            deauthorization::deauthorize(&app, &account, removed_at).await?;
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        _ => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

impl ZoomAppEvent {
    /// Returns when the event occurred, if it says so.
    fn time(&self) -> Option<Timestamp> {
        let deauthorized_at = self.payload.deauthorization_time.as_ref().and_then(|text| time::parse(text));
        let sent_at = || self.payload.event_ts.or(self.event_ts).map(time::from_millisecond);
        deauthorized_at.or_else(sent_at)
    }
}
