//! The application on the embedded host, in this process, with the fakes.

use anyhow::Context;
use fakes::env::{Admin, TestEnv};
use fakes::{marketo, zoom};
use host::{Options, Running};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::runtime::Runtime;

/// Name of the host's threads, by which their CPU time is measured.
pub(crate) const HOST_THREAD: &str = "host";

/// How long the host keeps an idle thread. Longer than a benchmark: the CPU time of a thread that ended is not counted.
const THREAD_KEEP_ALIVE: Duration = Duration::from_secs(3600);

/// The manifest section of a component that reads one variable and answers: the minimum cost of a request.
pub const PROBE_MANIFEST: &str = r#"
[[trigger.http]]
route = "/baseline"
component = "probe"

[component.probe]
source = "target/wasm32-wasip2/release/probe.wasm"
[component.probe.variables]
public_url = "{{ public_url }}"
"#;

/// The request to it. It needs the package `probe`.
pub const PROBE_PATH: &str = "/baseline?variable=public_url";

/// The running application.
pub struct Application {
    /// The fake Zoom and the fake Marketo.
    pub fakes: TestEnv,
    /// The running host.
    pub running: Running,
    /// The admin API client.
    pub admin: Admin,
    state: tempfile::TempDir,
    _runtime: HostRuntime,
}

/// The host's runtime, apart from the one of the fakes and the client. `None` after the drop.
struct HostRuntime(Option<Runtime>);

impl Drop for HostRuntime {
    fn drop(&mut self) {
        // An asynchronous caller must not wait for the threads, as the drop of a runtime does.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Application {
    /// Builds the components and `packages`, appends `more` to the manifest, and starts the application.
    ///
    /// # Errors
    /// Fails when something does not compile or start.
    pub async fn start(
        packages: &'static [&'static str],
        more: &str,
        zoom: zoom::Options,
        marketo: marketo::Options,
    ) -> anyhow::Result<Self> {
        Self::start_prepared(packages, more, zoom, marketo, |_| Ok(None)).await
    }

    /// As [`Application::start`], after `prepare` has filled the store. It gets the state directory and returns the runtime
    /// configuration file, if the application needs one.
    ///
    /// # Errors
    /// As [`Application::start`], and if `prepare` fails.
    pub async fn start_prepared(
        packages: &'static [&'static str],
        more: &str,
        zoom: zoom::Options,
        marketo: marketo::Options,
        prepare: impl FnOnce(&Path) -> anyhow::Result<Option<PathBuf>>,
    ) -> anyhow::Result<Self> {
        let workspace = workspace()?;
        let build = {
            let workspace = workspace.clone();
            move || host::build::packages(&workspace, packages, &mut |line| eprintln!("{line}"))
        };
        tokio::task::spawn_blocking(build).await??;
        let state = tempfile::tempdir()?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let fakes = TestEnv::start(&format!("http://{address}"), zoom, marketo).await?;
        let mut options = Options::new(manifest(&workspace, state.path(), more)?);
        options.listen = address;
        options.state_dir = state.path().join("state");
        options.runtime_config_file = prepare(&options.state_dir)?;
        options.variables = fakes.variables();
        options.cache_dir = Some(workspace.join("target/bench-native-code"));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .thread_name(HOST_THREAD)
            .thread_keep_alive(THREAD_KEEP_ALIVE)
            .enable_all()
            .build()?;
        let running = runtime.spawn(host::start(options)).await??;
        let admin = fakes.admin()?;
        Ok(Self { fakes, running, admin, state, _runtime: HostRuntime(Some(runtime)) })
    }

    /// Returns the folder of the application's state and logs.
    pub(crate) fn folder(&self) -> &Path {
        self.state.path()
    }

    /// Returns a log file of the host or a component; empty if there is none.
    pub fn log(&self, name: &str) -> String {
        std::fs::read_to_string(self.state.path().join("state/logs").join(name)).unwrap_or_default()
    }
}

/// Writes the manifest with `more` appended.
fn manifest(workspace: &Path, folder: &Path, more: &str) -> anyhow::Result<PathBuf> {
    let text = std::fs::read_to_string(workspace.join("spin.toml"))? + more;
    let path = folder.join("spin.toml");
    // Paths in a manifest are relative to its folder.
    std::fs::write(&path, text.replace("\"target/", &format!("\"{}/target/", workspace.display())))?;
    Ok(path)
}

pub(crate) fn workspace() -> anyhow::Result<PathBuf> {
    Ok(Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).context("no workspace")?.to_owned())
}
