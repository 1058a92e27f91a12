//! Webinars and their registrants, as their hosts manage them.

use anyhow::{Context, ensure};
use jiff::SignedDuration;
use serde_json::{Map, Value};

use crate::support::sync::lock;
use crate::zoom::api::registrant_status::status_change;
use crate::zoom::api::registration::register;
use crate::zoom::events::event::EventDelivery;
use crate::zoom::events::payloads;
use crate::zoom::fake::Zoom;
use crate::zoom::state::registrant::{NewRegistrant, Registrant, RegistrantStatus};
use crate::zoom::state::webinar::{NewWebinar, Panelist, Webinar, WebinarChange};

/// How far ahead a webinar starts by default.
const DEFAULT_START_OFFSET: SignedDuration = SignedDuration::from_hours(24);

impl Zoom {
    /// Adds a webinar.
    ///
    /// # Errors
    /// Returns an error if the host does not exist or the id is taken.
    pub fn add_webinar(&self, new: NewWebinar) -> anyhow::Result<Webinar> {
        let now = self.now();
        let mut state = lock(&self.state);
        let host_id = state.user(&new.host).map(|host| host.id.clone());
        let host_id = host_id.with_context(|| format!("no user {}", new.host))?;
        ensure!([5, 6, 9].contains(&new.kind), "type {} is not a webinar's", new.kind);
        ensure!(new.approval_type <= 2, "approval_type {} is unknown", new.approval_type);
        let id = new.id.unwrap_or_else(|| state.ids.webinar());
        ensure!(!state.webinars.contains_key(&id), "webinar {id} exists");
        let start_time = match new.kind {
            6 => None,
            _ => new.start_time.or_else(|| now.checked_add(DEFAULT_START_OFFSET).ok()),
        };
        let webinar = Webinar {
            id,
            uuid: state.ids.uuid(),
            host_id,
            topic: new.topic,
            agenda: new.agenda,
            kind: new.kind,
            start_time,
            duration: new.duration,
            timezone: new.timezone,
            created_at: now,
            approval_type: new.approval_type,
            registrants_restrict_number: new.registrants_restrict_number,
            questions: new.questions,
            custom_questions: new.custom_questions,
            work_email_only: new.work_email_only,
            paid: new.paid,
            is_simulive: new.is_simulive,
            is_events_webinar: new.is_events_webinar,
            on_demand: new.on_demand,
            confirmation_email: new.confirmation_email,
            deleted: false,
            alternative_hosts: new.alternative_hosts,
            panelists: new.panelists,
            registrants: Vec::new(),
            registrant_index: Default::default(),
            sessions: Vec::new(),
        };
        state.webinars.insert(id, webinar.clone());
        Ok(webinar)
    }

    /// Returns a webinar with its registrants and sessions.
    #[must_use]
    pub fn webinar(&self, id: u64) -> Option<Webinar> {
        lock(&self.state).webinars.get(&id).cloned()
    }

    /// Edits a webinar and sends `webinar.updated`.
    ///
    /// # Errors
    /// Returns an error if there is no such webinar.
    pub async fn update_webinar(&self, id: u64, change: WebinarChange) -> anyhow::Result<Option<EventDelivery>> {
        let now = self.now();
        let event = {
            let mut state = lock(&self.state);
            let webinar = state.webinar(id)?;
            let new = serde_json::to_value(&change)?;
            let old = fields_of(webinar, &new)?;
            apply(webinar, change);
            let webinar = webinar.clone();
            payloads::updated(&state, &webinar, new, old, now)
        };
        Ok(self.deliver(event).await)
    }

    /// Deletes a webinar and sends `webinar.deleted`. Its reports remain.
    ///
    /// # Errors
    /// Returns an error if there is no such webinar.
    pub async fn delete_webinar(&self, id: u64) -> anyhow::Result<Option<EventDelivery>> {
        let now = self.now();
        let event = {
            let mut state = lock(&self.state);
            let webinar = state.webinar(id)?;
            webinar.deleted = true;
            let webinar = webinar.clone();
            payloads::deleted(&state, &webinar, now)
        };
        Ok(self.deliver(event).await)
    }

    /// Restores a deleted webinar and sends `webinar.recovered`.
    ///
    /// # Errors
    /// Returns an error if there is no such webinar, or it is not deleted.
    pub async fn recover_webinar(&self, id: u64) -> anyhow::Result<Option<EventDelivery>> {
        let now = self.now();
        let event = {
            let mut state = lock(&self.state);
            let webinar = state.webinars.get_mut(&id).filter(|webinar| webinar.deleted);
            let webinar = webinar.with_context(|| format!("no deleted webinar {id}"))?;
            webinar.deleted = false;
            let webinar = webinar.clone();
            payloads::recovered(&state, &webinar, now)
        };
        Ok(self.deliver(event).await)
    }

    /// Gives a webinar to another host, without an event.
    ///
    /// # Errors
    /// Returns an error if there is no such webinar or user.
    pub fn transfer_webinar(&self, id: u64, host: &str) -> anyhow::Result<()> {
        let mut state = lock(&self.state);
        let host_id = state.user(host).map(|user| user.id.clone()).with_context(|| format!("no user {host}"))?;
        state.webinar(id)?.host_id = host_id;
        Ok(())
    }

    /// Invites a panelist.
    ///
    /// # Errors
    /// Returns an error if there is no such webinar.
    pub fn add_panelist(&self, id: u64, panelist: Panelist) -> anyhow::Result<()> {
        lock(&self.state).webinar(id)?.panelists.push(panelist);
        Ok(())
    }

    /// Registers a person on Zoom's own page, under the same rules but without the daily limit.
    ///
    /// # Errors
    /// Returns an error if Zoom would reject the registration.
    pub async fn register_on_zoom(&self, id: u64, new: NewRegistrant) -> anyhow::Result<Registrant> {
        let now = self.now();
        let (added, event) = {
            let mut state = lock(&self.state);
            let approve = state.webinar(id)?.approval_type == 0;
            let added = register(&mut state, id, &new, approve, now, &self.url)
                .map_err(|refusal| anyhow::anyhow!("refused: {refusal:?}"))?;
            let event = payloads::registration(&state, id, &added.registrant, "created", now);
            (added, event)
        };
        if added.new {
            self.deliver(event).await;
        }
        Ok(added.registrant)
    }

    /// Approves, denies or cancels a registration as the host (`approve`, `deny`, `cancel`), deletes it as the host
    /// (`delete`), or cancels it as the person does by the link in Zoom's mail (`withdraw`). Sends the event, except after
    /// a deletion, for which Zoom documents none.
    ///
    /// # Errors
    /// Returns an error if the action, the webinar or the registrant does not exist.
    pub async fn set_registration(&self, id: u64, email: &str, action: &str) -> anyhow::Result<Option<EventDelivery>> {
        let now = self.now();
        let (status, what) = match action {
            "withdraw" => (RegistrantStatus::Withdrawn, Some("cancelled")),
            "delete" => (RegistrantStatus::Deleted, None),
            action => {
                let change = status_change(action).with_context(|| format!("unknown action {action}"))?;
                (change.0, Some(change.1))
            }
        };
        let event = {
            let mut state = lock(&self.state);
            let registrant = state.webinar(id)?.registrant_mut(email);
            let registrant = registrant.with_context(|| format!("{email} is not registered"))?;
            registrant.status = status;
            let registrant = registrant.clone();
            what.map(|what| payloads::registration(&state, id, &registrant, what, now))
        };
        match event {
            Some(event) => Ok(self.deliver(event).await),
            None => Ok(None),
        }
    }
}

/// Returns the current values of the fields that a change contains.
fn fields_of(webinar: &Webinar, change: &Value) -> anyhow::Result<Value> {
    let webinar = serde_json::to_value(webinar)?;
    let names = change.as_object().into_iter().flat_map(Map::keys);
    Ok(names.map(|name| (name.clone(), webinar[name].clone())).collect::<Map<_, _>>().into())
}

fn apply(webinar: &mut Webinar, change: WebinarChange) {
    fn set<T>(field: &mut T, new: Option<T>) {
        if let Some(new) = new {
            *field = new;
        }
    }
    set(&mut webinar.topic, change.topic);
    set(&mut webinar.agenda, change.agenda);
    set(&mut webinar.kind, change.kind);
    set(&mut webinar.duration, change.duration);
    set(&mut webinar.timezone, change.timezone);
    set(&mut webinar.approval_type, change.approval_type);
    set(&mut webinar.registrants_restrict_number, change.registrants_restrict_number);
    webinar.start_time = change.start_time.or(webinar.start_time);
}
