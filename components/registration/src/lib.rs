//! Marketo -> Zoom: every lead that becomes Registered is in Zoom exactly once, with its link back in Marketo.
//!
//! | module | what it is |
//! |---|---|
//! | [`flow_step`] | Adobe's Self-Service Flow Step interface: submit, callback |
//! | [`outbox`] | chunks that were accepted and not yet called back |
//! | [`webhook`] | the same for one lead within the request |
//! | [`push`] | what both share: who may be pushed, the ledger, Zoom, writing back to Marketo |
//! | [`mapping`] | the extension that turns a lead into a registrant |
//! | [`failures`] | what failed and why; trying again |
//! | [`insight`] | what the console shows beyond the failures |
//! | [`events`] | what hosts decide about registrants |
//! | [`tick`] | what is done about every minute |
//! | [`sweep`] | forgetting what is of no use any more |

pub mod app;
pub mod events;
pub mod failures;
pub mod flow_step;
pub mod insight;
pub mod mapping;
pub mod outbox;
pub mod push;
pub mod sweep;
pub mod tick;
pub mod webhook;

#[cfg(test)]
mod tests;

#[cfg(target_arch = "wasm32")]
mod entry;
#[cfg(target_arch = "wasm32")]
mod extension;

use app::App;
use axum::Router;
use axum::routing::{get, post};
use mapping::Mapping;
use platform::Ports;
use std::sync::Arc;

/// The component's routes.
pub fn router(ports: Ports, mapping: Arc<dyn Mapping>) -> Router {
    let app = Arc::new(App::new(ports, mapping));
    let router = Router::new()
        // Marketo hands over a chunk of leads; 201, then the work, then one callback.
        .route("/flow-step/submitAsyncAction", post(flow_step::submit::handle))
        // One lead, for teams without flow-step services.
        .route("/registration/webhook", post(webhook::handle))
        // What failed and why.
        .route("/registration/failures", get(failures::list::list))
        // Try again.
        .route("/registration/failures/retry", post(failures::retry::retry))
        // By service chaining only: chunks left over, failures that are due.
        .route("/internal/tick", post(tick::tick))
        // By service chaining only: what hosts decide about registrants, forwarded by whoever receives Zoom's events.
        .route("/internal/zoom-events", post(events::handle))
        // What the console shows beyond the failures.
        .merge(insight::routes())
        .with_state(app);
    platform::respond::finish(router)
}
