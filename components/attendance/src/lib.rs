//! Zoom -> Marketo: after the webinar everyone is Attended or No Show in the program (DESIGN sections 2, 6 and 7).
//!
//! | module | what it is |
//! |---|---|
//! | [`app`] | what every handler has at hand, and who may come in |
//! | [`events`] | Zoom's events: signature, what they mean, who else hears of them |
//! | [`programs`] | how far a program is, starting it by hand, asking about one person |
//! | [`tick`] | the periodic tick of the whole application |
//! | [`worker`] | who works on what is due, one at a time, one after the other |
//! | [`run`] | one run for one program: read, write, note how far it came |
//! | [`schedule`] | when to look, when to look again, when to give up |
//! | [`sheets`] | what was read, page by page, and how far the work is |
//! | [`reading`] | the run of the webinar that counts, its report, registrants, absentees, members |
//! | [`people`] | rows become people, and their stays minutes |
//! | [`accounting`] | writing: leads, and statuses of members |

mod accounting;
mod app;
mod events;
mod people;
mod programs;
mod reading;
mod run;
mod schedule;
mod sheets;
mod tick;
mod worker;

use app::App;
use axum::Router;
use axum::routing::{get, post};
use platform::Ports;

/// The component.
pub fn router(ports: Ports) -> Router {
    let router = Router::new()
        // Zoom's webhook.
        .route("/zoom/events", post(events::receive))
        // How far a program is.
        .route("/attendance/programs/{program_id}", get(programs::show))
        // Starts now, and answers when the run is over.
        .route("/attendance/programs/{program_id}/sync", post(programs::sync))
        // When one person was there.
        .route("/attendance/trace", post(programs::trace))
        // When the scheduler and Zoom were last heard of.
        .route("/attendance/health", get(tick::health))
        // By service chaining only: going on where another worker left off.
        .route("/internal/work", post(worker::follow))
        // What the scheduler calls about every minute.
        .route("/attendance/tick", post(tick::tick));
    platform::respond::finish(router.with_state(App::new(ports)))
}

#[cfg(target_arch = "wasm32")]
#[spin_sdk::http_service]
async fn handle(request: spin_sdk::http::Request) -> axum::response::Response {
    // Its state holds only caches keyed by service, and whether somebody is at work.
    static ROUTER: std::sync::OnceLock<Router> = std::sync::OnceLock::new();
    platform::spin::serve(ROUTER.get_or_init(|| router(platform::spin::ports())), request).await
}

#[cfg(test)]
mod tests;
