//! Zoom's events about a webinar itself. An event is only a hint that something changed: what is so is read from
//! Zoom, hence events that come twice, late or out of order do no harm.

use super::read_all;
use crate::app::App;
use crate::programs;
use axum::extract::State;
use domain::WebinarId;
use domain::webinar::CHANGES;
use platform::peers::TickReport;
use platform::respond::Json;
use platform::{ApiError, Body};
use serde::Deserialize;

/// An event as far as it matters here.
#[derive(Deserialize)]
pub(crate) struct Event {
    event: String,
    #[serde(default)]
    payload: serde_json::Value,
}

impl Event {
    /// The webinar that changed; `None` for an event about something else.
    fn changed(&self) -> Option<WebinarId> {
        CHANGES.contains(&self.event.as_str()).then_some(())?;
        // A string in some events, a number in others (zoom.md section 4).
        domain::json::from_value(self.payload.get("object")?.get("id")?).ok()
    }
}

/// `POST /internal/zoom-events`: the body is the event as Zoom sent it. What cannot be read again now, the tick does.
pub(crate) async fn event(State(app): State<App>, Body(event): Body<Event>) -> Result<Json<TickReport>, ApiError> {
    let Some(webinar) = event.changed() else { return Ok(Json(TickReport::default())) };
    let mut connections = programs::every(app.ports.store()).await?;
    connections.retain(|connection| connection.snapshot.id == webinar);
    let worked = read_all(&app, connections, app.deadline()).await;
    Ok(Json(TickReport { worked }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_changed_webinar_is_read_from_its_forms() {
        for (event, webinar) in [
            (json!({"event": "webinar.updated", "payload": {"object": {"id": 9}}}), Some(9)),
            (json!({"event": "webinar.deleted", "payload": {"object": {"id": "9"}}}), Some(9)),
            (json!({"event": "webinar.ended", "payload": {"object": {"id": "9"}}}), None),
            (json!({"event": "webinar.updated", "payload": {"object": {"id": {}}}}), None),
            (json!({"event": "webinar.updated", "payload": null}), None),
            (json!({"event": "webinar.updated"}), None),
        ] {
            let read: Event = serde_json::from_value(event.clone()).unwrap();
            assert_eq!(read.changed().map(WebinarId::get), webinar, "{event}");
        }
    }
}
