//! The web pages of the fake Marketo: programs, one program with its members, and the sent e-mails.
//!
//! Their forms are control calls under `/_control/page/`, exempt from faults, limits and the request log.

mod actions;
mod emails;
mod program;
mod programs;

use axum::Router;
use axum::routing::{get, post};

use crate::marketo::state::SharedState;

pub(super) fn router(state: &SharedState) -> Router {
    Router::new()
        .route("/", get(programs::all))
        .route("/programs/{id}", get(program::one))
        .route("/emails/{number}", get(emails::one))
        .route("/_control/page/install", post(actions::install))
        .route("/_control/page/programs/{id}/lead", post(actions::add_lead))
        .route("/_control/page/programs/{id}/members", post(actions::add_members))
        .route("/_control/page/programs/{id}/register", post(actions::register))
        .with_state(state.clone())
}
