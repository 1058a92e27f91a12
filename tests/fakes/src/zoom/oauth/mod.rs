//! OAuth: the authorization page, the token endpoint, revocation.

mod authorize;
mod token;

use axum::Router;
use axum::routing::{get, post};

use crate::zoom::fake::Zoom;

/// The paths under `/oauth`.
pub(crate) fn router() -> Router<Zoom> {
    Router::new()
        .route("/oauth/authorize", get(authorize::authorize))
        .route("/oauth/token", post(token::token))
        .route("/oauth/revoke", post(token::revoke))
}
