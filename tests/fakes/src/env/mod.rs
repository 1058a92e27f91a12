//! The test environment: a fake Zoom, a fake Marketo, and the application's variables for both.
//!
//! [`TestEnv`] owns the two servers; [`Admin`] is an HTTP client of the application.

mod clients;

pub use clients::{Admin, Answer};

use std::collections::BTreeMap;

use crate::marketo::Marketo;
use crate::zoom::Zoom;
use crate::{marketo, zoom};

/// The key that Marketo sends to the application in `x-api-key`.
pub const MARKETO_API_KEY: &str = "marketo-api-key-for-tests-1";
/// The key of the admin API.
pub const ADMIN_KEY: &str = "admin-key-for-tests-1";
/// The key of the tick.
pub const CRON_KEY: &str = "cron-key-for-tests-1";
/// The key that encrypts tokens: 32 bytes in base64.
pub const TOKEN_KEY: &str = "c3RhbmQtaW4gdG9rZW4ga2V5IG9mIDMyIGJ5dGVzISE=";

/// The two fakes, configured for an application at a URL. The application may start later.
#[derive(Debug)]
pub struct TestEnv {
    /// The fake Zoom.
    pub zoom: Zoom,
    /// The fake Marketo.
    pub marketo: Marketo,
    public_url: String,
}

impl TestEnv {
    /// Starts both fakes. The fake Zoom sends its events to the application and accepts only the application's redirect
    /// URI.
    ///
    /// # Errors
    /// Returns an error if an address cannot be bound.
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

    /// Returns the variables with which the application uses both fakes (docs/API.md).
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

    /// Returns the base URL at which Marketo calls the flow step service.
    pub fn flow_step_url(&self) -> String {
        format!("{}/flow-step", self.public_url)
    }

    /// Returns a client with the admin key and the cron key.
    ///
    /// # Errors
    /// Returns an error if the HTTP client cannot be created.
    pub fn admin(&self) -> anyhow::Result<Admin> {
        Admin::new(&self.public_url, ADMIN_KEY, CRON_KEY)
    }
}
