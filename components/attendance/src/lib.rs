//! Attendance, Zoom -> Marketo: receives Zoom's events, runs the application's periodic tick, and after a webinar sets its
//! program's members to Attended or No Show.
//!
//! | route | caller | what it does |
//! |---|---|---|
//! | `POST /zoom/events` | Zoom | checks an event's signature, records or forwards it |
//! | `GET /attendance/programs/{program_id}` | admin | shows the attendance of a program |
//! | `POST /attendance/programs/{program_id}/sync` | admin | runs a program and waits for the run |
//! | `GET /attendance/programs/{program_id}/unmatched` | admin | lists attendees of whom Zoom shows no more than a name |
//! | `POST /attendance/trace` | admin | shows when one person was in the webinar |
//! | `GET /attendance/health` | admin | shows the last tick and the last event |
//! | `GET /healthz` | anybody | shows whether the store works |
//! | `GET /metrics` | admin, scheduler | shows counts in Prometheus' text format |
//! | `POST /attendance/tick` | scheduler | runs the tick of the whole application |
//! | `GET /attendance/tick/{cron_path_key}` | scheduler | the same, for a scheduler that can only GET a path |
//! | `POST /internal/forget-account` | oauth | deletes the records of an account that removed the app (R17) |
//! | `POST /internal/forget-person` | registration | deletes what the store has of a person |
//! | `POST /internal/work` | attendance | continues the work of an earlier worker |
//!
//! Calls go downwards:
//!
//! | module | content |
//! |---|---|
//! | `routes` | HTTP only |
//! | `jobs` | the worker with its lease, trigger and continuation; the sweep |
//! | `alerts` | what needs a person: the webhook, the heartbeat |
//! | `run` | one run for one program: fetch, match, write, record the outcome |
//! | `live` | sets people to Attended while the webinar is under way |
//! | `write` | writes leads, member statuses and member fields to Marketo |
//! | `fetch` | fetches Zoom's lists and the program's members into checkpoints |
//! | `roster` | the in-memory join of the fetched lists |
//! | `matching` | matches participants to registrants and members; pure |
//! | `rules` | which sessions count, when No Show may be set, who is on the own side; pure |
//! | `schedule` | when to poll, when to retry, when to give up; pure |
//! | `store` | the records: attendance, checkpoints, lease, signals |
//! | `person` | a person and the key that identifies them; pure |
//! | `state` | what the handlers share |

mod alerts;
mod fetch;
mod jobs;
mod live;
mod matching;
mod person;
mod roster;
mod routes;
mod rules;
mod run;
mod schedule;
mod state;
mod store;
mod write;

use axum::Router;
use axum::routing::{get, post};
use platform::Ports;
use platform::http::{INTERNAL_BODY_BYTES, LARGE_BODY_BYTES, body_limit};
use routes::{forget, health, healthz, metrics, programs, tick, trace, unmatched, work, zoom_events};
use state::AppState;

/// Returns the component's router over a set of ports.
pub fn router(ports: Ports) -> Router {
    let router = Router::new()
        // Receives Zoom's events: checks the signature, records or forwards the event.
        .route("/zoom/events", post(zoom_events::receive).layer(body_limit(LARGE_BODY_BYTES)))
        // Shows the attendance of a program.
        .route("/attendance/programs/{program_id}", get(programs::show))
        // Runs a program and waits for the run.
        .route("/attendance/programs/{program_id}/sync", post(programs::sync))
        // Lists the attendees of whom Zoom shows no more than a name.
        .route("/attendance/programs/{program_id}/unmatched", get(unmatched::list))
        // Shows when one person was in the webinar.
        .route("/attendance/trace", post(trace::show))
        // Shows the last tick and the last event.
        .route("/attendance/health", get(health::show))
        // Shows whether the store works.
        .route("/healthz", get(healthz::show))
        // Shows counts in Prometheus' text format.
        .route("/metrics", get(metrics::show))
        // Runs the tick of the whole application.
        .route("/attendance/tick", post(tick::run))
        // Runs it for a scheduler that can only GET a path.
        .route("/attendance/tick/{cron_path_key}", get(tick::run_by_path))
        // Internal: deletes the records of an account that removed the app (R17).
        .route("/internal/forget-account", post(forget::forget_account).layer(body_limit(INTERNAL_BODY_BYTES)))
        // Internal: deletes what the store has of a person.
        .route("/internal/forget-person", post(forget::forget_person))
        // Internal: continues the work of an earlier worker.
        .route("/internal/work", post(work::resume));
    platform::http::with_fallbacks(router.with_state(AppState::new(ports.clone())), ports)
}

#[cfg(target_arch = "wasm32")]
platform::spin::entry!(router);

#[cfg(test)]
mod tests;
