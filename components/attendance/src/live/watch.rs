//! Which webinars are watched: those of connections whose setting `live` is on. Each event of each webinar of the account
//! asks, so an instance keeps the answer for some seconds.

use super::cache::Watched;
use crate::rules::sessions::{Plan, is_under_way};
use crate::state::AppState;
use crate::store::record;
use domain::records::{AttendanceKey, ProgramConnection, WebinarEndedKey, WebinarStartedKey};
use domain::status::Meaning;
use domain::time::Timestamp;
use domain::{Error, WebinarId};
use platform::services;
use platform::store::Stored;

/// Returns whether a join at an instant counts: its webinar is watched, and its planned time is near (R13).
pub(crate) async fn counts(state: &AppState, webinar: WebinarId, at: Timestamp) -> Result<bool, Error> {
    let watched = watched(state).await?;
    Ok(watched.iter().any(|(id, plan)| *id == webinar && plan.window_contains(at)))
}

async fn watched(state: &AppState) -> Result<Watched, Error> {
    let now = state.now();
    if let Some(watched) = state.live.watched.get(now) {
        return Ok(watched);
    }
    let connections = state.ports.connections().live(None).await?;
    let watched: Watched = connections.iter().map(|connection| (connection.snapshot.id, plan(connection))).collect();
    state.live.watched.set(now, watched.clone());
    Ok(watched)
}

/// Returns the webinars whose joins may wait for a worker at an instant.
pub(crate) async fn under_way(state: &AppState) -> Result<Vec<WebinarId>, Error> {
    let watched = watched(state).await?;
    let mut webinars: Vec<_> =
        watched.iter().filter(|(_, plan)| plan.window_contains(state.now())).map(|(webinar, _)| *webinar).collect();
    webinars.sort_unstable();
    webinars.dedup();
    Ok(webinars)
}

/// Returns whether no program watches a webinar now or later: its planned time is over, or the setting was switched
/// off.
pub(crate) async fn is_over(state: &AppState, webinar: WebinarId) -> Result<bool, Error> {
    let (watched, now) = (watched(state).await?, state.now());
    Ok(!watched.iter().any(|(id, plan)| *id == webinar && now < plan.window_end()))
}

/// The programs that watch a webinar.
#[derive(Default)]
pub(crate) struct WatchingPrograms {
    /// The programs whose people are set to Attended now. After the first complete run for a program, attendance alone decides:
    /// it knows the report.
    pub(crate) programs: Vec<ProgramConnection>,
    /// Whether there is another program, whose service cannot be used now.
    pub(crate) has_unusable: bool,
}

/// Returns the programs that watch a webinar.
pub(crate) async fn programs(state: &AppState, webinar: WebinarId) -> Result<WatchingPrograms, Error> {
    let mut watching = WatchingPrograms::default();
    for connection in state.ports.connections().live(Some(webinar)).await? {
        let key = AttendanceKey { program: connection.program };
        // An unreadable record is logged. It does not stop the other programs.
        if connection.status_for(Meaning::Attended).is_none()
            || matches!(state.store().inspect(&key).await?, Stored::Unreadable)
            || record::load(state, &connection).await?.written_at.is_some()
        {
            continue;
        }
        match services::usable(state.store(), &connection.service).await {
            Ok(_) => watching.programs.push(connection),
            Err(Error::Internal(error)) => return Err(Error::Internal(error)),
            Err(_) => watching.has_unusable = true,
        }
    }
    Ok(watching)
}

/// Returns since when the webinar of a connection is live; `None` if it is not, or if the connection's setting is off.
pub(crate) async fn live_since(state: &AppState, connection: &ProgramConnection) -> Result<Option<Timestamp>, Error> {
    let webinar = connection.snapshot.id;
    if !connection.live || state.now() >= plan(connection).window_end() {
        return Ok(None);
    }
    let started = state.store().get_readable(&WebinarStartedKey { webinar }).await?;
    let ended = state.store().get_readable(&WebinarEndedKey { webinar }).await?;
    let is_live = |at| plan(connection).window_contains(at);
    Ok(started
        .filter(|started| is_live(started.at) && is_under_way(started, ended.as_ref(), state.now()))
        .map(|started| started.at))
}

fn plan(connection: &ProgramConnection) -> Plan {
    Plan::new(connection.snapshot.start_time, connection.snapshot.duration)
}
