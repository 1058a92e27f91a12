//! The application on the embedded host, in this process, against stand-ins.

use anyhow::Context;
use fakes::stage::{Admin, Stage};
use fakes::{marketo, zoom};
use host::{Options, Running};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

/// The application, running.
pub struct Application {
    /// The stand-ins.
    pub fakes: Stage,
    /// The host.
    pub running: Running,
    /// The person at the console.
    pub admin: Admin,
    state: tempfile::TempDir,
}

impl Application {
    /// Builds the components, and some packages more, and starts all of it. `more` is added to the manifest.
    ///
    /// # Errors
    /// When something does not compile or start.
    pub async fn start(
        packages: &'static [&'static str],
        more: &str,
        zoom: zoom::Options,
        marketo: marketo::Options,
    ) -> anyhow::Result<Self> {
        let workspace = workspace()?;
        let build = {
            let workspace = workspace.clone();
            move || host::build::packages(&workspace, packages, &mut |line| eprintln!("{line}"))
        };
        tokio::task::spawn_blocking(build).await??;
        let state = tempfile::tempdir()?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let fakes = Stage::start(&format!("http://{address}"), zoom, marketo).await?;
        let mut options = Options::new(manifest(&workspace, state.path(), more)?);
        options.listen = address;
        options.state_dir = state.path().join("state");
        options.variables = fakes.variables();
        options.cache_dir = Some(workspace.join("target/bench-native-code"));
        let running = host::start(options).await?;
        let admin = fakes.admin()?;
        Ok(Self { fakes, running, admin, state })
    }

    /// What the host or a component has logged so far; empty if nothing.
    pub fn log(&self, name: &str) -> String {
        std::fs::read_to_string(self.state.path().join("state/logs").join(name)).unwrap_or_default()
    }
}

/// Writes the manifest with some more in it.
fn manifest(workspace: &Path, folder: &Path, more: &str) -> anyhow::Result<PathBuf> {
    let text = std::fs::read_to_string(workspace.join("spin.toml"))? + more;
    let path = folder.join("spin.toml");
    // Its paths start from the folder that it lies in.
    std::fs::write(&path, text.replace("\"target/", &format!("\"{}/target/", workspace.display())))?;
    Ok(path)
}

fn workspace() -> anyhow::Result<PathBuf> {
    Ok(Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).context("no workspace")?.to_owned())
}
