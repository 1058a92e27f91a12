//! Sessions of a webinar: starting, joining, leaving, ending, and adding past sessions.

use anyhow::{Context, bail, ensure};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::support::sync::lock;
use crate::zoom::events::event::EventDelivery;
use crate::zoom::events::payloads;
use crate::zoom::fake::Zoom;
use crate::zoom::options::ReportTiming;
use crate::zoom::state::accounts::User;
use crate::zoom::state::registrant::RegistrantStatus;
use crate::zoom::state::session::{HeldSession, Person, Presence, Session};
use crate::zoom::state::webinar::Webinar;
use crate::zoom::state::zoom_state::ZoomState;

/// How long after the end of a session Zoom's reports are complete: a little over half an hour.
const COMPLETE_AFTER: SignedDuration = SignedDuration::from_mins(40);

/// A session that was started, or a past session that was added.
#[derive(Clone, Debug, Serialize)]
pub struct StartedSession {
    /// The instance's UUID.
    pub uuid: String,
    /// The delivery of the last event: `webinar.started`, or `webinar.ended` for a past session.
    pub delivery: Option<EventDelivery>,
}

/// A person who joins a running session.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Joining {
    /// The person.
    pub person: Person,
    /// Whether the person stays in the waiting room.
    #[serde(default)]
    pub waiting_room: bool,
}

impl Zoom {
    /// Starts a webinar.
    ///
    /// # Errors
    /// Returns an error if there is no such webinar or it is running.
    pub async fn start_webinar(&self, id: u64) -> anyhow::Result<StartedSession> {
        self.begin(id, false).await
    }

    /// Starts a practice session. It sends no `webinar.started`, but its end sends `webinar.ended`.
    ///
    /// # Errors
    /// Returns an error if there is no such webinar or it is running.
    pub async fn start_practice(&self, id: u64) -> anyhow::Result<StartedSession> {
        self.begin(id, true).await
    }

    async fn begin(&self, id: u64, practice: bool) -> anyhow::Result<StartedSession> {
        let now = self.now();
        let (uuid, event) = {
            let mut state = lock(&self.state);
            let uuid = state.ids.uuid();
            let webinar = state.webinar(id)?;
            ensure!(webinar.live().is_none(), "webinar {id} is running");
            let session = Session { uuid: uuid.clone(), practice, start: now, end: None, presences: Vec::new() };
            webinar.sessions.push(session.clone());
            let webinar = webinar.clone();
            (uuid, payloads::started(&state, &webinar, &session, now))
        };
        let delivery = if practice { None } else { self.deliver(event).await };
        Ok(StartedSession { uuid, delivery })
    }

    /// Ends the running session; all participants leave.
    ///
    /// # Errors
    /// Returns an error if no session is running.
    pub async fn end_webinar(&self, id: u64) -> anyhow::Result<Option<EventDelivery>> {
        let now = self.now();
        let event = {
            let mut state = lock(&self.state);
            let session = live(&mut state, id)?;
            session.end = Some(now);
            session.presences.iter_mut().for_each(|row| row.leave = row.leave.or(Some(now)));
            let session = session.clone();
            let webinar = state.webinar(id)?.clone();
            payloads::ended(&state, &webinar, &session, now)
        };
        Ok(self.deliver(event).await)
    }

    /// Adds a person to the running session. Returns the `user_id` of this stay, which [`Zoom::leave`] takes.
    ///
    /// # Errors
    /// Returns an error if no session is running, or the person is not known in the given role.
    pub async fn join(&self, id: u64, joining: Joining) -> anyhow::Result<String> {
        let now = self.now();
        let (user_id, event) = {
            let mut state = lock(&self.state);
            let webinar = state.webinar(id)?.clone();
            let mut row = presence(&mut state, &webinar, &joining.person, now)?;
            row.waiting_room = joining.waiting_room;
            let session = live(&mut state, id)?;
            session.presences.push(row.clone());
            let session = session.clone();
            let event = payloads::presence(&state, &webinar, &session, &row, now);
            (row.user_id, event)
        };
        self.deliver(event).await;
        Ok(user_id)
    }

    /// Ends a stay.
    ///
    /// # Errors
    /// Returns an error if there is no such stay.
    pub async fn leave(&self, id: u64, user_id: &str) -> anyhow::Result<()> {
        let now = self.now();
        let event = {
            let mut state = lock(&self.state);
            let webinar = state.webinar(id)?.clone();
            let session = live(&mut state, id)?;
            let row = session.presences.iter_mut().find(|row| row.user_id == user_id);
            let row = row.with_context(|| format!("no participant has the number {user_id}"))?;
            row.leave = Some(now);
            let row = row.clone();
            let session = session.clone();
            payloads::presence(&state, &webinar, &session, &row, now)
        };
        self.deliver(event).await;
        Ok(())
    }

    /// Ends the running session and sets its length and additional participants after the fact. Participants who joined
    /// while it ran are kept.
    ///
    /// # Errors
    /// Returns an error if no session is running, or a person is not known in the given role.
    pub async fn end_webinar_after(&self, id: u64, past: HeldSession) -> anyhow::Result<Option<EventDelivery>> {
        let now = self.now();
        {
            let mut state = lock(&self.state);
            let webinar = state.webinar(id)?.clone();
            live(&mut state, id)?;
            let (start, rows) = past_presences(&mut state, &webinar, &past, now)?;
            let session = live(&mut state, id)?;
            session.start = start;
            session.presences.extend(rows);
        }
        self.end_webinar(id).await
    }

    /// Adds a whole past session; sends `webinar.started` and `webinar.ended`.
    ///
    /// # Errors
    /// Returns an error if there is no such webinar, it is running, or a person is not known in the given role.
    pub async fn hold_webinar(&self, id: u64, past: HeldSession) -> anyhow::Result<StartedSession> {
        let now = self.now();
        let (uuid, started, ended) = {
            let mut state = lock(&self.state);
            let webinar = state.webinar(id)?.clone();
            ensure!(webinar.live().is_none(), "webinar {id} is running");
            let (start, presences) = past_presences(&mut state, &webinar, &past, now)?;
            let end = start.checked_add(SignedDuration::from_mins(past.minutes))?;
            let session = Session { uuid: state.ids.uuid(), practice: false, start, end: Some(end), presences };
            let started = payloads::started(&state, &webinar, &session, start);
            let ended = payloads::ended(&state, &webinar, &session, end);
            let uuid = session.uuid.clone();
            state.webinar(id)?.sessions.push(session);
            (uuid, started, ended)
        };
        self.deliver(started).await;
        Ok(StartedSession { uuid, delivery: self.deliver(ended).await })
    }

    /// Adds a past session at the planned time: moves the plan to the session without an event, as if it had been planned
    /// so. By default the session ended 40 minutes ago, when Zoom's reports are complete.
    ///
    /// # Errors
    /// As for [`Zoom::hold_webinar`].
    pub async fn hold_as_planned(&self, id: u64, past: HeldSession) -> anyhow::Result<StartedSession> {
        let length = SignedDuration::from_mins(past.minutes);
        let now = Timestamp::from_second(self.now().as_second())?;
        let start = match past.start_time {
            Some(start) => start,
            None => now.checked_sub(length + COMPLETE_AFTER)?,
        };
        self.set_plan(id, start, u32::try_from(past.minutes)?)?;
        self.hold_webinar(id, HeldSession { start_time: Some(start), ..past }).await
    }

    /// Ends the running session as if it had taken place as planned and ended 40 minutes ago, when Zoom's reports are
    /// complete. Sets its length and additional participants.
    ///
    /// # Errors
    /// As for [`Zoom::end_webinar_after`].
    pub async fn end_as_planned(&self, id: u64, past: HeldSession) -> anyhow::Result<Option<EventDelivery>> {
        let now = Timestamp::from_second(self.now().as_second())?;
        let end = now.checked_sub(COMPLETE_AFTER)?;
        let start = end.checked_sub(SignedDuration::from_mins(past.minutes))?;
        self.set_plan(id, start, u32::try_from(past.minutes)?)?;
        let event = {
            let mut state = lock(&self.state);
            let webinar = state.webinar(id)?.clone();
            live(&mut state, id)?;
            let past = HeldSession { start_time: Some(start), ..past };
            let (_, rows) = past_presences(&mut state, &webinar, &past, now)?;
            let session = live(&mut state, id)?;
            (session.start, session.end) = (start, Some(end));
            session.presences = rows;
            let session = session.clone();
            let webinar = state.webinar(id)?.clone();
            payloads::ended(&state, &webinar, &session, now)
        };
        Ok(self.deliver(event).await)
    }

    /// Sets the planned time of a webinar without an event.
    ///
    /// # Errors
    /// Returns an error if there is no such webinar.
    pub fn set_plan(&self, id: u64, start: Timestamp, minutes: u32) -> anyhow::Result<()> {
        let mut state = lock(&self.state);
        let webinar = state.webinar(id)?;
        (webinar.start_time, webinar.duration) = (Some(start), minutes);
        Ok(())
    }

    /// Moves a webinar and its sessions into the past, without an event.
    ///
    /// # Errors
    /// Returns an error if there is no such webinar.
    pub fn move_into_past(&self, id: u64, by: SignedDuration) -> anyhow::Result<()> {
        let mut state = lock(&self.state);
        let webinar = state.webinar(id)?;
        webinar.start_time = webinar.start_time.map(|start| start - by);
        for session in &mut webinar.sessions {
            session.start -= by;
            session.end = session.end.map(|end| end - by);
            for row in &mut session.presences {
                row.join -= by;
                row.leave = row.leave.map(|leave| leave - by);
            }
        }
        Ok(())
    }

    /// Sets the timing of reports, also for sessions that have ended.
    pub fn set_report_timing(&self, timing: ReportTiming) {
        lock(&self.state).report_timing = timing;
    }
}

fn live(state: &mut ZoomState, id: u64) -> anyhow::Result<&mut Session> {
    let sessions = &mut state.webinar(id)?.sessions;
    sessions.iter_mut().find(|session| session.end.is_none()).with_context(|| format!("webinar {id} is not running"))
}

/// Returns the start and the participants of a past session.
fn past_presences(
    state: &mut ZoomState,
    webinar: &Webinar,
    past: &HeldSession,
    now: Timestamp,
) -> anyhow::Result<(Timestamp, Vec<Presence>)> {
    let length = SignedDuration::from_mins(past.minutes);
    let start = match past.start_time {
        Some(start) => start,
        None => now.checked_sub(length)?,
    };
    let end = start.checked_add(length)?;
    let mut rows = Vec::new();
    for attendance in &past.attendance {
        let join = start.checked_add(SignedDuration::from_secs(attendance.joined_after_seconds))?;
        let leave = match attendance.stayed_seconds {
            Some(seconds) => join.checked_add(SignedDuration::from_secs(seconds))?.min(end),
            None => end,
        };
        let mut row = presence(state, webinar, &attendance.person, join)?;
        row.leave = Some(leave);
        row.waiting_room = attendance.waiting_room;
        row.late_seconds = attendance.late_seconds;
        row.without_duration = attendance.without_duration;
        row.without_registrant_id = attendance.without_registrant_id;
        row.without_email = attendance.without_email;
        row.name = attendance.display_name.clone().unwrap_or(row.name);
        rows.push(row);
    }
    Ok((start, rows))
}

/// Returns the row of a person who joins. Zoom discloses the e-mail address of registrants and of users of the account
/// only.
fn presence(state: &mut ZoomState, webinar: &Webinar, person: &Person, join: Timestamp) -> anyhow::Result<Presence> {
    let mut row = Presence {
        user_id: state.ids.presence(),
        participant_user_id: String::new(),
        name: String::new(),
        email: String::new(),
        registrant_id: String::new(),
        phone_number: String::new(),
        internal_user: false,
        waiting_room: false,
        join,
        leave: None,
        late_seconds: 0,
        without_duration: false,
        without_registrant_id: false,
        without_email: false,
    };
    match person {
        Person::Registrant(named) => {
            let registrant = webinar.registrant_with_id(named).or_else(|| webinar.registrant(named));
            let registrant = registrant.with_context(|| format!("{named} is not registered"))?;
            if registrant.status != RegistrantStatus::Approved {
                bail!("the registration of {named} is {}", registrant.status.as_str());
            }
            row.name = format!("{} {}", registrant.first_name, registrant.last_name).trim().to_owned();
            row.email = registrant.email.clone();
            row.registrant_id = registrant.id.clone();
        }
        Person::User(named) => {
            let user = state.user(named).with_context(|| format!("no user {named}"))?;
            as_user(&mut row, user);
        }
        Person::Panelist(named) => {
            let panelist = webinar.panelists.iter().find(|panelist| panelist.email.eq_ignore_ascii_case(named));
            let panelist = panelist.with_context(|| format!("{named} is no panelist"))?;
            row.name = panelist.name.clone();
            row.email = panelist.email.clone();
            if let Some(user) = state.user(named) {
                as_user(&mut row, user);
            }
        }
        Person::Visitor(email) => {
            row.name = email.split('@').next().unwrap_or_default().to_owned();
            row.email = email.clone();
        }
        Person::Guest(name) => row.name = name.clone(),
        Person::DialIn(number) => {
            row.name = number.clone();
            row.phone_number = number.clone();
        }
    }
    Ok(row)
}

fn as_user(row: &mut Presence, user: &User) {
    row.name = user.display_name();
    row.email = user.email.clone();
    row.participant_user_id = user.id.clone();
    row.internal_user = true;
}
