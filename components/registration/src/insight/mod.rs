//! What the console shows of registrations beyond the failures. Nothing is written here.
//!
//! | module | what it is |
//! |---|---|
//! | [`program`] | how many of a program's people are in Zoom, wait, or failed |
//! | [`trace`] | what became of one person |
//! | [`health`] | what waits, and how much failed |
//! | [`survey`] | reading the store for these |

pub mod health;
pub mod program;
pub mod survey;
pub mod trace;

use crate::app::App;
use axum::Router;
use axum::routing::{get, post};
use std::sync::Arc;

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        // How many of a program's people are registered, pending, failed, waiting.
        .route("/registration/programs/{program_id}", get(program::show))
        // One person, by e-mail address.
        .route("/registration/trace", post(trace::handle))
        // The outbox, and how much failed.
        .route("/registration/health", get(health::show))
}
