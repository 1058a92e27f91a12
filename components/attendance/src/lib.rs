//! Zoom -> Marketo: after the webinar everyone is Attended or No Show in the program (DESIGN sections 2, 6 and 7).
//!
//! | module | what it is |
//! |---|---|
//! | [`app`] | what every handler has at hand, and who may come in |
//! | [`events`] | Zoom's events: signature, what they mean, who else hears of them |
//! | [`programs`] | how far a program is, and starting it by hand |
//! | [`tick`] | the periodic tick of the whole application |
//! | [`run`] | one run: claim, read, write, note how far it came |
//! | [`schedule`] | when to look, when to look again, when to give up |
//! | [`zoom`] | reading: the instance that ran, its report, registrants, absentees |
//! | [`people`] | rows become people, and their stays minutes |
//! | [`marketo`] | writing: members, leads, statuses |

mod app;
mod events;
mod marketo;
mod people;
mod programs;
mod run;
mod schedule;
mod tick;
mod zoom;

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
        // What the scheduler calls about every minute.
        .route("/attendance/tick", post(tick::tick));
    platform::respond::finish(router.with_state(App::new(ports)))
}

#[cfg(target_arch = "wasm32")]
#[spin_sdk::http_service]
async fn handle(request: spin_sdk::http::Request) -> axum::response::Response {
    // Its state holds only caches keyed by service, and a lock.
    static ROUTER: std::sync::OnceLock<Router> = std::sync::OnceLock::new();
    platform::spin::serve(ROUTER.get_or_init(|| router(platform::spin::ports())), request).await
}

#[cfg(test)]
mod tests;
