//! Tokens: kept sealed, renewed ahead of time, handed to the other components.

mod lease;
mod renewal;
mod seal;
mod vault;

pub(crate) use renewal::{is_current, keep_alive, look_again, obtain};
pub(crate) use vault::{forget, load, save};

use crate::app::{App, ServicePath};
use crate::grant::Grant;
use axum::extract::State;
use domain::Sensitive;
use domain::time::Timestamp;
use platform::peers::{TokenRequest, ZoomToken};
use platform::respond::Json;
use platform::{ApiError, Body};
use serde::{Deserialize, Serialize};

/// What a service holds of Zoom. It is serialized to be sealed, and in no other place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tokens {
    pub(crate) access_token: Sensitive,
    pub(crate) expires_at: Timestamp,
    pub(crate) refresh_token: Sensitive,
    /// When the grant was last used, which is what Zoom's 90 days of idleness count from.
    pub(crate) renewed_at: Timestamp,
    /// When the admin signed in. What Zoom tells of an earlier time does not concern these tokens.
    pub(crate) signed_in_at: Timestamp,
}

impl Tokens {
    pub(crate) fn new(grant: &Grant, signed_in_at: Timestamp, now: Timestamp) -> Self {
        Self {
            access_token: grant.access_token.clone(),
            expires_at: grant.expires_at,
            refresh_token: grant.refresh_token.clone(),
            renewed_at: now,
            signed_in_at,
        }
    }
}

/// `POST /internal/token/{service_id}`.
pub(crate) async fn hand_out(
    State(app): State<App>,
    ServicePath(service): ServicePath,
    Body(request): Body<TokenRequest>,
) -> Result<Json<ZoomToken>, ApiError> {
    Ok(Json(obtain(&app, &service, request.refused.as_deref()).await?))
}
