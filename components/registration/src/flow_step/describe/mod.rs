//! What Marketo reads of the flow step when an admin installs it, and every night after.
//!
//! | module | what it is |
//! |---|---|
//! | `openapi` | the OpenAPI document: where everything is and how to sign in; its address is what the admin pastes |
//! | `definition` | the service definition: attributes, fields, contexts |
//! | `icons` | the provider's icon and the flow step's |
//! | `instructions` | the page that an admin sees while installing |

mod definition;
mod icons;
mod instructions;
mod openapi;
#[cfg(test)]
mod tests;

use crate::app::App;
use axum::Router;
use axum::routing::get;
use domain::Error;
use std::sync::Arc;

/// The routes. Marketo reads the first two before it has a key, so they are public; the others need `x-api-key`.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/flow-step/openapi.json", get(openapi::handle))
        .route("/flow-step/getServiceDefinition", get(definition::handle))
        // The provider, in the list of service providers.
        .route("/flow-step/brandIcon", get(icons::brand))
        // The flow step, in the palette of a smart campaign.
        .route("/flow-step/serviceIcon", get(icons::service))
        .route("/flow-step/providerInstructions", get(instructions::handle))
}

/// Where Marketo reaches the flow step; Adobe's paths follow it.
fn base(public_url: &str) -> String {
    format!("{public_url}/flow-step")
}

async fn public_url(app: &App) -> Result<String, Error> {
    app.ports.settings().public_url().await
}
