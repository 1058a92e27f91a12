//! The pages that people see: programs, one program with its members, and the e-mails that went out.
//!
//! Their forms are calls under `/_control/page/`, which no fault, limit or record touches.

mod deeds;
mod emails;
mod program;
mod programs;

use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use maud::{Markup, html};

use super::shared::State;
use crate::support::page;

/// Whose pages these are.
const SYSTEM: &str = "Marketo";

pub(super) fn router(state: &State) -> Router {
    Router::new()
        .route("/", get(programs::all))
        .route("/programs/{id}", get(program::one))
        .route("/emails/{number}", get(emails::one))
        .route("/_control/page/install", post(deeds::install))
        .route("/_control/page/programs/{id}/lead", post(deeds::add_lead))
        .route("/_control/page/programs/{id}/members", post(deeds::add_members))
        .route("/_control/page/programs/{id}/register", post(deeds::register))
        .with_state(state.clone())
}

fn small(title: &str, body: Markup) -> Response {
    page::page(SYSTEM, title, body)
}

fn nothing(what: &str) -> Response {
    small(what, html! { p { a href="/" { "All programs" } } })
}
