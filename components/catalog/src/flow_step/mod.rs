//! What Marketo shows of the flow step: what it reads when an admin installs it, and the webinars that a marketer may
//! choose (Adobe's Self-Service Flow Step interface 1.0.0). Taking its leads is `registration`'s.
//!
//! | module | what it is |
//! |---|---|
//! | `openapi` | the OpenAPI document: where everything is and how to sign in; its address is what the admin pastes |
//! | `definition` | the service definition: attributes, fields, contexts |
//! | `icons` | the provider's icon and the flow step's |
//! | `instructions` | the page that an admin sees while installing |
//! | `status` | services and programs in trouble, in words |
//! | `picklist` | the choices of the attribute `webinar` |

mod definition;
mod icons;
mod instructions;
mod openapi;
mod picklist;
mod status;
#[cfg(test)]
mod tests;

pub(crate) use picklist::ChoiceCache;

use crate::app::App;
use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use domain::Error;
use http::header;
use platform::ApiError;

/// The routes. Marketo reads the first two before it has a key, so they are public; the others need `x-api-key`.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/flow-step/openapi.json", get(openapi::handle))
        .route("/flow-step/getServiceDefinition", get(definition::handle))
        // The provider, in the list of service providers.
        .route("/flow-step/brandIcon", get(icons::brand))
        // The flow step, in the palette of a smart campaign.
        .route("/flow-step/serviceIcon", get(icons::service))
        .route("/flow-step/providerInstructions", get(instructions::handle))
        // Services and programs in trouble, in words; Marketo asks nightly.
        .route("/flow-step/status", get(status::handle))
        // What the marketer may choose.
        .route("/flow-step/getPicklist", post(picklist::choices))
}

/// A JSON document of ours, with the address of the application put into it.
async fn filled(app: &App, document: &str) -> Result<Response, ApiError> {
    let public_url = app.ports.settings().public_url().await?;
    let json = [(header::CONTENT_TYPE, "application/json")];
    Ok((json, fill(document, &public_url)?).into_response())
}

/// Puts an address in the place of every `{public_url}`. As text: reading and writing the document anew would be much
/// code for two places in it.
fn fill(document: &str, public_url: &str) -> Result<String, Error> {
    let quoted = serde_json::to_string(public_url).map_err(|error| Error::Ours(error.to_string()))?;
    Ok(document.replace("{public_url}", quoted.trim_matches('"')))
}
