//! Routes for other components, reachable by service chaining only.

use crate::connections::forget;
use crate::jobs::{maintenance, refresh};
use crate::state::AppState;
use crate::webinars::lookup;
use axum::extract::{Path, State};
use domain::webinar::WEBINAR_CHANGE_EVENTS;
use domain::{ErrorCode, WebinarId};
use platform::http::Json;
use platform::internal_api::{ForgetAccountReport, ForgetAccountRequest, ServiceWebinar, TickReport, TickRequest};
use platform::{ApiError, JsonBody};
use zoom_client::events::ZoomEvent;

/// Returns the webinar that changed, or `None` for any other event.
fn changed_webinar(event: &ZoomEvent) -> Option<WebinarId> {
    event.webinar().filter(|_| WEBINAR_CHANGE_EVENTS.contains(&event.name()))
}

/// `POST /internal/webinar/{webinar_id}`: finds a webinar and the service that offers it.
pub(crate) async fn find_webinar(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<ServiceWebinar>, ApiError> {
    let id = id.parse().map_err(|_| ErrorCode::WebinarNotFound)?;
    Ok(Json(lookup::find_in_any_service(&state, id).await?))
}

/// `POST /internal/zoom-events`: refreshes the connections of a webinar that changed. The body is the event as Zoom sent
/// it, authenticated by `attendance`.
///
/// An event is only a signal: the refresh reads the webinar from Zoom, so duplicate, late and reordered events are
/// harmless. The tick repeats a refresh that fails.
pub(crate) async fn zoom_event(
    State(state): State<AppState>,
    JsonBody(event): JsonBody<ZoomEvent>,
) -> Result<Json<TickReport>, ApiError> {
    let Some(webinar) = changed_webinar(&event) else { return Ok(Json(TickReport::default())) };
    Ok(Json(TickReport { worked: refresh::refresh_webinar(&state, webinar).await?, ..TickReport::default() }))
}

/// `POST /internal/forget-account`: deletes the connections of an account that removed the app (R17). Idempotent.
pub(crate) async fn forget_account(
    State(state): State<AppState>,
    JsonBody(request): JsonBody<ForgetAccountRequest>,
) -> Result<Json<ForgetAccountReport>, ApiError> {
    Ok(Json(forget::forget_account(&state, &request).await?))
}

/// `POST /internal/tick`: refreshes the connections that are due, and once an hour repairs their index. Idempotent, so two
/// ticks may overlap.
pub(crate) async fn tick(
    State(state): State<AppState>,
    JsonBody(request): JsonBody<TickRequest>,
) -> Result<Json<TickReport>, ApiError> {
    if let Err(error) = maintenance::run_if_due(&state, request.deadline).await {
        platform::log!(Warn, "catalog.maintenance_failed", error = format_args!("{error:#}"));
    }
    let mut report = TickReport::default();
    report.worked = report.add("connections", refresh::refresh_due(&state, request.deadline).await?);
    Ok(Json(report))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_changed_webinar_is_parsed_from_a_number_or_a_string() {
        for (event, webinar) in [
            (json!({"event": "webinar.updated", "payload": {"object": {"id": 9}}}), Some(9)),
            (json!({"event": "webinar.deleted", "payload": {"object": {"id": "9"}}}), Some(9)),
            (json!({"event": "webinar.ended", "payload": {"object": {"id": "9"}}}), None),
            (json!({"event": "webinar.updated", "payload": {"object": {"id": {}}}}), None),
            (json!({"event": "webinar.updated", "payload": null}), None),
            (json!({"event": "webinar.updated"}), None),
        ] {
            let parsed: ZoomEvent = serde_json::from_value(event.clone()).unwrap();
            assert_eq!(changed_webinar(&parsed).map(WebinarId::get), webinar, "{event}");
        }
    }
}
