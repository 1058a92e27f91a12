//! The application on a host that can be killed and started again on the same state.

use super::host::Host;
use super::ports::free_address;
use super::{Manifest, build, state};
use fakes::stage::{ADMIN_KEY, Admin, CRON_KEY, Stage};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A text shorter than this is in every log by accident.
const TELLING: usize = 3;

/// The application, running against its own stage.
pub struct App {
    /// The stand-ins.
    pub stage: Stage,
    manifest: Manifest,
    url: String,
    state: tempfile::TempDir,
    /// What differs from the stage's variables.
    variables: BTreeMap<String, String>,
    host: Option<Host>,
}

impl App {
    /// Starts the application as it is.
    pub async fn start() -> Self {
        Self::start_with(fakes::zoom::Options::default(), fakes::marketo::Options::default()).await
    }

    /// Starts it against stand-ins of some make.
    pub async fn start_with(zoom: fakes::zoom::Options, marketo: fakes::marketo::Options) -> Self {
        Self::start_manifest(Manifest::as_it_is(), zoom, marketo).await
    }

    /// Starts another manifest.
    pub async fn start_manifest(
        manifest: Manifest,
        zoom: fakes::zoom::Options,
        marketo: fakes::marketo::Options,
    ) -> Self {
        tokio::task::spawn_blocking(build::once).await.unwrap();
        let url = format!("http://{}", free_address());
        let stage = Stage::start(&url, zoom, marketo).await.unwrap();
        let state = tempfile::tempdir().unwrap();
        let mut app = Self { stage, manifest, url, state, variables: BTreeMap::new(), host: None };
        app.run().await;
        app
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its address, for raw connections.
    pub fn address(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    /// The person at its console.
    pub fn admin(&self) -> Admin {
        self.stage.admin().unwrap()
    }

    /// Gives a variable another value than the stage does, from the next start on.
    pub fn set_variable(&mut self, name: &str, value: &str) {
        self.variables.insert(name.to_owned(), value.to_owned());
    }

    /// Kills the host as a power cut would, and waits until it is gone.
    pub async fn kill(&mut self) {
        self.host.take().unwrap().kill().await;
    }

    /// Starts the host, on the state that is there.
    pub async fn run(&mut self) {
        assert!(self.host.is_none(), "it runs already");
        self.host = Some(self.start_host(self.address()).await);
    }

    /// Starts a second host on the same state, with a port of its own, and the person at its console. Zoom and Marketo
    /// know the first one only.
    pub async fn run_second(&self) -> (Host, Admin) {
        let host = self.start_host(&free_address()).await;
        let admin = Admin::new(&host.url, ADMIN_KEY, CRON_KEY).unwrap();
        (host, admin)
    }

    async fn start_host(&self, listen: &str) -> Host {
        let mut variables = self.stage.variables();
        variables.extend(self.variables.clone());
        Host::start(self.manifest.path(), listen, self.state.path(), &variables).await
    }

    /// The folder of the key-value file and the logs.
    pub fn state(&self) -> &Path {
        self.state.path()
    }

    /// Every key and value in the key-value store.
    pub fn stored(&self) -> BTreeMap<String, Vec<u8>> {
        state::stored(self.state())
    }

    /// Everything that the components and the host logged, by file name.
    pub fn logs(&self) -> BTreeMap<String, String> {
        let mut logs = BTreeMap::new();
        for entry in std::fs::read_dir(self.state.path().join("logs")).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            logs.insert(name, std::fs::read_to_string(&path).unwrap());
        }
        logs
    }

    /// Every secret that there is or was: those of the variables, and what the stand-ins ever issued.
    pub fn secrets(&self) -> BTreeSet<String> {
        let is_secret = |name: &str| name.ends_with("_key") || name.ends_with("_secret");
        let given = self.stage.variables().into_iter().chain(self.variables.clone());
        let given = given.filter(|(name, _)| is_secret(name)).map(|(_, value)| value);
        given.chain(self.stage.zoom.secrets()).chain(self.stage.marketo.secrets()).collect()
    }

    /// Fails if a log shows a secret, a raw body, or whatever tells who somebody is: an address, a name, a phone number
    /// or a join link of anybody whom the stand-ins know.
    pub fn assert_nothing_personal(&self) {
        let mut words = self.secrets();
        words.extend(self.stage.zoom.personal());
        words.extend(self.stage.marketo.personal());
        words.extend(self.stage.marketo.callback_secrets());
        words.retain(|word| word.chars().count() >= TELLING);
        // How join links, addresses, bodies and forms look, whoever's they are.
        words
            .extend(["tk=", "@example", "{\"", "access_token", "refresh_token", "?code=", "&code="].map(str::to_owned));
        for (name, text) in self.logs() {
            for word in &words {
                assert!(!text.contains(word), "{name} shows {word}:\n{text}");
            }
        }
    }

    /// Fails if a component trapped or panicked.
    pub fn assert_no_trap(&self) {
        for (name, text) in self.logs() {
            for word in ["trap", "panicked", "unreachable"] {
                assert!(!text.to_lowercase().contains(word), "{name} tells of a {word}:\n{text}");
            }
        }
    }
}
