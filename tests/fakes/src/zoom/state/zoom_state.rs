//! The whole state of the fake Zoom.

use std::collections::BTreeMap;

use anyhow::{Context, anyhow};
use jiff::Timestamp;
use serde::Serialize;

use crate::zoom::events::event::EventDelivery;
use crate::zoom::options::{ACCOUNT, ADMIN, Options, ReportTiming};
use crate::zoom::state::accounts::{Account, User};
use crate::zoom::state::authorizations::{Authorizations, DisabledBy};
use crate::zoom::state::ids::Ids;
use crate::zoom::state::paging::PageTokens;
use crate::zoom::state::rate_limits::RateLimits;
use crate::zoom::state::webinar::Webinar;

/// The whole state. `/_control/state` shows it as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct ZoomState {
    pub(crate) accounts: BTreeMap<String, Account>,
    pub(crate) users: Vec<User>,
    pub(crate) webinars: BTreeMap<u64, Webinar>,
    pub(crate) authorizations: Authorizations,
    /// API URL in token responses; none means the URL of the fake.
    pub(crate) api_url: Option<String>,
    /// Who disabled the app; none while the app is enabled.
    pub(crate) app_disabled: Option<DisabledBy>,
    pub(crate) report_timing: ReportTiming,
    pub(crate) event_url: Option<String>,
    pub(crate) deauthorization_url: Option<String>,
    pub(crate) subscribed_events: Vec<String>,
    /// Whether approval events lack the join link.
    pub(crate) approvals_lack_link: bool,
    pub(crate) deliveries: Vec<EventDelivery>,
    #[serde(skip)]
    pub(crate) limits: RateLimits,
    #[serde(skip)]
    pub(crate) pages: PageTokens,
    #[serde(skip)]
    pub(crate) ids: Ids,
}

impl ZoomState {
    /// Returns a state with the default account and no users.
    pub(crate) fn new(options: &Options, now: Timestamp) -> Self {
        let account = Account { id: ACCOUNT.to_owned(), plan: options.plan };
        Self {
            accounts: BTreeMap::from([(account.id.clone(), account)]),
            users: Vec::new(),
            webinars: BTreeMap::new(),
            authorizations: Authorizations::new(ADMIN, options.access_token_lifetime),
            api_url: None,
            app_disabled: None,
            report_timing: options.report_timing,
            event_url: options.event_url.clone(),
            deauthorization_url: options.deauthorization_url.clone(),
            subscribed_events: options.events.clone(),
            approvals_lack_link: false,
            deliveries: Vec::new(),
            limits: RateLimits::default(),
            pages: PageTokens::new(options.max_page_size),
            ids: Ids::new(now.as_nanosecond()),
        }
    }

    /// Returns a user by id or e-mail address.
    pub(crate) fn user(&self, id_or_email: &str) -> Option<&User> {
        self.users.iter().find(|user| user.id == id_or_email || user.email.eq_ignore_ascii_case(id_or_email))
    }

    /// Returns a webinar that is not deleted.
    pub(crate) fn webinar(&mut self, id: u64) -> anyhow::Result<&mut Webinar> {
        self.webinars.get_mut(&id).filter(|webinar| !webinar.deleted).with_context(|| format!("no webinar {id}"))
    }

    /// Returns the host of a webinar.
    pub(crate) fn host(&self, webinar: &Webinar) -> anyhow::Result<&User> {
        self.user(&webinar.host_id).ok_or_else(|| anyhow!("webinar {} has no host", webinar.id))
    }

    /// Returns the id of the account that a webinar belongs to.
    pub(crate) fn account_of(&self, webinar: &Webinar) -> String {
        self.user(&webinar.host_id).map(|host| host.account_id.clone()).unwrap_or_default()
    }

    /// Returns the webinar with an instance of this UUID, and the index of that session.
    pub(crate) fn session(&self, uuid: &str) -> Option<(&Webinar, usize)> {
        self.webinars.values().find_map(|webinar| {
            let place = webinar.sessions.iter().position(|session| session.uuid == uuid)?;
            Some((webinar, place))
        })
    }
}
