//! A person who uses the console in a browser.

use super::chromium::{Chromium, Locator, Tab};
use crate::harness::{App, workspace};
use fakes::env::ADMIN_KEY;
use serde_json::json;

/// The environment variable that names a folder, relative to the workspace, for the README's screenshots. Without it
/// none are taken.
const SCREENSHOTS_VARIABLE: &str = "SCREENSHOTS";

/// Sets `window.scripted` if a page interprets it as markup.
pub const MARKUP: &str = "<img src=x onerror=\"window.scripted=1\"><script>window.scripted=1</script>";

/// A browser with a tab at the console.
pub struct Console {
    /// The tab.
    pub tab: Tab,
    chromium: Chromium,
    url: String,
}

/// Matches an accessible role and name.
pub fn by_role(role: &str, name: &str) -> Locator {
    Locator::new(role, name)
}

impl Console {
    /// Opens the console of an application, signed out.
    pub async fn open(chromium: Chromium, app: &App) -> Self {
        let tab = chromium.open().await;
        let url = app.url().to_owned();
        tab.go(&format!("{url}/")).await;
        Self { tab, chromium, url }
    }

    /// Opens another tab at a URL.
    pub async fn open_tab(&self, url: &str) -> Tab {
        let tab = self.chromium.open().await;
        tab.go(url).await;
        tab
    }

    /// Signs in to the console.
    pub async fn sign_in(&self) {
        self.tab.fill(&by_role("textbox", "Admin key"), ADMIN_KEY).await;
        self.tab.click(&by_role("button", "Sign in")).await;
        self.tab.find(&by_role("button", "Sign out")).await;
    }

    /// Navigates to a view of the console by its fragment, and waits for its heading.
    pub async fn open_view(&self, fragment: &str, heading: &str) {
        self.tab.go(&format!("{}/{fragment}", self.url)).await;
        self.tab.find(&by_role("heading", heading)).await;
    }

    /// Waits until a figure has a value, which is the text beside its name.
    pub async fn wait_for_figure(&self, name: &str, value: &str) {
        let (name, value) = (json!(name), json!(value));
        let expression = format!(
            "[...document.querySelectorAll('dt')].find((one) => one.innerText === {name})
              ?.nextElementSibling.innerText.trim() === {value}"
        );
        self.tab.wait_for_expression(&expression).await;
    }

    /// Takes a screenshot for the README, if the variable asks for it: a small viewport from an element on.
    pub async fn screenshot(&self, tab: &Tab, name: &str, from: &Locator) {
        let Some(folder) = std::env::var_os(SCREENSHOTS_VARIABLE) else { return };
        let folder = workspace().join(folder);
        std::fs::create_dir_all(&folder).unwrap();
        tab.to_front().await;
        tab.set_viewport(900, 620, false).await;
        let from = tab.find(from).await;
        tab.call_function(&from, "function () { this.scrollIntoView(); scrollBy(0, -48); }", json!([])).await;
        tab.screenshot(&folder.join(format!("{name}.png"))).await;
        tab.set_viewport(1024, 768, false).await;
    }

    /// Waits until the trace shows joining, leaving and the minutes between.
    pub async fn wait_for_traced_minutes(&self, minutes: &str) {
        let trace = by_role("list", "Trace");
        for step in ["Joined", "Left", &format!("Was there {minutes}")] {
            self.tab.wait_for_text_in(&trace, step).await;
        }
    }

    /// Fails if a page logged an error, threw an exception or violated the content security policy, if a request failed
    /// that is not in `refused`, if a component trapped, or if a log contains personal data.
    pub fn assert_clean(&self, app: &App, refused: &[&str]) {
        assert_eq!(self.tab.page_errors(), Vec::<String>::new());
        let mut unexpected = self.tab.failed_requests();
        unexpected.retain(|one| !refused.contains(&one.as_str()));
        assert_eq!(unexpected, Vec::<String>::new());
        app.assert_no_trap();
        app.assert_logs_are_clean();
    }
}
