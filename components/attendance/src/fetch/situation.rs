//! What Zoom shows of a webinar right now: its planned time, its sessions, and whether one is under way.

use crate::rules::sessions::{KnownSession, Origin, Plan, Plans, is_under_way};
use crate::state::AppState;
use domain::ids::InstanceUuid;
use domain::records::{
    EndedSessions, MAX_SESSIONS, ProgramConnection, StartedSession, WebinarEndedKey, WebinarStartedKey,
};
use domain::time::Timestamp;
use domain::{Email, Error};
use futures::try_join;
use zoom_client::reports::PastInstance;
use zoom_client::webinars::Webinar;
use zoom_client::{ZoomClient, ZoomError};

/// What Zoom shows of a webinar.
#[derive(Debug)]
pub(crate) struct Situation {
    /// The planned times.
    pub(crate) plans: Plans,
    /// The sessions, the nearest to a planned time first; at most [`MAX_SESSIONS`].
    pub(crate) sessions: Vec<KnownSession>,
    /// Whether a session is under way (R19).
    pub(crate) is_under_way: bool,
    /// Whether the webinar takes registrations.
    pub(crate) has_registration: bool,
    /// The addresses of the host and the alternative hosts.
    pub(crate) hosts: Vec<Email>,
}

impl Situation {
    /// Reads the webinar and its sessions from Zoom. Of a webinar that was deleted, the connection has the planned time.
    pub(crate) async fn read(
        state: &AppState,
        connection: &ProgramConnection,
        zoom: &ZoomClient,
    ) -> Result<Self, Error> {
        let id = connection.snapshot.id;
        let (webinar, listed) = try_join!(async { found(zoom.webinar(id).await) }, async {
            found(zoom.past_instances(id).await).map(|instances| instances.map(|list| list.rows).unwrap_or_default())
        },)?;
        let ended = state.store().get_readable(&WebinarEndedKey { webinar: id }).await?;
        let started = state.store().get_readable(&WebinarStartedKey { webinar: id }).await?;
        Ok(Self::of(connection, webinar, listed, ended, started, state.now()))
    }

    fn of(
        connection: &ProgramConnection,
        webinar: Option<Webinar>,
        listed: Vec<PastInstance>,
        ended: Option<EndedSessions>,
        started: Option<StartedSession>,
        now: Timestamp,
    ) -> Self {
        let snapshot = webinar.as_ref().and_then(Webinar::snapshot);
        let snapshot = snapshot.as_ref().unwrap_or(&connection.snapshot);
        let current = Plan::new(snapshot.start_time, snapshot.duration);
        let starts = connection.previous_starts.iter().chain([&connection.snapshot.start_time]);
        let mut earlier: Vec<_> = starts.map(|&start| Plan::new(start, snapshot.duration)).collect();
        earlier.retain(|plan| plan.start != current.start);
        earlier.dedup();
        let plans = Plans { current, earlier };

        // An end may be known by the list of sessions alone.
        let is_listed = |uuid: &InstanceUuid| listed.iter().any(|instance| instance.uuid == *uuid);
        let is_under_way = started
            .as_ref()
            .is_some_and(|started| !is_listed(&started.uuid) && is_under_way(started, ended.as_ref(), now));
        let latest = webinar.as_ref().and_then(|webinar| webinar.uuid.as_deref()).map(InstanceUuid::from);
        let running = started.filter(|_| is_under_way).map(|started| started.uuid);
        let mut sessions: Vec<_> = listed
            .iter()
            .map(|instance| KnownSession {
                uuid: instance.uuid.clone(),
                start: instance.start(),
                end: None,
                origin: Origin::Listed,
            })
            .collect();
        for ended in ended.into_iter().flat_map(|ended| ended.sessions) {
            if let Some(known) = sessions.iter_mut().find(|known| known.uuid == ended.uuid) {
                // An end before the start is an odd value of the event.
                known.end = Some(ended.at).filter(|end| known.start.is_none_or(|start| start <= *end));
                continue;
            }
            let origin = if ended.may_be_practice { Origin::Possible } else { Origin::Ended };
            sessions.push(KnownSession { uuid: ended.uuid, start: None, end: Some(ended.at), origin });
        }
        // The list of sessions may lack the last one for a while. The report then shows whether it is one.
        if let Some(uuid) = latest.filter(|uuid| running.as_ref() != Some(uuid))
            && sessions.iter().all(|known| known.uuid != uuid)
        {
            sessions.push(KnownSession { uuid, start: None, end: None, origin: Origin::Possible });
        }
        sessions.sort_by_key(|session| (session.start.is_some(), plans.distance(session)));
        sessions.truncate(MAX_SESSIONS);
        let hosts = webinar.as_ref().map(|webinar| webinar.hosts().collect()).unwrap_or_default();
        Self {
            plans,
            sessions,
            is_under_way,
            has_registration: snapshot.registration.requires_registration(),
            hosts: if webinar.is_some() { hosts } else { snapshot.host_email.iter().cloned().collect() },
        }
    }
}

/// Returns a result of Zoom; `None` if the webinar does not exist.
fn found<T>(result: Result<T, ZoomError>) -> Result<Option<T>, Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(ZoomError::Api(error)) if error.is_not_found() => Ok(None),
        Err(error) => Err(error.into()),
    }
}
