//! Starts a fake for each system that is not configured.

use std::collections::BTreeMap;

use fakes::env::{ADMIN_KEY, CRON_KEY, MARKETO_API_KEY, TOKEN_KEY};
use fakes::marketo::{self, Marketo};
use fakes::zoom::{self, Zoom};

use crate::cli::seed;

/// The variables that select a real Zoom: any one of them is enough.
const ZOOM_VARIABLES: [&str; 4] = ["zoom_client_id", "zoom_client_secret", "zoom_oauth_url", "zoom_api_url"];
/// The variables that select a real Marketo: any one of them is enough.
const MARKETO_VARIABLES: [&str; 3] = ["marketo_url", "marketo_client_id", "marketo_client_secret"];

/// The seeded webinar that the banner's walkthrough uses.
#[derive(Debug, Default)]
pub(super) struct Fixture {
    /// The webinar's id; 0 with a real Zoom.
    pub(super) webinar: u64,
    /// The webinar's topic.
    pub(super) topic: String,
}

/// The running fakes.
pub(super) struct Fakes {
    pub(super) zoom: Option<Zoom>,
    pub(super) marketo: Option<Marketo>,
    public_url: String,
}

impl Fakes {
    /// Starts a fake for each system that the given variables do not configure.
    ///
    /// # Errors
    /// A fake can't listen.
    pub(super) async fn start(public_url: &str, given: &BTreeMap<String, String>) -> anyhow::Result<Self> {
        let is_given = |names: &[&str]| names.iter().any(|name| given.contains_key(*name));
        let mut fakes = Self { zoom: None, marketo: None, public_url: public_url.to_owned() };
        if !is_given(&ZOOM_VARIABLES) {
            let options = zoom::Options {
                redirect_uri: Some(format!("{public_url}/oauth/callback")),
                event_url: Some(format!("{public_url}/zoom/events")),
                deauthorization_url: Some(format!("{public_url}/oauth/zoom-events")),
                consent_page: true,
                ..zoom::Options::default()
            };
            fakes.zoom = Some(Zoom::start(options).await?);
        }
        if !is_given(&MARKETO_VARIABLES) {
            fakes.marketo = Some(Marketo::start(marketo::Options::default()).await?);
        }
        Ok(fakes)
    }

    /// Returns whether any fake runs.
    pub(super) fn any(&self) -> bool {
        self.zoom.is_some() || self.marketo.is_some()
    }

    /// Returns the application variables for the fakes. Includes the published keys only if both systems are fakes;
    /// with a real system, the application does not start without keys of your own.
    pub(super) fn variables(&self) -> BTreeMap<String, String> {
        let mut variables = BTreeMap::new();
        let mut set = |name: &str, value: &str| drop(variables.insert(name.to_owned(), value.to_owned()));
        if let Some(zoom) = &self.zoom {
            set("zoom_oauth_url", &zoom.url());
            set("zoom_api_url", &zoom.url());
            set("zoom_client_id", zoom::CLIENT_ID);
            set("zoom_client_secret", zoom::CLIENT_SECRET);
            set("zoom_webhook_secret", zoom::WEBHOOK_SECRET);
        }
        if let Some(marketo) = &self.marketo {
            set("marketo_url", &marketo.url());
            set("marketo_callback_url", &marketo.url());
            set("marketo_client_id", marketo::CLIENT_ID);
            set("marketo_client_secret", marketo::CLIENT_SECRET);
        }
        if self.zoom.is_some() && self.marketo.is_some() {
            set("admin_key", ADMIN_KEY);
            set("cron_key", CRON_KEY);
            set("token_key", TOKEN_KEY);
            set("marketo_api_key", MARKETO_API_KEY);
        }
        variables
    }

    /// Seeds the fakes and installs the flow step in the fake Marketo. The application must be running.
    ///
    /// # Errors
    /// The fake Marketo rejects the flow step.
    pub(super) async fn seed(&self, api_key: &str) -> anyhow::Result<Fixture> {
        let mut fixture = Fixture::default();
        if let Some(zoom) = &self.zoom {
            fixture.webinar = seed::seed_zoom(zoom)?.main;
            fixture.topic = zoom.webinar(fixture.webinar).map(|webinar| webinar.topic).unwrap_or_default();
        }
        let Some(marketo) = &self.marketo else { return Ok(fixture) };
        seed::seed_marketo(marketo);
        let report = marketo.install_check(&format!("{}/flow-step", self.public_url), api_key).await;
        anyhow::ensure!(
            report.violations.is_empty(),
            "the fake Marketo rejects the flow step: {}",
            report.violations.join("; ")
        );
        Ok(fixture)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn start_with(given: &[(&str, &str)]) -> Fakes {
        let given = given.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        Fakes::start("http://127.0.0.1:9", &given).await.unwrap()
    }

    #[tokio::test]
    async fn a_configured_system_has_no_fake() {
        let marketo_given = start_with(&[("marketo_url", "https://123-ABC-456.mktorest.com")]).await;
        assert!(marketo_given.zoom.is_some() && marketo_given.marketo.is_none());
        let zoom_given = start_with(&[("zoom_client_id", "x")]).await;
        assert!(zoom_given.zoom.is_none() && zoom_given.marketo.is_some());
        assert!(!start_with(&[("zoom_api_url", "https://z"), ("marketo_url", "https://m")]).await.any());
    }

    #[tokio::test]
    async fn published_keys_are_used_only_if_both_systems_are_fakes() {
        assert!(start_with(&[]).await.variables().contains_key("admin_key"));
        for given in [("marketo_url", "https://m"), ("zoom_client_id", "x")] {
            let variables = start_with(&[given]).await.variables();
            for key in ["admin_key", "cron_key", "token_key", "marketo_api_key"] {
                assert!(!variables.contains_key(key), "{key} with {}", given.0);
            }
        }
    }
}
