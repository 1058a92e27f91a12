//! The stand-ins that are needed: one for each system that is not given.

use std::collections::BTreeMap;

use fakes::marketo::{self, Marketo};
use fakes::stage::{ADMIN_KEY, CRON_KEY, MARKETO_API_KEY, TOKEN_KEY};
use fakes::zoom::{self, Zoom};

use crate::cli::scene;

/// The variables of which one says that a real Zoom is meant.
const OF_ZOOM: [&str; 4] = ["zoom_client_id", "zoom_client_secret", "zoom_oauth_url", "zoom_api_url"];
/// The variables of which one says that a real Marketo is meant.
const OF_MARKETO: [&str; 3] = ["marketo_url", "marketo_client_id", "marketo_client_secret"];

/// What there is to play with in the stand-ins.
#[derive(Debug, Default)]
pub(super) struct Scene {
    /// A webinar to connect; 0 with a real Zoom.
    pub(super) webinar: u64,
    /// Its topic.
    pub(super) topic: String,
}

/// The stand-ins that were started.
pub(super) struct StandIns {
    pub(super) zoom: Option<Zoom>,
    pub(super) marketo: Option<Marketo>,
    public_url: String,
}

impl StandIns {
    /// Starts a stand-in for each system that the variables do not name.
    ///
    /// # Errors
    /// When one can't listen.
    pub(super) async fn start(public_url: &str, given: &BTreeMap<String, String>) -> anyhow::Result<Self> {
        let is_given = |names: &[&str]| names.iter().any(|name| given.contains_key(*name));
        let mut stand_ins = Self { zoom: None, marketo: None, public_url: public_url.to_owned() };
        if !is_given(&OF_ZOOM) {
            let options = zoom::Options {
                redirect_uri: Some(format!("{public_url}/oauth/callback")),
                event_url: Some(format!("{public_url}/zoom/events")),
                deauthorization_url: Some(format!("{public_url}/oauth/zoom-events")),
                consent_page: true,
                ..zoom::Options::default()
            };
            stand_ins.zoom = Some(Zoom::start(options).await?);
        }
        if !is_given(&OF_MARKETO) {
            stand_ins.marketo = Some(Marketo::start(marketo::Options::default()).await?);
        }
        Ok(stand_ins)
    }

    /// Whether there is any.
    pub(super) fn any(&self) -> bool {
        self.zoom.is_some() || self.marketo.is_some()
    }

    /// What the application has to be told to work with them. Well-known keys are among it only where nothing real
    /// is at stake; else the application does not start without keys of its owner's.
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

    /// Fills them, once the application runs.
    ///
    /// # Errors
    /// When the flow step would not pass Marketo's installation.
    pub(super) async fn set_the_scene(&self, api_key: &str) -> anyhow::Result<Scene> {
        let mut scene = Scene::default();
        if let Some(zoom) = &self.zoom {
            scene.webinar = scene::set_zoom(zoom)?.main;
            scene.topic = zoom.webinar(scene.webinar).map(|webinar| webinar.topic).unwrap_or_default();
        }
        let Some(marketo) = &self.marketo else { return Ok(scene) };
        scene::set_marketo(marketo);
        let report = marketo.install_check(&format!("{}/flow-step", self.public_url), api_key).await;
        anyhow::ensure!(
            report.violations.is_empty(),
            "the stand-in Marketo would not install the flow step: {}",
            report.violations.join("; ")
        );
        Ok(scene)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn with(given: &[(&str, &str)]) -> StandIns {
        let given = given.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        StandIns::start("http://127.0.0.1:9", &given).await.unwrap()
    }

    #[tokio::test]
    async fn a_system_that_is_given_has_no_stand_in() {
        let marketo_given = with(&[("marketo_url", "https://123-ABC-456.mktorest.com")]).await;
        assert!(marketo_given.zoom.is_some() && marketo_given.marketo.is_none());
        let zoom_given = with(&[("zoom_client_id", "x")]).await;
        assert!(zoom_given.zoom.is_none() && zoom_given.marketo.is_some());
        assert!(!with(&[("zoom_api_url", "https://z"), ("marketo_url", "https://m")]).await.any());
    }

    #[tokio::test]
    async fn well_known_keys_are_for_stand_ins_only() {
        assert!(with(&[]).await.variables().contains_key("admin_key"));
        for given in [("marketo_url", "https://m"), ("zoom_client_id", "x")] {
            let variables = with(&[given]).await.variables();
            for key in ["admin_key", "cron_key", "token_key", "marketo_api_key"] {
                assert!(!variables.contains_key(key), "{key} with {}", given.0);
            }
        }
    }
}
