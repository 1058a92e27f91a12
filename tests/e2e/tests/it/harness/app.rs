//! The application on a host: a process that can be killed and started again on the same state.

use super::build;
use fakes::stage::{Admin, Stage};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// A host that does not serve by then never will. Compiling six components without a cache takes some seconds.
const START_LIMIT: Duration = Duration::from_secs(120);

/// The application, running against its own stage.
pub struct App {
    /// The stand-ins.
    pub stage: Stage,
    manifest: PathBuf,
    url: String,
    state: tempfile::TempDir,
    process: Option<Child>,
}

impl App {
    /// Starts the application as it is.
    pub async fn start() -> Self {
        Self::start_with(fakes::zoom::Options::default(), fakes::marketo::Options::default()).await
    }

    /// Starts it against stand-ins of some make.
    pub async fn start_with(zoom: fakes::zoom::Options, marketo: fakes::marketo::Options) -> Self {
        Self::start_manifest(build::workspace().join("spin.toml"), zoom, marketo).await
    }

    /// Starts another manifest.
    pub async fn start_manifest(
        manifest: PathBuf,
        zoom: fakes::zoom::Options,
        marketo: fakes::marketo::Options,
    ) -> Self {
        tokio::task::spawn_blocking(build::once).await.unwrap();
        let url = format!("http://127.0.0.1:{}", free_port());
        let stage = Stage::start(&url, zoom, marketo).await.unwrap();
        let state = tempfile::tempdir().unwrap();
        let mut app = Self { stage, manifest, url, state, process: None };
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

    /// Kills the host as a power cut would, and waits until it is gone.
    pub async fn kill(&mut self) {
        let mut process = self.process.take().unwrap();
        // SIGKILL: nothing of the process runs any more.
        process.kill().await.unwrap();
    }

    /// Starts the host, on the state that is there.
    pub async fn run(&mut self) {
        assert!(self.process.is_none(), "it runs already");
        let listen = self.address().to_owned();
        let mut command = match std::env::var_os("SPIN") {
            Some(spin) => Command::new(spin),
            None => Command::new(env!("CARGO_BIN_EXE_host-under-test")),
        };
        command.args(["up", "--from"]).arg(&self.manifest).args(["--listen", &listen]);
        command.arg("--state-dir").arg(self.state.path());
        if std::env::var_os("SPIN").is_none() {
            command.arg("--no-build");
        }
        for (name, value) in self.stage.variables() {
            command.env(format!("SPIN_VARIABLE_{}", name.to_uppercase()), value);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).kill_on_drop(true);
        let mut process = command.spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let serving = async {
            while let Some(line) = lines.next_line().await.unwrap() {
                if line.contains("Serving ") || line.contains("Available Routes") {
                    return true;
                }
            }
            false
        };
        let serves = timeout(START_LIMIT, serving).await.unwrap_or(false);
        assert!(serves, "the host did not start: {:?}", process.try_wait());
        // It must not block on a full pipe later.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        self.process = Some(process);
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

    /// Fails if a log shows an e-mail address, a name of the scene's leads, a join link or a secret.
    pub fn assert_nothing_personal(&self) {
        let secrets =
            self.stage.variables().into_iter().filter(|(name, _)| name.ends_with("_key") || name.ends_with("_secret"));
        let mut words: Vec<String> = secrets.map(|(_, value)| value).collect();
        words.extend(["@example", "tk=", "First1", "Last1", "access_token"].map(str::to_owned));
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

/// A port that was free a moment ago. A real Spin has to be told its port, and so do the stand-ins.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
