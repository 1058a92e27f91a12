//! Catalog: the webinars of the Zoom services, the Marketo programs connected to them, and what Marketo shows of both.
//!
//! | route | caller | what it does |
//! |---|---|---|
//! | `GET /catalog/webinars` | admin | lists the upcoming webinars of a service (R3) |
//! | `GET /catalog/programs` | admin | lists the connections, or those that are archived |
//! | `GET`, `PUT`, `DELETE /catalog/programs/{program_id}` | admin | shows, makes and removes a connection |
//! | `PUT /catalog/programs/{program_id}/settings` | admin | changes the settings of a connection |
//! | `GET /catalog/programs/{program_id}/tokens` | admin | shows the program's My Tokens (R4) |
//! | `POST /catalog/programs/{program_id}/check` | admin | checks the connection on the real accounts, link by link |
//! | `POST /catalog/programs/{program_id}/refresh` | admin | reads the webinar and the channel, and writes the My Tokens |
//! | `GET /console/export` | admin | returns a backup of services and connections |
//! | `POST /console/import` | admin | restores what is missing from a backup |
//! | `/flow-step/...` | Marketo | describes the flow step and lists its choices; `routes::flow_step` lists the paths |
//! | `POST /internal/webinar/{webinar_id}` | registration | finds a webinar and the service that offers it |
//! | `POST /internal/zoom-events` | attendance | refreshes the connections of a webinar that changed |
//! | `POST /internal/forget-account` | oauth | deletes the connections of an account that removed the app (R17) |
//! | `POST /internal/tick` | attendance | refreshes the connections that are due |
//!
//! | module | content |
//! |---|---|
//! | `routes` | HTTP only |
//! | `jobs` | the refresh that the tick and Zoom's events run, and the hourly maintenance |
//! | `backup` | exports and imports what admins chose |
//! | `checks` | what *Check this connection* looks at |
//! | `connections` | connecting a program to a webinar, and refreshing the connection (R6, R13) |
//! | `webinars` | lists and eligibility of webinars (R3) |
//! | `picklist` | the choices of the flow step's attribute `webinar` |
//! | `my_tokens` | the My Tokens through which Marketo shows a webinar (R4, R5) |
//! | `store` | the repository of services |
//! | `state` | what handlers share |
//! | `expiring_cache`, `local_time`, `zoom_errors` | leaves: a cache, times in a webinar's zone, the meaning of Zoom's errors |

mod backup;
mod checks;
mod connections;
mod expiring_cache;
mod jobs;
mod local_time;
mod my_tokens;
mod picklist;
mod routes;
mod state;
mod store;
#[cfg(test)]
mod tests;
mod webinars;
mod zoom_errors;

use axum::Router;
use axum::routing::{get, post, put};
use platform::Ports;
use platform::http::{INTERNAL_BODY_BYTES, body_limit};
use routes::{flow_step, internal, programs, webinars as webinar_routes};
use state::AppState;

/// Returns the component's router over its ports.
pub fn router(ports: Ports) -> Router {
    let router = Router::new()
        // Lists the upcoming webinars of a service (R3).
        .route("/catalog/webinars", get(webinar_routes::list))
        // Lists the connections, or those that are archived.
        .route("/catalog/programs", get(programs::list))
        // Shows, makes and removes a connection.
        .route(
            "/catalog/programs/{program_id}",
            get(programs::show).put(programs::connect).delete(programs::disconnect),
        )
        // Changes the settings of a connection.
        .route("/catalog/programs/{program_id}/settings", put(programs::change_settings))
        // Shows the program's My Tokens (R4).
        .route("/catalog/programs/{program_id}/tokens", get(programs::my_tokens))
        // Checks the connection on the real accounts, link by link.
        .route("/catalog/programs/{program_id}/check", post(programs::check))
        // Reads the webinar and the channel, and writes the My Tokens.
        .route("/catalog/programs/{program_id}/refresh", post(programs::refresh))
        // Returns a backup of services and connections.
        .route("/console/export", get(routes::backup::export))
        // Restores what is missing from a backup.
        .route("/console/import", post(routes::backup::import).layer(body_limit(routes::backup::MAX_BYTES)))
        // Internal: finds a webinar and the service that offers it.
        .route("/internal/webinar/{webinar_id}", post(internal::find_webinar))
        // Internal: refreshes the connections of a webinar that changed.
        .route("/internal/zoom-events", post(internal::zoom_event).layer(body_limit(INTERNAL_BODY_BYTES)))
        // Internal: deletes the connections of an account that removed the app (R17).
        .route("/internal/forget-account", post(internal::forget_account).layer(body_limit(INTERNAL_BODY_BYTES)))
        // Internal: refreshes the connections that are due.
        .route("/internal/tick", post(internal::tick))
        // Describes the flow step and lists its choices.
        .merge(flow_step::routes());
    platform::http::with_fallbacks(router.with_state(AppState::new(ports.clone())), ports)
}

#[cfg(target_arch = "wasm32")]
platform::spin::entry!(router);
