//! The app at Zoom: its event subscriptions, disabling it, and removing it.

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::support::sync::lock;
use crate::zoom::events::event::EventDelivery;
use crate::zoom::events::payloads;
use crate::zoom::fake::Zoom;
use crate::zoom::state::authorizations::DisabledBy;

/// The event subscriptions. Absent fields keep their value.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EventSettings {
    /// The URL for webinar events.
    pub url: Option<String>,
    /// The URL for `app_deauthorized`.
    pub deauthorization_url: Option<String>,
    /// The names of the subscribed events.
    pub events: Option<Vec<String>>,
    /// Whether `webinar.registration_approved` lacks the join link and everything else that is not documented.
    pub approvals_lack_link: Option<bool>,
}

impl Zoom {
    /// Sets the URL for webinar events.
    pub fn set_event_url(&self, url: &str) {
        self.set_events(EventSettings { url: Some(url.to_owned()), ..EventSettings::default() });
    }

    /// Sets the URL for `app_deauthorized`.
    pub fn set_deauthorization_url(&self, url: &str) {
        let deauthorization_url = Some(url.to_owned());
        self.set_events(EventSettings { deauthorization_url, ..EventSettings::default() });
    }

    /// Changes the event subscriptions.
    pub fn set_events(&self, settings: EventSettings) {
        let mut state = lock(&self.state);
        state.event_url = settings.url.or(state.event_url.take());
        state.deauthorization_url = settings.deauthorization_url.or(state.deauthorization_url.take());
        if let Some(events) = settings.events {
            state.subscribed_events = events;
        }
        state.approvals_lack_link = settings.approvals_lack_link.unwrap_or(state.approvals_lack_link);
    }

    /// Disables the app, or enables it again if `by` is none. The token endpoint rejects every request of a disabled
    /// app; access tokens keep working until they expire.
    pub fn disable_app(&self, by: Option<DisabledBy>) {
        lock(&self.state).app_disabled = by;
    }

    /// Removes the app from an account: revokes its tokens and sends `app_deauthorized`.
    ///
    /// # Errors
    /// Returns an error if the account has no admin.
    pub async fn deauthorize(&self, account: &str) -> anyhow::Result<Option<EventDelivery>> {
        self.revoke_authorizations(account);
        let admin = {
            let state = lock(&self.state);
            let mut users = state.users.iter();
            users.find(|user| user.account_id == account && user.admin).map(|user| user.id.clone())
        };
        let admin = admin.with_context(|| format!("account {account} has no admin"))?;
        let event = payloads::deauthorized(account, &admin, &self.options.client_id, self.now());
        Ok(self.deliver(event).await)
    }
}
