//! Signing in: the authorization page, tokens, revocation.

mod authorizations;
mod authorize;
mod token;

pub(crate) use authorizations::Authorizations;
pub use authorizations::{Decision, DisabledBy, SignIn};

use axum::Router;
use axum::routing::{get, post};

use super::Zoom;

/// The paths under `/oauth`.
pub(crate) fn router() -> Router<Zoom> {
    Router::new()
        .route("/oauth/authorize", get(authorize::authorize))
        .route("/oauth/token", post(token::token))
        .route("/oauth/revoke", post(token::revoke))
}
