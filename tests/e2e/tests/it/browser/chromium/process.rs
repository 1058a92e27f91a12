//! Finding and starting the browser.

use super::pipe::Pipe;
use super::tab::Tab;
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use tokio::process::{Child, Command};

/// Names of the browser, on Debian and elsewhere.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// The environment variable that names another browser than the one on the path.
const VARIABLE: &str = "CHROMIUM";

/// The browser shows pages of this machine only, so it needs neither its sandbox, which root cannot use, nor its
/// services.
const FLAGS: [&str; 14] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--remote-debugging-pipe",
];

/// The protocol's pipes are the file descriptors 3 and 4, which a shell creates from standard input and output.
const EXEC: &str = "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1";

/// A running browser. Dropping it ends the process.
pub struct Chromium {
    pipe: Arc<Pipe>,
    _process: Child,
    _profile: tempfile::TempDir,
}

impl Chromium {
    /// Starts a browser with an empty profile. Without a browser, prints that the test is skipped and returns `None`;
    /// with `CI` set, fails.
    pub async fn start() -> Option<Self> {
        let Some(program) = program() else {
            let is_ci = std::env::var_os("CI").is_some();
            assert!(!is_ci, "there is no Chromium: apt-get install chromium");
            // Not `eprintln!`, which the test harness captures.
            let _ = writeln!(
                std::io::stderr(),
                "SKIPPED: a test in a browser, because there is no Chromium (apt-get install chromium, or {VARIABLE}=/path)"
            );
            return None;
        };
        let profile = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", EXEC]).arg(program).args(FLAGS);
        command.arg(format!("--user-data-dir={}", profile.path().display())).arg("about:blank");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let mut process = command.spawn().unwrap();
        let pipe = Pipe::over(process.stdin.take().unwrap(), process.stdout.take().unwrap());
        // Pages may read the clipboard.
        let permissions = json!({"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]});
        pipe.call(None, "Browser.grantPermissions", permissions).await.unwrap();
        Some(Self { pipe, _process: process, _profile: profile })
    }

    /// Opens a tab.
    pub async fn open(&self) -> Tab {
        let target = self.pipe.call(None, "Target.createTarget", json!({"url": "about:blank"})).await.unwrap();
        let target = json!({"targetId": target["targetId"], "flatten": true});
        let session = self.pipe.call(None, "Target.attachToTarget", target).await.unwrap();
        Tab::of(Arc::clone(&self.pipe), session["sessionId"].as_str().unwrap()).await
    }
}

fn program() -> Option<PathBuf> {
    if let Some(given) = std::env::var_os(VARIABLE) {
        return Some(given.into());
    }
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).find(|file| file.is_file())
}
