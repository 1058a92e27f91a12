//! The whole stage: a stand-in Zoom, a stand-in Marketo, and what the application has to be told to work with them.
//!
//! [`Stage`] holds the two; [`Admin`] is the person at the console, over HTTP.

mod people;

pub use people::{Admin, Answer};

use crate::marketo::{self, Marketo};
use crate::zoom::{self, Zoom};
use std::collections::BTreeMap;

/// What Marketo shows the application.
pub const MARKETO_API_KEY: &str = "marketo-api-key-1";
/// The admin's key.
pub const ADMIN_KEY: &str = "admin-key-1";
/// The scheduler's key.
pub const CRON_KEY: &str = "cron-key-1";
/// The key that seals tokens: 32 bytes in base64.
pub const TOKEN_KEY: &str = "c3RhbmQtaW4gdG9rZW4ga2V5IG9mIDMyIGJ5dGVzISE=";

/// Both stand-ins, wired to an application that is, or will be, at some URL.
#[derive(Debug)]
pub struct Stage {
    /// The stand-in Zoom.
    pub zoom: Zoom,
    /// The stand-in Marketo.
    pub marketo: Marketo,
    public_url: String,
}

impl Stage {
    /// Starts both. Zoom sends its events to the application and takes only its redirect URI.
    ///
    /// # Errors
    /// If an address cannot be listened on.
    pub async fn start(public_url: &str, zoom: zoom::Options, marketo: marketo::Options) -> anyhow::Result<Self> {
        let zoom = zoom::Options {
            redirect_uri: Some(format!("{public_url}/oauth/callback")),
            event_url: Some(format!("{public_url}/zoom/events")),
            deauthorization_url: Some(format!("{public_url}/oauth/zoom-events")),
            ..zoom
        };
        Ok(Self {
            zoom: Zoom::start(zoom).await?,
            marketo: Marketo::start(marketo).await?,
            public_url: public_url.to_owned(),
        })
    }

    /// The application's variables (DESIGN section 7).
    pub fn variables(&self) -> BTreeMap<String, String> {
        let variables = [
            ("public_url", &*self.public_url),
            ("zoom_client_id", zoom::CLIENT_ID),
            ("zoom_client_secret", zoom::CLIENT_SECRET),
            ("zoom_webhook_secret", zoom::WEBHOOK_SECRET),
            ("zoom_oauth_url", &self.zoom.url()),
            ("zoom_api_url", &self.zoom.url()),
            ("marketo_url", &self.marketo.url()),
            ("marketo_client_id", marketo::CLIENT_ID),
            ("marketo_client_secret", marketo::CLIENT_SECRET),
            ("marketo_api_key", MARKETO_API_KEY),
            ("marketo_callback_url", &self.marketo.url()),
            ("admin_key", ADMIN_KEY),
            ("cron_key", CRON_KEY),
            ("token_key", TOKEN_KEY),
        ];
        variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    /// The flow step's base URL, as Marketo knows it.
    pub fn flow_step_url(&self) -> String {
        format!("{}/flow-step", self.public_url)
    }

    /// The person at the console.
    ///
    /// # Errors
    /// If the HTTP client cannot be made.
    pub fn admin(&self) -> anyhow::Result<Admin> {
        Admin::new(&self.public_url, ADMIN_KEY, CRON_KEY)
    }
}
