//! Zoom's events. They are hints: what is so is read from Zoom, hence events that come twice, late or not at all do no
//! harm. Zoom wants its answer within 3 seconds, we give it within 300 ms (DESIGN section 7): what is slow is done
//! after the answer, and what must not be lost is written before it.
//!
//! | module | what it is |
//! |---|---|
//! | [`event`] | what an event means to us |
//! | [`forward`] | other components that hear of it |

mod event;
mod forward;

use crate::app::App;
use crate::{programs, tick, worker};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use event::Event;
use http::{HeaderMap, StatusCode};
use platform::respond::Json;
use platform::respond::RawBody;
use platform::{ApiError, Body, door};
use serde_json::{Value, json};

/// `POST /zoom/events`.
pub(crate) async fn receive(
    State(app): State<App>,
    headers: HeaderMap,
    RawBody(raw): RawBody,
) -> Result<Response, ApiError> {
    door::zoom(&app.ports, &headers, &raw).await?;
    let Body(body) = Body::<Value>::from_bytes(&raw)?;
    if !body["event"].is_string() {
        return Err(ApiError::invalid("An event has a name, in the field event."));
    }
    match Event::read(&body) {
        Event::UrlValidation { plain_token } => {
            let encrypted = door::zoom_validation(&app.ports, &plain_token).await?;
            return Ok(Json(json!({ "plainToken": plain_token, "encryptedToken": encrypted })).into_response());
        }
        Event::Ended { webinar, at } => {
            programs::mark_ended(&app, webinar, at).await?;
            platform::log!("zoom.webinar_ended", webinar = webinar);
            app.ports.background.spawn(Box::pin(worker::kick(app.clone())));
        }
        Event::For(component) => app.ports.background.spawn(Box::pin(forward::to(app.clone(), component, body))),
        Event::Nothing => {}
    }
    app.ports.background.spawn(Box::pin(tick::note_event(app.clone())));
    Ok(StatusCode::OK.into_response())
}
