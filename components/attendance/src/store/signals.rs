//! Small records of moments: signals that events and requests leave for the worker, and the last tick, event and sweep.

use crate::state::AppState;
use domain::records::{LastEventKey, LastSweepKey, LastTickKey, Moment, SyncRequestedKey, WebinarEndedKey};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ProgramId, WebinarId};

/// Minimum interval between two writes of the last event's time, since hundreds of events may come in a second.
const EVENT_INTERVAL: SignedDuration = SignedDuration::from_mins(1);

/// Records that a webinar ended, in one write and without looking up its programs, so that Zoom is answered quickly. A
/// repeated event carries the same instant and changes nothing. A run under way merges the signal when it finishes.
pub(crate) async fn mark_webinar_ended(
    state: &AppState,
    webinar: WebinarId,
    at: Option<Timestamp>,
) -> Result<(), Error> {
    let now = state.now();
    Ok(state.store().put(&WebinarEndedKey { webinar }, &Moment::new(at.unwrap_or(now).min(now))).await?)
}

/// Records that a sync of a program was requested while another worker had the lease.
pub(crate) async fn request_sync(state: &AppState, program: ProgramId) -> Result<(), Error> {
    Ok(state.store().put(&SyncRequestedKey { program }, &Moment::new(state.now())).await?)
}

/// Records that the scheduler called.
pub(crate) async fn record_tick(state: &AppState) -> Result<(), Error> {
    Ok(state.store().put(&LastTickKey {}, &Moment::new(state.now())).await?)
}

/// Records that Zoom sent an event, at most once per [`EVENT_INTERVAL`] and instance.
pub(crate) async fn record_event(state: AppState) {
    let now = state.now();
    if !state.event_throttle.admit(now, EVENT_INTERVAL) {
        return;
    }
    if let Err(error) = state.store().put(&LastEventKey {}, &Moment::new(now)).await {
        platform::log!(Warn, "zoom_event.record_failed", error = error);
    }
}

/// Records that the sweep finished.
pub(crate) async fn record_sweep(state: &AppState) -> Result<(), Error> {
    Ok(state.store().put(&LastSweepKey {}, &Moment::new(state.now())).await?)
}
