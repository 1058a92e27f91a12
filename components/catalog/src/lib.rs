//! Webinars, connections of programs to them, and what Marketo shows of them (DESIGN sections 2, 6 and 7).
//!
//! | module | what it is |
//! |---|---|
//! | `app` | what every handler has at hand, and who may come in |
//! | `services` | which LaunchPoint services may be used, and why others may not (R1, R3) |
//! | `zoom_errors` | what Zoom's refusals mean when webinars are read |
//! | `webinars` | the webinars that may be chosen (R3) |
//! | `programs` | programs and the webinars they are connected to (R5, R6, R15) |
//! | `tokens` | the My Tokens through which Marketo shows a webinar (R4) |
//! | `flow_step` | what Marketo shows of the flow step |
//! | `follow` | following changes in Zoom: events and the tick (R4, R13) |
//! | `local_time` | instants in a webinar's own time zone |

mod app;
mod flow_step;
mod follow;
mod local_time;
mod programs;
mod services;
#[cfg(test)]
mod tests;
mod tokens;
mod webinars;
mod zoom_errors;

use app::App;
use axum::Router;
use axum::routing::{get, post};
use platform::Ports;

/// The component.
pub fn router(ports: Ports) -> Router {
    let router = Router::new()
        // The upcoming webinars of a service.
        .route("/catalog/webinars", get(webinars::list))
        // Every connection.
        .route("/catalog/programs", get(programs::list))
        // One program: show its connection, connect or re-connect it, disconnect it.
        .route(
            "/catalog/programs/{program_id}",
            get(programs::show).put(programs::connect).delete(programs::disconnect),
        )
        // What Marketo shows of its webinar.
        .route("/catalog/programs/{program_id}/tokens", get(programs::tokens))
        // Reads the webinar and the channel again, and writes the My Tokens.
        .route("/catalog/programs/{program_id}/refresh", post(programs::refresh))
        // By chaining: whose webinar is it, and what is it like now? (registration)
        .route("/internal/webinar/{webinar_id}", post(webinars::of_any_service))
        // By chaining: an event of Zoom's, authenticated by attendance.
        .route("/internal/zoom-events", post(follow::event))
        // By chaining: the tick's share.
        .route("/internal/tick", post(follow::tick))
        // What Marketo shows of the flow step: document, definition, icons, instructions, picklist.
        .merge(flow_step::routes());
    platform::respond::finish(router.with_state(App::new(ports)))
}

#[cfg(target_arch = "wasm32")]
#[spin_sdk::http_service]
async fn handle(request: spin_sdk::http::Request) -> axum::response::Response {
    // Its state holds only caches keyed by service.
    static ROUTER: std::sync::OnceLock<Router> = std::sync::OnceLock::new();
    platform::spin::serve(ROUTER.get_or_init(|| router(platform::spin::ports())), request).await
}
