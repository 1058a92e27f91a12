//! `GET /attendance/health`: when the scheduler and Zoom were last heard of.

use crate::app::App;
use axum::extract::State;
use domain::Error;
use domain::records::{LastEventKey, LastTickKey, Moment};
use domain::time::{SignedDuration, Timestamp};
use platform::ApiError;
use platform::entrance::Admin;
use platform::respond::Json;
use serde::Serialize;

/// An event is noted when the last one was noted longer ago than this: there may be hundreds a second.
const NOTED_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// How the application is.
#[derive(Debug, Serialize)]
pub(crate) struct Health {
    last_tick: Option<Timestamp>,
    last_zoom_event: Option<Timestamp>,
}

/// Shows it.
pub(crate) async fn show(_: Admin, State(app): State<App>) -> Result<Json<Health>, ApiError> {
    let at = |moment: Option<Moment>| moment.map(|moment| moment.at);
    Ok(Json(Health {
        last_tick: at(app.store().get(&LastTickKey {}).await?),
        last_zoom_event: at(app.store().get(&LastEventKey {}).await?),
    }))
}

/// Notes that the scheduler called.
pub(super) async fn ticked(app: &App) -> Result<(), Error> {
    Ok(app.store().put(&LastTickKey {}, &Moment::new(app.now())).await?)
}

/// Notes that Zoom sent an event.
pub(crate) async fn note_event(app: App) {
    let now = app.now();
    if !app.last_event.is_over(now, NOTED_EVERY) {
        return;
    }
    if let Err(error) = app.store().put(&LastEventKey {}, &Moment::new(now)).await {
        platform::log!("zoom.event_not_noted", error = error);
    }
}
