//! The stand-in Zoom: sign-in, the webinar and report APIs, events, rate limits; and the strings to pull behind it.
//!
//! [`Zoom`] is both the running server and the handle by which a test arranges what there is and what happens. Every
//! method of the handle exists as a call under `/_control/` too (listed in `control/mod.rs`).

mod api;
mod control;
mod events;
mod handle;
mod ids;
mod limits;
mod links;
mod model;
mod oauth;
mod options;
mod pages;

use std::sync::{Arc, Mutex};

use anyhow::Context;
use axum::Router;
use axum::routing::any;
use jiff::Timestamp;
use serde_json::Value;
use tokio::net::TcpListener;

pub use events::Delivery;
pub use handle::{EventSettings, Joining, Started};
pub(crate) use model::zoom_time;
pub use model::{
    Account, Attendance, CustomAnswer, CustomQuestion, HeldSession, NewRegistrant, NewUser, NewWebinar, Panelist,
    Person, Presence, Question, Registrant, RegistrantStatus, Session, User, UserChange, Webinar, WebinarChange,
};
pub use oauth::{Decision, DisabledBy, SignIn};
pub use options::{
    ACCOUNT, ADMIN, CLIENT_ID, CLIENT_SECRET, EVENTS, Options, Plan, REPORT_SCOPES, ReportTiming, SCOPES,
    WEBHOOK_SECRET,
};

use crate::support::{Backstage, Clock, Faults, Log, Served, lock, serve_on};
use model::State;

/// A running stand-in Zoom. Clones share it; it stops when the one that [`Zoom::start`] returned, and every clone of
/// that, are gone.
#[derive(Clone, Debug)]
pub struct Zoom {
    state: Arc<Mutex<State>>,
    options: Arc<Options>,
    backstage: Backstage,
    url: Arc<str>,
    http: reqwest::Client,
    /// Absent from the clones that the server itself holds, or it would keep itself alive.
    served: Option<Arc<Served>>,
}

impl Zoom {
    /// Starts a stand-in Zoom with one account, [`ACCOUNT`], and its admin, [`ADMIN`].
    ///
    /// # Errors
    /// If the address cannot be listened on.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let listener =
            TcpListener::bind(options.listen).await.with_context(|| format!("cannot listen on {}", options.listen))?;
        let url = format!("http://{}", listener.local_addr()?);
        let backstage = Backstage::default();
        let state = State::new(&options, backstage.clock.now());
        let mut zoom = Self {
            state: Arc::new(Mutex::new(state)),
            options: Arc::new(options),
            backstage,
            url: url.into(),
            http: reqwest::Client::new(),
            served: None,
        };
        zoom.add_user(NewUser {
            first_name: "Alice".to_owned(),
            last_name: "Admin".to_owned(),
            admin: true,
            ..NewUser::named(ADMIN)
        })?;
        let served = serve_on(listener, zoom.router(), zoom.backstage.clone())?;
        zoom.served = Some(Arc::new(served));
        Ok(zoom)
    }

    fn router(&self) -> Router {
        Router::new()
            .route("/v2/{*rest}", any(api::answer))
            .merge(oauth::router())
            .merge(pages::router())
            .merge(control::router())
            .with_state(self.clone())
            .merge(self.backstage.control())
    }

    /// Base URL of the API and of sign-in, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> String {
        self.url.to_string()
    }

    /// Signs a body as Zoom signs its events: the timestamp and signature for `x-zm-request-timestamp` and
    /// `x-zm-signature`. For tests that send what Zoom never would.
    #[must_use]
    pub fn sign(&self, raw_body: &[u8]) -> (String, String) {
        self.sign_at(Timestamp::now(), raw_body)
    }

    /// The same with a time of one's own.
    #[must_use]
    pub fn sign_at(&self, at: Timestamp, raw_body: &[u8]) -> (String, String) {
        let timestamp = at.as_second().to_string();
        let signature = events::sign(&self.options.webhook_secret, &timestamp, raw_body);
        (timestamp, signature)
    }

    /// Its clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.backstage.clock
    }

    /// The present as Zoom keeps time: whole seconds, so that what people did adds up to what a report says.
    fn now(&self) -> Timestamp {
        let now = self.backstage.clock.now();
        Timestamp::from_second(now.as_second()).unwrap_or(now)
    }

    /// Its faults.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.backstage.faults
    }

    /// What it was asked and what it answered.
    #[must_use]
    pub fn log(&self) -> &Log {
        &self.backstage.log
    }

    /// Everything it holds, to be read by people.
    #[must_use]
    pub fn state(&self) -> Value {
        serde_json::to_value(&*lock(&self.state)).unwrap_or_default()
    }
}
