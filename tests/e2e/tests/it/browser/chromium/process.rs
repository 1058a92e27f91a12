//! Starting the browser.

use super::record::Unreadable;
use super::tab::{CALL_TIMEOUT, Tab};
use chromiumoxide::cdp::browser_protocol::browser::{PermissionDescriptor, PermissionSetting, SetPermissionParams};
use chromiumoxide::error::CdpError;
use chromiumoxide::{Browser, BrowserConfig, Handler};
use futures::StreamExt;
use std::io::Write;

/// The environment variable that names another browser than the one that is found.
const VARIABLE: &str = "CHROMIUM";

/// The browser shows pages of this machine only, so it needs none of its services.
const FLAGS: [&str; 9] = [
    "disable-gpu",
    "disable-quic",
    "disable-dev-shm-usage",
    "no-first-run",
    "no-default-browser-check",
    "disable-background-networking",
    "disable-component-update",
    "disable-sync",
    "force-color-profile=srgb",
];

/// A running browser. Dropping it ends the process.
pub struct Chromium {
    browser: Browser,
    unreadable: Unreadable,
    _profile: tempfile::TempDir,
}

impl Chromium {
    /// Starts a browser with an empty profile. Without a browser, prints that the test is skipped and returns `None`;
    /// with `CI` set, fails.
    pub async fn start() -> Option<Self> {
        let profile = tempfile::tempdir().unwrap();
        // Root cannot use the sandbox.
        let mut config = BrowserConfig::builder().no_sandbox().disable_default_args().args(FLAGS);
        config = config.user_data_dir(profile.path()).viewport(None).respect_https_errors().surface_invalid_messages();
        // Other tests may keep the machine busy.
        config = config.launch_timeout(CALL_TIMEOUT).request_timeout(CALL_TIMEOUT);
        if let Some(program) = std::env::var_os(VARIABLE) {
            config = config.chrome_executable(program);
        }
        let Ok(config) = config.build() else {
            let is_ci = std::env::var_os("CI").is_some();
            assert!(!is_ci, "there is no Chromium: apt-get install chromium");
            // Not `eprintln!`, which the test harness captures.
            let _ = writeln!(
                std::io::stderr(),
                "SKIPPED: a test in a browser, because there is no Chromium (apt-get install chromium, or {VARIABLE}=/path)"
            );
            return None;
        };
        let (browser, handler) = Browser::launch(config).await.unwrap();
        let unreadable = Unreadable::default();
        tokio::spawn(run(handler, unreadable.clone()));
        // Pages may read the clipboard.
        for permission in ["clipboard-read", "clipboard-write"] {
            let permission = PermissionDescriptor::new(permission);
            browser.execute(SetPermissionParams::new(permission, PermissionSetting::Granted)).await.unwrap();
        }
        Some(Self { browser, unreadable, _profile: profile })
    }

    /// Opens a tab.
    pub async fn open(&self) -> Tab {
        let page = self.browser.new_page("about:blank").await.unwrap();
        Tab::of(page, self.unreadable.clone()).await.unwrap()
    }
}

/// Handles the browser's messages until the connection ends, which fails all pending calls.
async fn run(mut handler: Handler, unreadable: Unreadable) {
    while let Some(handled) = handler.next().await {
        match handled {
            Ok(()) => {}
            Err(CdpError::InvalidMessage(message, _)) => unreadable.add(message),
            Err(_) => break,
        }
    }
}
