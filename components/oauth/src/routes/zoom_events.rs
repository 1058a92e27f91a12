//! `POST /oauth/zoom-events`: events of the Zoom app. Zoom repeats an event that was not answered with success, and an
//! attacker could replay one. An event that was processed already, or that is older than the sign-in, changes nothing.

use crate::removal::deauthorization::{self, RemovalReport};
use crate::state::AppState;
use crate::store::services;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::time::{SignedDuration, Timestamp};
use domain::{AccountId, Error, UserId};
use http::StatusCode;
use platform::ApiError;
use platform::http::{Json, RawBody};
use zoom_client::events::{self, SignatureHeaders, ZoomEvent, ZoomRequest};

/// Maximum time from the removal to the delivery of its event: Zoom repeats an event for 85 minutes
/// (docs/reference/zoom.md). An earlier time in the event is wrong.
const MAX_AGE: SignedDuration = SignedDuration::from_hours(24);

/// Verifies Zoom's signature and processes the event. Ignores events of other kinds.
pub(crate) async fn receive(
    State(app): State<AppState>,
    headers: SignatureHeaders,
    RawBody(body): RawBody,
) -> Result<Response, ApiError> {
    match events::receive(&app.ports, &headers, &body).await? {
        ZoomRequest::UrlValidation(answer) => return Ok(Json(answer).into_response()),
        ZoomRequest::Event(event) if event.name() == "app_deauthorized" => {
            deauthorize(&app, &event, headers.signed_at()).await?;
        }
        ZoomRequest::Event(_) => {}
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Removes the account's data (R17). Only an event that names neither an account nor an admin is refused: an event with
/// an odd time is obeyed, unless it was signed before the sign-in.
async fn deauthorize(app: &AppState, event: &ZoomEvent, signed_at: Option<Timestamp>) -> Result<(), ApiError> {
    let user = event.user();
    let account = match (event.account(), &user) {
        (Some(account), _) => Some(account),
        (None, Some(user)) => account_of_admin(app, user).await?,
        (None, None) => None,
    };
    let account = account.ok_or_else(|| ApiError::invalid("The event has no account_id."))?;
    let is_plausible = |at: &Timestamp| signed_at.is_none_or(|signed_at| signed_at.duration_since(*at) <= MAX_AGE);
    let removed_at = event.deauthorized_at().filter(is_plausible).or(signed_at);
    Ok(deauthorization::deauthorize(app, &RemovalReport { account, user, removed_at }).await?)
}

/// Returns the account of the service whose admin this user is.
async fn account_of_admin(app: &AppState, user: &UserId) -> Result<Option<AccountId>, Error> {
    let all = services::all(app).await?;
    Ok(all.into_iter().find(|service| service.admin_user_id == *user).map(|service| service.account_id))
}
