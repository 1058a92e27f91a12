//! The web pages of the fake Zoom: the webinars, one webinar with its controls, and the pages behind links.
//!
//! Their forms are control calls under `/_control/page/`, exempt from faults, limits and the request log.

mod actions;
mod links;
mod webinars;

use axum::Router;
use axum::routing::{get, post};

use crate::zoom::fake::Zoom;

/// The pages outside sign-in.
pub(crate) fn router() -> Router<Zoom> {
    Router::new()
        .route("/", get(webinars::all))
        .route("/webinars/{id}", get(webinars::one))
        .route("/j/{id}", get(links::shared))
        .route("/w/{id}", get(links::personal))
        .route("/webinar/register/{id}", get(links::registration))
        .route("/_control/page/webinars/{id}/start", post(actions::start))
        .route("/_control/page/webinars/{id}/end", post(actions::end))
        .route("/_control/page/webinars/{id}/register", post(actions::register))
        .route("/_control/page/webinars/{id}/approve", post(actions::approve))
        .route("/_control/page/webinars/{id}/deny", post(actions::deny))
}
