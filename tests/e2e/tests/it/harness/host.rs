//! A host: a process that serves the application and can be killed.

use super::wait::wait_for;
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// How long a start may take. Compiling six components without a cache takes some seconds.
const START_LIMIT: Duration = Duration::from_secs(120);

/// A running host. Dropping it kills its processes.
pub struct Host {
    /// Its URL.
    pub url: String,
    processes: ProcessGroup,
}

impl Host {
    /// Starts a host at an address on the state of a folder, or where a runtime configuration says.
    pub async fn start(
        manifest: &Path,
        listen: &str,
        state: &Path,
        runtime_config: Option<&Path>,
        variables: &BTreeMap<String, String>,
    ) -> Self {
        let mut command = match std::env::var_os("SPIN") {
            Some(spin) => Command::new(spin),
            None => Command::new(env!("CARGO_BIN_EXE_host-under-test")),
        };
        command.args(["up", "--from"]).arg(manifest).args(["--listen", listen]);
        command.arg("--state-dir").arg(state);
        if let Some(file) = runtime_config {
            command.arg("--runtime-config-file").arg(file);
        }
        if std::env::var_os("SPIN").is_none() {
            command.arg("--no-build");
        }
        for (name, value) in variables {
            command.env(format!("SPIN_VARIABLE_{}", name.to_uppercase()), value);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).process_group(0);
        let mut processes = ProcessGroup(command.spawn().unwrap());
        let mut lines = BufReader::new(processes.0.stdout.take().unwrap()).lines();
        let serving = async {
            while let Some(line) = lines.next_line().await.unwrap() {
                if line.contains("Serving ") || line.contains("Available Routes") {
                    return true;
                }
            }
            false
        };
        let serves = timeout(START_LIMIT, serving).await.unwrap_or(false);
        assert!(serves, "the host did not start: {:?}", processes.0.try_wait());
        // Drains the pipe, so that the host never blocks on it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { url: format!("http://{listen}"), processes }
    }

    /// Kills the host like a power failure, and waits until its processes are gone.
    pub async fn kill(mut self) {
        self.processes.kill();
        self.processes.0.wait().await.unwrap();
        // The process that listens may be a child of the one that was started, which nothing but its port shows.
        let address = self.url.strip_prefix("http://").unwrap();
        wait_for("a free port", || async { TcpListener::bind(address).is_ok().then_some(()) }).await;
    }
}

/// A process and its children: `spin up` runs the trigger in a process of its own, which would survive it.
struct ProcessGroup(Child);

impl ProcessGroup {
    /// Sends SIGKILL to all processes of the group.
    fn kill(&self) {
        // `None`: the process has been waited for, so its group is gone.
        let Some(id) = self.0.id() else { return };
        let killed = std::process::Command::new("kill").args(["-KILL", "--", &format!("-{id}")]).status();
        if !killed.as_ref().is_ok_and(ExitStatus::success) {
            println!("the host's processes could not be killed: {killed:?}");
        }
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The range of ports, below the ephemeral ports, so that no other program gets the port of a host that is down for a
/// moment. Spin and the fakes need a port before they start.
const FIRST_PORT: u32 = 12_000;
const PORT_COUNT: u32 = 20_000;

/// Returns an address that is free now and that this process does not reuse soon.
pub fn free_address() -> String {
    static CHOSEN: AtomicU32 = AtomicU32::new(0);
    // Concurrent test processes start at distant ports.
    let first = std::process::id().wrapping_mul(7_919);
    let candidates = std::iter::repeat_with(|| first.wrapping_add(CHOSEN.fetch_add(1, Ordering::Relaxed)) % PORT_COUNT);
    let mut addresses = candidates.take(1_000).map(|offset| format!("127.0.0.1:{}", FIRST_PORT + offset));
    addresses.find(|address| TcpListener::bind(address).is_ok()).unwrap()
}
