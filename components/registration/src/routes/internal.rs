//! `POST /internal/tick`, `POST /internal/zoom-events` and `POST /internal/forget-account`, which other components call by
//! service chaining.

use crate::following::event::{RegistrantEvent, Relevance};
use crate::following::person::{self, ChangedPerson};
use crate::jobs::{maintenance, reconcile, resume_chunks, retry_failures, status_changes};
use crate::state::AppState;
use crate::store::marks::Mark;
use crate::store::{counts, forget, marks};
use axum::extract::State;
use platform::http::Json;
use platform::internal_api::{ForgetAccountReport, ForgetAccountRequest, TickReport, TickRequest};
use platform::retry::RUN_TIMEOUT;
use platform::{ApiError, JsonBody};
use serde_json::{Value, json};
use std::sync::Arc;
use zoom_client::events::ZoomEvent;

/// Runs the jobs until the deadline. Can run twice at once. A missed tick delays the jobs to the next one.
pub async fn tick(
    State(state): State<Arc<AppState>>,
    JsonBody(request): JsonBody<TickRequest>,
) -> Result<Json<TickReport>, ApiError> {
    let chunks = resume_chunks::resume_abandoned(&state, request.deadline).await?;
    let programs = retry_failures::retry_due(&state, request.deadline).await?;
    status_changes::read_status_changes(&state, request.deadline).await?;
    reconcile::reconcile_due(&state, request.deadline).await?;
    counts::flush(&state).await;
    maintenance::run_if_due(&state, request.deadline).await?;
    Ok(Json(TickReport { worked: chunks + programs }))
}

/// Deletes the records of an account that removed the app (R17). Idempotent.
pub async fn forget_account(
    State(state): State<Arc<AppState>>,
    JsonBody(request): JsonBody<ForgetAccountRequest>,
) -> Result<Json<ForgetAccountReport>, ApiError> {
    Ok(Json(forget::forget_account(&state, &request).await?))
}

/// Marks the webinar of a registrant event as changed, and follows the registrant after the answer (R18). The caller has
/// verified Zoom's signature, and acknowledges the event when this has answered.
pub async fn zoom_event(
    State(state): State<Arc<AppState>>,
    JsonBody(event): JsonBody<ZoomEvent>,
) -> Result<Json<Value>, ApiError> {
    if let Some(event) = RegistrantEvent::read(&event) {
        match event.relevance(&state).await? {
            Relevance::Concerned => {
                let mark = marks::write(&state, event.webinar).await?;
                state.ports.background.spawn(Box::pin(follow(state.clone(), event, mark)));
            }
            Relevance::Unknown => state.ports.background.spawn(Box::pin(look_up(state.clone(), event))),
            Relevance::Nobody => {}
        }
    }
    Ok(Json(json!({})))
}

/// Marks the webinar of an event about somebody whom the ledger does not have, if a program has them: then the tick compares
/// the webinar. If this fails, the comparison twice an hour is left.
async fn look_up(state: Arc<AppState>, event: RegistrantEvent) {
    let (webinar, Some(email)) = (event.webinar, event.email) else { return };
    let deadline = state.ports.clock.now() + RUN_TIMEOUT;
    let marked = match person::is_member(&state, webinar, &email, deadline).await {
        Ok(true) => marks::write(&state, webinar).await.map(drop),
        Ok(false) => Ok(()),
        Err(error) => Err(error),
    };
    if let Err(error) = marked {
        platform::log!(Warn, "registrant.follow_failed", webinar = webinar, code = error.problem().code);
    }
}

/// Follows the registrant of an event. What fails or is unknown is left to the tick, with the mark.
async fn follow(state: Arc<AppState>, event: RegistrantEvent, mark: Mark) {
    let RegistrantEvent { webinar, email, registrant, ending, .. } = event;
    let Some(email) = email else { return };
    let deadline = state.ports.clock.now() + RUN_TIMEOUT;
    let person = ChangedPerson { webinar, email, registrant, ending };
    let followed = match person::follow(&state, &person, deadline).await {
        Ok(true) => marks::clear(&state, &mark).await,
        Ok(false) => Ok(()),
        Err(error) => Err(error),
    };
    counts::flush(&state).await;
    if let Err(error) = followed {
        platform::log!(Warn, "registrant.follow_failed", webinar = webinar, code = error.problem().code);
    }
}
