//! Console: the admin's web page, and its sessions. The component has no network: the page calls the other components' public
//! addresses itself, with the session cookie.
//!
//! | route | caller | what it does |
//! |---|---|---|
//! | `GET /` | browser | the page, or the page with the sign-in form |
//! | `GET /console/{file}` | browser | the page's style, script and icon |
//! | `POST`, `DELETE /console/session` | browser | signs in with the admin key, signs out here or everywhere |
//! | `GET /console/settings` | admin | the application's public address |
//!
//! | module | content |
//! |---|---|
//! | `routes` | HTTP only |
//! | `store` | the records of sessions |
//! | `content_encoding` | whether a browser accepts gzip |
//! | `state` | what handlers share |
//!
//! The [README of the assets](../assets/README.md) describes how `build.rs` builds the page.

mod content_encoding;
mod routes;
mod state;
mod store;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::routing::{get, post};
use platform::Ports;
use routes::{page, session, settings};
use state::AppState;

/// Returns the component's router over its ports.
pub fn router(ports: Ports) -> Router {
    let router = Router::new()
        // The page, or the page with the sign-in form. Public: the page contains no data.
        .route("/", get(page::page))
        // The page's style, script and icon.
        .route("/console/{file}", get(page::file))
        // Signs in with the admin key, signs out here or everywhere.
        .route("/console/session", post(session::sign_in).delete(session::sign_out))
        // Shows the application's public address.
        .route("/console/settings", get(settings::show))
        .with_state(AppState { ports: ports.clone() });
    platform::http::with_fallbacks(router, ports)
}

#[cfg(target_arch = "wasm32")]
platform::spin::entry!(router);
