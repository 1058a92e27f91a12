//! The pages that people see: the webinars, one webinar that can be run, and where links lead.
//!
//! Their forms are calls under `/_control/page/`, which no fault, limit or record touches.

mod deeds;
mod links;
mod webinars;

use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use maud::Markup;

use super::Zoom;
use crate::support::page;

/// Whose pages these are.
pub(super) const SYSTEM: &str = "Zoom";

/// The pages outside sign-in.
pub(crate) fn router() -> Router<Zoom> {
    Router::new()
        .route("/", get(webinars::all))
        .route("/webinars/{id}", get(webinars::one))
        .route("/j/{id}", get(links::shared))
        .route("/w/{id}", get(links::personal))
        .route("/webinar/register/{id}", get(links::registration))
        .route("/_control/page/webinars/{id}/start", post(deeds::start))
        .route("/_control/page/webinars/{id}/end", post(deeds::end))
        .route("/_control/page/webinars/{id}/register", post(deeds::register))
        .route("/_control/page/webinars/{id}/approve", post(deeds::approve))
        .route("/_control/page/webinars/{id}/deny", post(deeds::deny))
}

/// A small page.
pub(super) fn small(title: &str, body: Markup) -> Response {
    page::page(SYSTEM, title, body)
}
