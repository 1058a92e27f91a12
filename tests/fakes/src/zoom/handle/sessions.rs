//! Webinars that run: people come, go, and it ends.

use anyhow::{Context, bail, ensure};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::support::lock;
use crate::zoom::model::{HeldSession, Person, Presence, RegistrantStatus, Session, State, User, Webinar};
use crate::zoom::options::ReportTiming;
use crate::zoom::{Delivery, Zoom, events};

/// A session that has begun, or was told after the fact.
#[derive(Clone, Debug, Serialize)]
pub struct Started {
    /// The instance's UUID.
    pub uuid: String,
    /// What came of telling the app, of the end where there was one.
    pub delivery: Option<Delivery>,
}

/// Somebody who joins now.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Joining {
    /// Who.
    pub person: Person,
    /// Whether they get no further than the waiting room.
    #[serde(default)]
    pub waiting_room: bool,
}

impl Zoom {
    /// The host starts a webinar.
    ///
    /// # Errors
    /// If there is no such webinar or it is running.
    pub async fn start_webinar(&self, id: u64) -> anyhow::Result<Started> {
        self.begin(id, false).await
    }

    /// The host starts a practice session, which raises no `webinar.started` but does raise a `webinar.ended`.
    ///
    /// # Errors
    /// If there is no such webinar or it is running.
    pub async fn start_practice(&self, id: u64) -> anyhow::Result<Started> {
        self.begin(id, true).await
    }

    async fn begin(&self, id: u64, practice: bool) -> anyhow::Result<Started> {
        let now = self.now();
        let (uuid, event) = {
            let mut state = lock(&self.state);
            let uuid = state.ids.uuid();
            let webinar = state.webinar(id)?;
            ensure!(webinar.live().is_none(), "webinar {id} is running");
            let session = Session { uuid: uuid.clone(), practice, start: now, end: None, presences: Vec::new() };
            webinar.sessions.push(session.clone());
            let webinar = webinar.clone();
            (uuid, events::started(&state, &webinar, &session, now))
        };
        let delivery = if practice { None } else { self.deliver(event).await };
        Ok(Started { uuid, delivery })
    }

    /// The host ends what is running: everybody leaves.
    ///
    /// # Errors
    /// If nothing is running.
    pub async fn end_webinar(&self, id: u64) -> anyhow::Result<Option<Delivery>> {
        let now = self.now();
        let event = {
            let mut state = lock(&self.state);
            let session = live(&mut state, id)?;
            session.end = Some(now);
            session.presences.iter_mut().for_each(|row| row.leave = row.leave.or(Some(now)));
            let session = session.clone();
            let webinar = state.webinar(id)?.clone();
            events::ended(&state, &webinar, &session, now)
        };
        Ok(self.deliver(event).await)
    }

    /// Somebody joins. Returns the number of this stay, which [`Zoom::leave`] takes.
    ///
    /// # Errors
    /// If nothing is running or the person cannot be who they are said to be.
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
            let event = events::presence(&state, &webinar, &session, &row, now);
            (row.user_id, event)
        };
        self.deliver(event).await;
        Ok(user_id)
    }

    /// Somebody leaves.
    ///
    /// # Errors
    /// If there is no such stay.
    pub async fn leave(&self, id: u64, user_id: &str) -> anyhow::Result<()> {
        let now = self.now();
        let event = {
            let mut state = lock(&self.state);
            let webinar = state.webinar(id)?.clone();
            let session = live(&mut state, id)?;
            let row = session.presences.iter_mut().find(|row| row.user_id == user_id);
            let row = row.with_context(|| format!("nobody has the number {user_id}"))?;
            row.leave = Some(now);
            let row = row.clone();
            let session = session.clone();
            events::presence(&state, &webinar, &session, &row, now)
        };
        self.deliver(event).await;
        Ok(())
    }

    /// The host ends what is running, and it is told after the fact how long it ran and who was there: besides those
    /// who joined while it ran, and from so long ago.
    ///
    /// # Errors
    /// If nothing is running or somebody cannot be who they are said to be.
    pub async fn end_webinar_after(&self, id: u64, held: HeldSession) -> anyhow::Result<Option<Delivery>> {
        let now = self.now();
        {
            let mut state = lock(&self.state);
            let webinar = state.webinar(id)?.clone();
            live(&mut state, id)?;
            let (start, rows) = told(&mut state, &webinar, &held, now)?;
            let session = live(&mut state, id)?;
            session.start = start;
            session.presences.extend(rows);
        }
        self.end_webinar(id).await
    }

    /// Tells a whole session after the fact; the app is told of its start and its end.
    ///
    /// # Errors
    /// If there is no such webinar, it is running, or somebody cannot be who they are said to be.
    pub async fn hold_webinar(&self, id: u64, held: HeldSession) -> anyhow::Result<Started> {
        let now = self.now();
        let (uuid, started, ended) = {
            let mut state = lock(&self.state);
            let webinar = state.webinar(id)?.clone();
            ensure!(webinar.live().is_none(), "webinar {id} is running");
            let (start, presences) = told(&mut state, &webinar, &held, now)?;
            let end = start.checked_add(SignedDuration::from_mins(held.minutes))?;
            let session = Session { uuid: state.ids.uuid(), practice: false, start, end: Some(end), presences };
            let started = events::started(&state, &webinar, &session, start);
            let ended = events::ended(&state, &webinar, &session, end);
            let uuid = session.uuid.clone();
            state.webinar(id)?.sessions.push(session);
            (uuid, started, ended)
        };
        self.deliver(started).await;
        Ok(Started { uuid, delivery: self.deliver(ended).await })
    }

    /// How reports come into being from now on, those of ended sessions too.
    pub fn set_report_timing(&self, timing: ReportTiming) {
        lock(&self.state).report_timing = timing;
    }
}

fn live(state: &mut State, id: u64) -> anyhow::Result<&mut Session> {
    let sessions = &mut state.webinar(id)?.sessions;
    sessions.iter_mut().find(|session| session.end.is_none()).with_context(|| format!("webinar {id} is not running"))
}

/// When a session began that is told after the fact, and who was there.
fn told(
    state: &mut State,
    webinar: &Webinar,
    held: &HeldSession,
    now: Timestamp,
) -> anyhow::Result<(Timestamp, Vec<Presence>)> {
    let length = SignedDuration::from_mins(held.minutes);
    let start = match held.start_time {
        Some(start) => start,
        None => now.checked_sub(length)?,
    };
    let end = start.checked_add(length)?;
    let mut rows = Vec::new();
    for attendance in &held.attendance {
        let join = start.checked_add(SignedDuration::from_secs(attendance.joined_after_seconds))?;
        let leave = match attendance.stayed_seconds {
            Some(seconds) => join.checked_add(SignedDuration::from_secs(seconds))?.min(end),
            None => end,
        };
        let mut row = presence(state, webinar, &attendance.person, join)?;
        row.leave = Some(leave);
        row.waiting_room = attendance.waiting_room;
        row.late_seconds = attendance.late_seconds;
        rows.push(row);
    }
    Ok((start, rows))
}

/// What Zoom knows of somebody who joins. It tells the e-mail address of registrants and of its own users only.
fn presence(state: &mut State, webinar: &Webinar, person: &Person, join: Timestamp) -> anyhow::Result<Presence> {
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
