//! A person at a browser before the console.

use super::chromium::{Chromium, Tab, Wanted};
use crate::harness::{App, workspace};
use fakes::stage::ADMIN_KEY;
use serde_json::json;

/// Names a folder, within the workspace, for the pictures that the README shows; without it none are made.
const PICTURES: &str = "SCREENSHOTS";

/// What would set `window.scripted` if it were markup.
pub const MARKUP: &str = "<img src=x onerror=\"window.scripted=1\"><script>window.scripted=1</script>";

/// A browser with a tab at the console.
pub struct Desk {
    /// The tab.
    pub tab: Tab,
    chromium: Chromium,
    url: String,
}

/// A role with a name, as a screen reader tells them.
pub fn the(role: &str, name: &str) -> Wanted {
    Wanted::new(role, name)
}

impl Desk {
    /// Opens the console of an application, where nobody is signed in.
    pub async fn before(chromium: Chromium, app: &App) -> Self {
        let tab = chromium.open().await;
        let url = app.url().to_owned();
        tab.go(&format!("{url}/")).await;
        Self { tab, chromium, url }
    }

    /// Opens another tab at an address.
    pub async fn open(&self, url: &str) -> Tab {
        let tab = self.chromium.open().await;
        tab.go(url).await;
        tab
    }

    /// Signs in to the console.
    pub async fn sign_in(&self) {
        self.tab.fill(&the("textbox", "Admin key"), ADMIN_KEY).await;
        self.tab.click(&the("button", "Sign in")).await;
        self.tab.find(&the("button", "Sign out")).await;
    }

    /// Goes to a view of the console by its fragment, and waits until its heading is there.
    pub async fn view(&self, fragment: &str, heading: &str) {
        self.tab.go(&format!("{}/{fragment}", self.url)).await;
        self.tab.find(&the("heading", heading)).await;
    }

    /// Waits until a figure has a value: the text beside its name.
    pub async fn figure(&self, name: &str, value: &str) {
        let (name, value) = (json!(name), json!(value));
        let expression = format!(
            "[...document.querySelectorAll('dt')].find((one) => one.innerText === {name})
              ?.nextElementSibling.innerText.trim() === {value}"
        );
        self.tab.until_true(&expression).await;
    }

    /// Makes a picture for the README, if one is wanted: of what a small screen shows from some element on.
    pub async fn picture(&self, tab: &Tab, name: &str, from: &Wanted) {
        let Some(folder) = std::env::var_os(PICTURES) else { return };
        let folder = workspace().join(folder);
        std::fs::create_dir_all(&folder).unwrap();
        tab.to_front().await;
        tab.screen(900, 620, false).await;
        let from = tab.find(from).await;
        tab.apply(&from, "function () { this.scrollIntoView(); scrollBy(0, -48); }", json!([])).await;
        tab.picture(&folder.join(format!("{name}.png"))).await;
        tab.screen(1024, 768, false).await;
    }

    /// Waits until the trace that is shown tells when somebody was there, for how many minutes.
    pub async fn traced_minutes(&self, minutes: &str) {
        let trace = the("list", "Trace");
        for step in ["Joined", "Left", &format!("Was there {minutes}")] {
            self.tab.shows(&trace, step).await;
        }
    }

    /// Fails if a page wrote an error into the console, threw, or met the content security policy; if an answer was no
    /// success but those expected; if a component trapped, or logged something personal.
    pub fn assert_clean(&self, app: &App, refused: &[&str]) {
        assert_eq!(self.tab.complaints(), Vec::<String>::new());
        let mut unexpected = self.tab.refused();
        unexpected.retain(|one| !refused.contains(&one.as_str()));
        assert_eq!(unexpected, Vec::<String>::new());
        app.assert_no_trap();
        app.assert_nothing_personal();
    }
}
