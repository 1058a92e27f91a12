//! `POST /internal/tick`, `POST /internal/zoom-events` and `POST /internal/forget-account`, which other components call by
//! service chaining.

use crate::copying::copier::Copied;
use crate::copying::event::copy_registrant;
use crate::following::event::{RegistrantEvent, Relevance};
use crate::following::person::{self, ChangedPerson};
use crate::jobs::{maintenance, reconcile, resume_chunks, retry_failures, status_changes};
use crate::state::AppState;
use crate::store::marks::Mark;
use crate::store::{counts, forget, marks};
use axum::extract::State;
use domain::Error;
use domain::time::SignedDuration;
use platform::http::Json;
use platform::internal_api::{ForgetAccountReport, ForgetAccountRequest, JobReport, TickReport, TickRequest};
use platform::retry::RUN_TIMEOUT;
use platform::{ApiError, JsonBody};
use serde_json::{Value, json};
use std::sync::Arc;
use zoom_client::events::ZoomEvent;

/// How long the event of a new registration waits, so that an add call of this application has recorded its answer.
const ECHO_DELAY: SignedDuration = SignedDuration::from_secs(2);

/// Runs the jobs until the deadline. Can run twice at once. A missed tick delays the jobs to the next one.
pub async fn tick(
    State(state): State<Arc<AppState>>,
    JsonBody(request): JsonBody<TickRequest>,
) -> Result<Json<TickReport>, ApiError> {
    let mut report = TickReport::default();
    let chunks = report.add("outbox", resume_chunks::resume_abandoned(&state, request.deadline).await?);
    let programs = report.add("failures", retry_failures::retry_due(&state, request.deadline).await?);
    report.add("status_changes", status_changes::read_status_changes(&state, request.deadline).await?);
    report.add("webinars", reconcile::reconcile_due(&state, request.deadline).await?);
    counts::flush(&state).await;
    let is_left = maintenance::run_if_due(&state, request.deadline).await?;
    report.add("maintenance", JobReport { done: 0, is_left });
    Ok(Json(TickReport { worked: chunks + programs, ..report }))
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
            Relevance::Unknown | Relevance::New => {
                state.ports.background.spawn(Box::pin(look_up(state.clone(), event)));
            }
            Relevance::Nobody => {}
        }
    }
    Ok(Json(json!({})))
}

/// Works off an event about a person without a ledger entry. If this fails before the mark is written, the comparison
/// twice an hour is left.
async fn look_up(state: Arc<AppState>, event: RegistrantEvent) {
    state.ports.clock.sleep(ECHO_DELAY).await;
    let webinar = event.webinar;
    let looked_up = match event.relevance(&state).await {
        Ok(Relevance::Concerned) => match marks::write(&state, webinar).await {
            Ok(mark) => return follow(state, event, mark).await,
            Err(error) => Err(error),
        },
        Ok(relevance @ (Relevance::Unknown | Relevance::New)) => {
            copy_or_mark(&state, &event, relevance == Relevance::New).await
        }
        Ok(Relevance::Nobody) => Ok(()),
        Err(error) => Err(error),
    };
    if let Err(error) = looked_up {
        platform::log!(Warn, "registrant.follow_failed", webinar = webinar, code = error.problem().code);
    }
}

/// Copies a registration of Zoom's own page, for programs that copy (R10). Marks the webinar if that is not completed, or if a
/// program has the person whose registration changed: then the tick compares it.
async fn copy_or_mark(state: &AppState, event: &RegistrantEvent, is_new: bool) -> Result<(), Error> {
    let RegistrantEvent { webinar, email, registrant, .. } = event;
    let deadline = state.ports.clock.now() + RUN_TIMEOUT;
    let connections = state.ports.connections().copying(*webinar).await?;
    if !connections.is_empty() {
        // A mark makes a tick read the memberships. After a crash, the comparison of Zoom's lists finds the person.
        let copied = copy_registrant(state, *webinar, registrant.as_ref(), &connections, deadline).await;
        match &copied {
            Ok(Copied::AllBut(0)) => {}
            Ok(Copied::Busy) => marks::write_paused(state, *webinar, None).await?,
            Ok(Copied::AllBut(_) | Copied::OutOfTime) | Err(_) => _ = marks::write(state, *webinar).await?,
        }
        copied?;
    }
    if let Some(email) = email.as_ref().filter(|_| !is_new)
        && person::is_member(state, *webinar, email, deadline).await?
    {
        marks::write(state, *webinar).await?;
    }
    Ok(())
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
