//! The app as Zoom has it: where events go, whether it is enabled, and its removal.

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::support::lock;
use crate::zoom::{Delivery, DisabledBy, Zoom, events};

/// Where events go and which. What is absent stays as it is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EventSettings {
    /// Where webinar events go.
    pub url: Option<String>,
    /// Where `app_deauthorized` goes.
    pub deauthorization_url: Option<String>,
    /// The events that are sent.
    pub events: Option<Vec<String>>,
}

impl Zoom {
    /// Where webinar events go from now on.
    pub fn set_event_url(&self, url: &str) {
        self.set_events(EventSettings { url: Some(url.to_owned()), ..EventSettings::default() });
    }

    /// Where `app_deauthorized` goes from now on.
    pub fn set_deauthorization_url(&self, url: &str) {
        let deauthorization_url = Some(url.to_owned());
        self.set_events(EventSettings { deauthorization_url, ..EventSettings::default() });
    }

    /// Where events go and which, from now on.
    pub fn set_events(&self, settings: EventSettings) {
        let mut state = lock(&self.state);
        state.event_url = settings.url.or(state.event_url.take());
        state.deauthorization_url = settings.deauthorization_url.or(state.deauthorization_url.take());
        if let Some(events) = settings.events {
            state.subscribed_events = events;
        }
    }

    /// Disables the app, or (with none) enables it again. While it is disabled the token endpoint refuses everything;
    /// tokens that are out go on working until they lapse.
    pub fn disable_app(&self, by: Option<DisabledBy>) {
        lock(&self.state).app_disabled = by;
    }

    /// An account removes the app: its tokens stop working and the app is told.
    ///
    /// # Errors
    /// If the account has no admin who could have removed it.
    pub async fn deauthorize(&self, account: &str) -> anyhow::Result<Option<Delivery>> {
        self.revoke_authorizations(account);
        let admin = {
            let state = lock(&self.state);
            let mut users = state.users.iter();
            users.find(|user| user.account_id == account && user.admin).map(|user| user.id.clone())
        };
        let admin = admin.with_context(|| format!("account {account} has no admin"))?;
        let event = events::deauthorized(account, &admin, &self.options.client_id, self.now());
        Ok(self.deliver(event).await)
    }
}
