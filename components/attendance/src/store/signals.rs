//! Small records of moments: signals that events and requests leave for the worker, and the last tick and event.

use crate::state::AppState;
use domain::ids::InstanceUuid;
use domain::records::{
    EndedSession, EndedSessions, LastEventKey, LastTickKey, LastValidationKey, MAX_SESSIONS, Moment, Record,
    StartedSession, SyncRequestedKey, WebinarEndedKey, WebinarStartedKey,
};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ProgramId, WebinarId};

/// Minimum interval between two writes of the last event's time, since hundreds of events may come in a second.
const EVENT_INTERVAL: SignedDuration = SignedDuration::from_mins(1);

/// Records that a session of a webinar ended, in one write and without looking up the webinar's programs, so that Zoom is
/// answered quickly. A repeated event carries the same instant and changes nothing. A run under way merges the signal
/// when it finishes. Two events at the same instant may lose one session: the record is a hint, and Zoom's list of
/// sessions has both in the end.
pub(crate) async fn mark_webinar_ended(
    state: &AppState,
    webinar: WebinarId,
    session: Option<InstanceUuid>,
    at: Option<Timestamp>,
    may_be_practice: bool,
) -> Result<(), Error> {
    let now = state.now();
    let at = at.unwrap_or(now).min(now);
    let key = WebinarEndedKey { webinar };
    // An unreadable record is replaced.
    let known = state.store().get_readable(&key).await?;
    let mut ended = known.unwrap_or(EndedSessions { v: EndedSessions::VERSION, at, changes: 0, sessions: Vec::new() });
    let is_repeated = match &session {
        Some(uuid) => ended.sessions.iter().any(|known| known.uuid == *uuid && known.at == at),
        None => ended.changes > 0 && ended.at == at,
    };
    ended.changes += u32::from(!is_repeated);
    ended.at = ended.at.max(at);
    if let Some(uuid) = session {
        ended.sessions.retain(|known| known.uuid != uuid);
        ended.sessions.push(EndedSession { uuid, at, may_be_practice });
        let surplus = ended.sessions.len().saturating_sub(MAX_SESSIONS);
        ended.sessions.drain(..surplus);
    }
    Ok(state.store().put(&key, &ended).await?)
}

/// Records that a session of a webinar started.
pub(crate) async fn mark_webinar_started(
    state: &AppState,
    webinar: WebinarId,
    uuid: InstanceUuid,
    at: Option<Timestamp>,
) -> Result<(), Error> {
    let now = state.now();
    let started = StartedSession { v: StartedSession::VERSION, uuid, at: at.unwrap_or(now).min(now) };
    Ok(state.store().put(&WebinarStartedKey { webinar }, &started).await?)
}

/// Records that a sync of a program was requested while another worker had the lease.
pub(crate) async fn request_sync(state: &AppState, program: ProgramId) -> Result<(), Error> {
    Ok(state.store().put(&SyncRequestedKey { program }, &Moment::new(state.now())).await?)
}

/// Returns when the scheduler last called.
pub(crate) async fn last_tick(state: &AppState) -> Result<Option<Timestamp>, Error> {
    Ok(state.store().get(&LastTickKey {}).await?.map(|tick| tick.at))
}

/// Records that the scheduler called.
pub(crate) async fn record_tick(state: &AppState) -> Result<(), Error> {
    Ok(state.store().put(&LastTickKey {}, &Moment::new(state.now())).await?)
}

/// Records that Zoom validated the address of the webhook. Its loss harms nobody.
pub(crate) async fn record_validation(state: &AppState) {
    if let Err(error) = state.store().put(&LastValidationKey {}, &Moment::new(state.now())).await {
        platform::log!(Warn, "zoom_event.record_failed", error = error);
    }
}

/// Records that Zoom sent an event, at most once per [`EVENT_INTERVAL`] and instance. Returns whether it did.
pub(crate) async fn record_event(state: &AppState) -> bool {
    let now = state.now();
    if !state.event_throttle.admit((), now, EVENT_INTERVAL) {
        return false;
    }
    if let Err(error) = state.store().put(&LastEventKey {}, &Moment::new(now)).await {
        platform::log!(Warn, "zoom_event.record_failed", error = error);
    }
    true
}
