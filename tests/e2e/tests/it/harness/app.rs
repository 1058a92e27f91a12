//! The application on a host that can be killed and restarted on the same state.

use super::build;
use super::host::{Host, free_address};
use super::manifest::Manifest;
use super::store::Store;
use fakes::env::{ADMIN_KEY, Admin, CRON_KEY, TOKEN_KEY, TestEnv};
use platform::testing::opened_keys::OpenedKeys;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Shorter words occur in logs by accident.
const MIN_WORD_LENGTH: usize = 3;

/// The application with its own fakes.
pub struct App {
    /// The fakes.
    pub env: TestEnv,
    manifest: Manifest,
    url: String,
    /// The folder of the logs, and of the `SQLite` file.
    state: tempfile::TempDir,
    store: Store,
    /// Variables that differ from those of the environment.
    variables: BTreeMap<String, String>,
    host: Option<Host>,
}

impl App {
    /// Starts the unmodified application.
    pub async fn start() -> Self {
        Self::start_with(fakes::zoom::Options::default(), fakes::marketo::Options::default()).await
    }

    /// Starts the application with configured fakes.
    pub async fn start_with(zoom: fakes::zoom::Options, marketo: fakes::marketo::Options) -> Self {
        Self::start_manifest(Manifest::original(), zoom, marketo).await
    }

    /// Starts the application from another manifest.
    pub async fn start_manifest(
        manifest: Manifest,
        zoom: fakes::zoom::Options,
        marketo: fakes::marketo::Options,
    ) -> Self {
        let state = tempfile::tempdir().unwrap();
        let store = Store::of_environment(state.path());
        Self::start_on(manifest, zoom, marketo, state, store).await
    }

    /// Starts the unmodified application on a Redis server of its own. Where there is no `redis-server`, prints that the test
    /// is skipped and returns `None`; with `CI` set, fails.
    pub async fn start_on_redis(marketo: fakes::marketo::Options) -> Option<Self> {
        let (store, state) = (Store::redis()?, tempfile::tempdir().unwrap());
        Some(Self::start_on(Manifest::original(), fakes::zoom::Options::default(), marketo, state, store).await)
    }

    /// Starts the unmodified application with the runtime configuration that deployments use, as it is, on the Redis server
    /// that it names. Where that is not possible, prints that the test is skipped and returns `None`; with `CI` set, fails.
    pub async fn start_as_deployed() -> Option<Self> {
        let (store, state) = (Store::deployed_redis()?, tempfile::tempdir().unwrap());
        let (zoom, marketo) = (fakes::zoom::Options::default(), fakes::marketo::Options::default());
        Some(Self::start_on(Manifest::original(), zoom, marketo, state, store).await)
    }

    async fn start_on(
        manifest: Manifest,
        zoom: fakes::zoom::Options,
        marketo: fakes::marketo::Options,
        state: tempfile::TempDir,
        store: Store,
    ) -> Self {
        tokio::task::spawn_blocking(build::build_components).await.unwrap();
        let url = format!("http://{}", free_address());
        let env = TestEnv::start(&url, zoom, marketo).await.unwrap();
        let mut app = Self { env, manifest, url, state, store, variables: BTreeMap::new(), host: None };
        app.run().await;
        app
    }

    /// Returns the application's URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the application's address, for raw connections.
    pub fn address(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    /// Returns a client of the admin API.
    pub fn admin(&self) -> Admin {
        self.env.admin().unwrap()
    }

    /// Overrides a variable, from the next start on.
    pub fn set_variable(&mut self, name: &str, value: &str) {
        self.variables.insert(name.to_owned(), value.to_owned());
    }

    /// Kills the host like a power failure, and waits until the process is gone.
    pub async fn kill(&mut self) {
        self.host.take().unwrap().kill().await;
    }

    /// Starts the host on the existing state.
    pub async fn run(&mut self) {
        assert!(self.host.is_none(), "the host is already running");
        self.host = Some(self.start_host(self.address()).await);
    }

    /// Starts a second host on the same state with its own port. Zoom and Marketo know the first host only.
    pub async fn run_second(&self) -> (Host, Admin) {
        let host = self.start_host(&free_address()).await;
        let admin = Admin::new(&host.url, ADMIN_KEY, CRON_KEY).unwrap();
        (host, admin)
    }

    async fn start_host(&self, listen: &str) -> Host {
        let mut variables = self.env.variables();
        variables.extend(self.variables.clone());
        let runtime_config = self.store.runtime_config();
        Host::start(self.manifest.path(), listen, self.state.path(), runtime_config, &variables).await
    }

    /// Returns the key-value store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Returns the folder of the logs, and of the key-value file unless the store is in Redis.
    pub fn state(&self) -> &Path {
        self.state.path()
    }

    /// Returns all entries of the key-value store, opened.
    pub fn stored(&self) -> BTreeMap<String, Vec<u8>> {
        let mut entries = self.store.entries();
        let keys = self.keys();
        for (key, value) in &mut entries {
            if let Some(opened) = keys.open_stored(key, value) {
                *value = opened;
            }
        }
        entries
    }

    /// Changes an existing JSON value of the store.
    pub fn change_stored(&self, key: &str, change: impl FnOnce(&mut Value)) {
        let keys = self.keys();
        self.store.change(key, |bytes| {
            let opened = keys.open_stored(key, bytes);
            let mut value = serde_json::from_slice(opened.as_deref().unwrap_or(bytes)).unwrap();
            change(&mut value);
            serde_json::to_vec(&value).unwrap()
        });
    }

    /// Returns the keys of the store: those of the token key that the test set, and of the first one.
    fn keys(&self) -> OpenedKeys {
        let set = self.variables.get("token_key").map(|keys| format!("{keys},")).unwrap_or_default();
        OpenedKeys::derive(&format!("{set}{TOKEN_KEY}"))
    }

    /// Returns all logs of the components and the host by file name.
    pub fn logs(&self) -> BTreeMap<String, String> {
        let mut logs = BTreeMap::new();
        for entry in std::fs::read_dir(self.state.path().join("logs")).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            logs.insert(name, std::fs::read_to_string(&path).unwrap());
        }
        logs
    }

    /// Returns every secret: those of the variables, and all that the fakes issued.
    pub fn secrets(&self) -> BTreeSet<String> {
        let is_secret = |name: &str| name.ends_with("_key") || name.ends_with("_secret");
        let given = self.env.variables().into_iter().chain(self.variables.clone());
        let given = given.filter(|(name, _)| is_secret(name)).map(|(_, value)| value);
        given.chain(self.env.zoom.secrets()).chain(self.env.marketo.secrets()).collect()
    }

    /// Fails if a log contains a secret, a raw body, or personal data: the address, name, phone number or join link of
    /// a person in the fakes.
    pub fn assert_logs_are_clean(&self) {
        let mut words = self.secrets();
        words.extend(self.env.zoom.personal());
        words.extend(self.env.marketo.personal());
        words.extend(self.env.marketo.callback_secrets());
        words.retain(|word| word.chars().count() >= MIN_WORD_LENGTH);
        // Patterns of any join link, address, body or form.
        words
            .extend(["tk=", "@example", "{\"", "access_token", "refresh_token", "?code=", "&code="].map(str::to_owned));
        for (name, text) in self.logs() {
            for word in &words {
                assert!(!text.contains(word), "{name} contains {word}:\n{text}");
            }
        }
    }

    /// Fails if a component trapped or panicked.
    pub fn assert_no_trap(&self) {
        for (name, text) in self.logs() {
            for word in ["trap", "panicked", "unreachable"] {
                assert!(!text.to_lowercase().contains(word), "{name} contains \"{word}\":\n{text}");
            }
        }
    }
}
