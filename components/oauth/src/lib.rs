//! `OAuth` and `LaunchPoint` services: signing in to Zoom, enabled users, tokens, and deleting an account that removed the app.
//!
//! Only this component has the Zoom app's secret, the token key and the refresh tokens. The other components ask it for
//! access tokens.
//!
//! | route | caller | what it does |
//! |---|---|---|
//! | `GET /oauth/sign-in` | admin | sends the admin's browser to Zoom |
//! | `GET /oauth/callback` | browser | completes the sign-in when Zoom sends the browser back |
//! | `GET /oauth/services` | admin | lists all services with their state and problem |
//! | `DELETE /oauth/services/{id}` | admin | revokes the grant at Zoom and deletes the service |
//! | `PUT /oauth/services/{id}/users` | admin | replaces the enabled users (R3) |
//! | `POST /oauth/zoom-events` | Zoom | deletes the data of an account that removed the app (R17), or validates this address |
//! | `POST /internal/token/{id}` | other components | returns an access token |
//! | `POST /internal/problem/{id}` | other components | records a problem of the service, or that it is gone (R2) |
//! | `POST /internal/data-keys` | other components | returns the keys that seal records |
//! | `POST /internal/import-services` | catalog | restores services from a backup that are missing |
//! | `POST /internal/tick` | attendance | runs the jobs |
//!
//! | module | content |
//! |---|---|
//! | `routes` | HTTP only |
//! | `jobs` | what the tick runs |
//! | `sign_in` | the sign-in, from the console to Zoom and back: PKCE, the one-time `state`, the CSRF cookie |
//! | `services` | activating a service (R1) and enabling users (R3) |
//! | `removal` | deleting a service, and deleting an account that removed the app (R17) |
//! | `tokens` | access tokens for the other components, and their renewal |
//! | `store` | this component's records: services, encrypted tokens and keys, removals, the renewal lease |
//! | `zoom_oauth` | the client of Zoom's OAuth server, and the required scopes |
//! | `state` | what handlers share |

mod jobs;
mod removal;
mod routes;
mod services;
mod sign_in;
mod state;
mod store;
#[cfg(test)]
mod tests;
mod tokens;
mod zoom_oauth;

use axum::Router;
use axum::routing::{delete, get, post, put};
use platform::Ports;
use platform::http::{INTERNAL_BODY_BYTES, LARGE_BODY_BYTES, body_limit};
use platform::sealing::Keyring;
use state::AppState;
use std::sync::Arc;
use store::data_keys::OwnKeys;

/// Returns the component's router over its ports.
pub fn router(ports: Ports) -> Router {
    let keyring = Keyring::new(Box::new(OwnKeys(ports.clone())), ports.clock.clone());
    let ports = Ports { keyring: Arc::new(keyring), ..ports };
    let router = Router::new()
        // Sends the admin's browser to Zoom.
        .route("/oauth/sign-in", get(routes::sign_in::begin))
        // Completes the sign-in when Zoom sends the browser back.
        .route("/oauth/callback", get(routes::sign_in::callback))
        // Lists all services with their state and problem.
        .route("/oauth/services", get(routes::services::list))
        // Revokes the grant at Zoom and deletes the service.
        .route("/oauth/services/{id}", delete(routes::services::delete))
        // Replaces the enabled users, whose webinars may be used besides the admin's (R3).
        .route("/oauth/services/{id}/users", put(routes::services::enable_users))
        // Deletes the data of an account that removed the app (R17), or validates this address.
        .route("/oauth/zoom-events", post(routes::zoom_events::receive).layer(body_limit(LARGE_BODY_BYTES)))
        // Internal: returns an access token to another component.
        .route("/internal/token/{id}", post(routes::internal::token))
        // Internal: records a problem of the service that another component met, or that it is gone (R2).
        .route("/internal/problem/{id}", post(routes::internal::problem))
        // Internal: returns the keys that seal records to another component.
        .route("/internal/data-keys", post(routes::internal::data_keys))
        // Internal: restores services from a backup that are missing.
        .route(
            "/internal/import-services",
            post(routes::internal::import_services).layer(body_limit(INTERNAL_BODY_BYTES)),
        )
        // Internal: runs the jobs, about every minute.
        .route("/internal/tick", post(routes::internal::tick));
    platform::http::with_fallbacks(router.with_state(AppState::new(ports.clone())), ports)
}

#[cfg(target_arch = "wasm32")]
platform::spin::entry!(router);
