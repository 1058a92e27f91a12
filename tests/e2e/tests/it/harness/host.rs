//! A host: a process that serves the application, and that can be killed.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// A host that does not serve by then never will. Compiling six components without a cache takes some seconds.
const START_LIMIT: Duration = Duration::from_secs(120);

/// A host that serves. Dropping it kills it.
pub struct Host {
    /// Where it is.
    pub url: String,
    process: Child,
}

impl Host {
    /// Starts a host at an address, on the state that is in a folder.
    pub async fn start(manifest: &Path, listen: &str, state: &Path, variables: &BTreeMap<String, String>) -> Self {
        let mut command = match std::env::var_os("SPIN") {
            Some(spin) => Command::new(spin),
            None => Command::new(env!("CARGO_BIN_EXE_host-under-test")),
        };
        command.args(["up", "--from"]).arg(manifest).args(["--listen", listen]);
        command.arg("--state-dir").arg(state);
        if std::env::var_os("SPIN").is_none() {
            command.arg("--no-build");
        }
        for (name, value) in variables {
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
        Self { url: format!("http://{listen}"), process }
    }

    /// Kills it as a power cut would, and waits until it is gone.
    pub async fn kill(mut self) {
        // SIGKILL: nothing of the process runs any more.
        self.process.kill().await.unwrap();
    }
}
