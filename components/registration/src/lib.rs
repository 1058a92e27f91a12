//! Registration, Marketo -> Zoom: registers every lead that becomes Registered in Zoom exactly once, and writes its join link back to
//! Marketo.
//!
//! | route | caller | what it does |
//! |---|---|---|
//! | `POST /flow-step/submitAsyncAction` | Marketo | accepts a chunk of leads with 201; one callback follows |
//! | `POST /registration/webhook` | Marketo | registers one lead within the request |
//! | `GET /registration/failures` | admin | lists the failed leads and why they failed |
//! | `POST /registration/failures/retry` | admin | retries the failed leads of a program |
//! | `POST /registration/failures/dismiss` | admin | dismisses a chunk whose callback was given up |
//! | `GET /registration/programs/{program_id}` | admin | counts a program's people |
//! | `POST /registration/programs/{program_id}/reconcile` | admin | compares a program's webinar with Zoom, and repairs what differs (R18) |
//! | `GET /registration/health` | admin | shows the size of the outbox, the number of failures, a refused callback address |
//! | `POST /registration/trace` | admin | traces one person by e-mail address |
//! | `POST /registration/forget` | admin | deletes what the store has of a person |
//! | `POST /internal/tick` | attendance | resumes chunks, retries due failures, compares webinars, sweeps old records |
//! | `POST /internal/forget-account` | oauth | deletes the records of an account that removed the app (R17) |
//! | `POST /internal/watch` | attendance | counts what is open and what failed |
//! | `POST /internal/zoom-events` | attendance | marks the webinar of a registrant event, and follows the registrant (R18) |
//!
//! | module | content |
//! |---|---|
//! | [`routes`] | HTTP only |
//! | [`jobs`] | what the tick runs: resumes chunks, retries failures, compares webinars, sweeps old records |
//! | [`flow_step`] | processes one chunk of Marketo's flow step, up to its callback |
//! | [`registering`] | the rules: eligibility, target webinar, daily limit, add calls, write-back |
//! | [`following`] | follows Zoom's registrants: events, memberships, comparisons (R18) |
//! | [`copying`] | copies registrations of Zoom's own page to Marketo (R10) |
//! | [`status_changes`] | notices leads whose status was set in Marketo (R23) |
//! | [`registrants`] | what Zoom says of the registrants of a webinar (R18) |
//! | [`store`] | the component's records: outbox, ledger, failures |
//! | [`mapping`] | the extension that maps a lead to a registrant |
//! | [`outcome`] | the result of registering one lead |
//! | [`state`] | what handlers share |

pub mod copying;
pub mod flow_step;
pub mod following;
pub mod jobs;
pub mod mapping;
pub mod outcome;
pub mod registering;
pub mod registrants;
pub mod routes;
pub mod state;
pub mod status_changes;
pub mod store;

#[cfg(test)]
mod tests;

#[cfg(target_arch = "wasm32")]
mod extension;

use axum::Router;
use axum::routing::{get, post};
use mapping::Mapping;
use platform::Ports;
use platform::http::{INTERNAL_BODY_BYTES, LARGE_BODY_BYTES, body_limit};
use state::AppState;
use std::sync::Arc;

/// Returns the component's router over its ports.
pub fn router(ports: Ports, mapping: Arc<dyn Mapping>) -> Router {
    let state = Arc::new(AppState::new(ports.clone(), mapping));
    let router = Router::new()
        // Accepts a chunk of leads with 201, processes it after the response and sends one callback.
        .route(
            "/flow-step/submitAsyncAction",
            post(routes::submit::submit).layer(body_limit(routes::submit::MAX_CHUNK_BYTES)),
        )
        // Registers one lead within the request, for instances without flow-step services.
        .route("/registration/webhook", post(routes::webhook::register).layer(body_limit(LARGE_BODY_BYTES)))
        // Lists the failed leads and why they failed.
        .route("/registration/failures", get(routes::failures::list))
        // Retries the failed leads of a program.
        .route("/registration/failures/retry", post(routes::failures::retry).layer(body_limit(LARGE_BODY_BYTES)))
        // Dismisses a chunk whose callback was given up.
        .route("/registration/failures/dismiss", post(routes::failures::dismiss))
        // Counts a program's registered, pending, failed and waiting people.
        .route("/registration/programs/{program_id}", get(routes::status::program))
        // Compares a program's webinar with Zoom, and repairs what differs (R18).
        .route("/registration/programs/{program_id}/reconcile", post(routes::status::reconcile))
        // Shows the size of the outbox, the number of failures, and a refused callback address.
        .route("/registration/health", get(routes::status::health))
        // Traces one person by e-mail address.
        .route("/registration/trace", post(routes::trace::trace))
        // Deletes what the store has of a person.
        .route("/registration/forget", post(routes::forget::forget))
        // Internal: resumes chunks, retries due failures, compares webinars with Zoom, sweeps old records.
        .route("/internal/tick", post(routes::internal::tick))
        // Internal: deletes the records of an account that removed the app (R17).
        .route(
            "/internal/forget-account",
            post(routes::internal::forget_account).layer(body_limit(INTERNAL_BODY_BYTES)),
        )
        // Internal: marks the webinar of a registrant event, and follows the registrant (R18). attendance verified its
        // signature.
        .route("/internal/zoom-events", post(routes::internal::zoom_event).layer(body_limit(INTERNAL_BODY_BYTES)))
        // Internal: counts what is open and what failed.
        .route("/internal/watch", post(routes::watch::show))
        .with_state(state);
    platform::http::with_fallbacks(router, ports)
}

#[cfg(target_arch = "wasm32")]
platform::spin::entry!(|ports| router(ports, Arc::new(extension::Extension)));
