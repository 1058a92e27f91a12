//! Everything that the stand-in Zoom holds.

use std::collections::BTreeMap;

use anyhow::{Context, anyhow};
use jiff::Timestamp;
use serde::Serialize;

use super::{Account, User, Webinar};
use crate::zoom::api::paging::Pages;
use crate::zoom::events::Delivery;
use crate::zoom::ids::Ids;
use crate::zoom::limits::Limits;
use crate::zoom::oauth::{Authorizations, DisabledBy};
use crate::zoom::options::{ACCOUNT, ADMIN, Options, ReportTiming};

/// The whole state; as JSON it is what a person sees at `/_control/state`.
#[derive(Debug, Serialize)]
pub(crate) struct State {
    pub(crate) accounts: BTreeMap<String, Account>,
    pub(crate) users: Vec<User>,
    pub(crate) webinars: BTreeMap<u64, Webinar>,
    pub(crate) authorizations: Authorizations,
    /// Where the API is said to be; none says that it is here.
    pub(crate) api_url: Option<String>,
    /// Who disabled the app; none while it is enabled.
    pub(crate) app_disabled: Option<DisabledBy>,
    pub(crate) report_timing: ReportTiming,
    pub(crate) event_url: Option<String>,
    pub(crate) deauthorization_url: Option<String>,
    pub(crate) subscribed_events: Vec<String>,
    pub(crate) deliveries: Vec<Delivery>,
    #[serde(skip)]
    pub(crate) limits: Limits,
    #[serde(skip)]
    pub(crate) pages: Pages,
    #[serde(skip)]
    pub(crate) ids: Ids,
}

impl State {
    /// The default account, empty.
    pub(crate) fn new(options: &Options, now: Timestamp) -> Self {
        let account = Account { id: ACCOUNT.to_owned(), plan: options.plan };
        Self {
            accounts: BTreeMap::from([(account.id.clone(), account)]),
            users: Vec::new(),
            webinars: BTreeMap::new(),
            authorizations: Authorizations::new(ADMIN, options.access_lives),
            api_url: None,
            app_disabled: None,
            report_timing: options.report_timing,
            event_url: options.event_url.clone(),
            deauthorization_url: options.deauthorization_url.clone(),
            subscribed_events: options.events.clone(),
            deliveries: Vec::new(),
            limits: Limits::default(),
            pages: Pages::default(),
            ids: Ids::new(now.as_nanosecond()),
        }
    }

    /// A user by id or e-mail address.
    pub(crate) fn user(&self, id_or_email: &str) -> Option<&User> {
        self.users.iter().find(|user| user.id == id_or_email || user.email.eq_ignore_ascii_case(id_or_email))
    }

    /// A webinar that a test or a person names.
    pub(crate) fn webinar(&mut self, id: u64) -> anyhow::Result<&mut Webinar> {
        self.webinars.get_mut(&id).filter(|webinar| !webinar.deleted).with_context(|| format!("no webinar {id}"))
    }

    /// The host of a webinar.
    pub(crate) fn host(&self, webinar: &Webinar) -> anyhow::Result<&User> {
        self.user(&webinar.host_id).ok_or_else(|| anyhow!("webinar {} has no host", webinar.id))
    }

    /// The account that a webinar belongs to.
    pub(crate) fn account_of(&self, webinar: &Webinar) -> String {
        self.user(&webinar.host_id).map(|host| host.account_id.clone()).unwrap_or_default()
    }

    /// The webinar that has an instance of this UUID, and the instance's place in it.
    pub(crate) fn session(&self, uuid: &str) -> Option<(&Webinar, usize)> {
        self.webinars.values().find_map(|webinar| {
            let place = webinar.sessions.iter().position(|session| session.uuid == uuid)?;
            Some((webinar, place))
        })
    }
}

/// A time as Zoom writes it: UTC, whole seconds.
pub(crate) fn zoom_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
