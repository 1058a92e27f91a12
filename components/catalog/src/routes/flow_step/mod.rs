//! The flow step as Marketo installs and shows it: Adobe's Self-Service Flow Step interface 1.0.0. `registration` serves
//! `submitAsyncAction`, which receives the leads.

mod assets;
mod documents;
mod picklist;
mod status;

use crate::state::AppState;
use axum::Router;
use axum::routing::{get, post};
use platform::http::{LARGE_BODY_BYTES, body_limit};

/// Returns the routes. Marketo reads the first two before it has a key, so they are public; the others require
/// `x-api-key`.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        // The documents that install the flow step.
        .route("/flow-step/openapi.json", get(documents::openapi))
        .route("/flow-step/getServiceDefinition", get(documents::definition))
        // The icons in the list of service providers and in the palette of a smart campaign.
        .route("/flow-step/brandIcon", get(assets::brand_icon))
        .route("/flow-step/serviceIcon", get(assets::service_icon))
        // The page that an admin reads while installing.
        .route("/flow-step/providerInstructions", get(assets::instructions))
        // Problems of services and programs, as sentences; Marketo asks every night.
        .route("/flow-step/status", get(status::status))
        // The choices of the attribute `webinar`.
        .route("/flow-step/getPicklist", post(picklist::picklist).layer(body_limit(LARGE_BODY_BYTES)))
}
