//! A person at a browser, with the application and the stand-ins behind it.

use super::chromium::{Chromium, Tab, Wanted};
use crate::harness::App;
use fakes::stage::ADMIN_KEY;
use fakes::zoom::Options;

/// The application, and a browser with one tab.
pub struct Desk {
    /// The application and the stand-ins.
    pub app: App,
    /// The tab.
    pub tab: Tab,
    _chromium: Chromium,
}

/// A role with a name, as a screen reader tells them.
pub fn the(role: &str, name: &str) -> Wanted {
    Wanted::new(role, name)
}

impl Desk {
    /// Starts everything and opens the console, where nobody is signed in. None where there is no browser.
    pub async fn start() -> Option<Self> {
        let chromium = Chromium::start().await?;
        let app = App::start_with(Options { consent_page: true, ..Options::default() }, Default::default()).await;
        Some(Self::with(chromium, app).await)
    }

    /// A person at an application that runs already.
    pub async fn at(app: App) -> Option<Self> {
        let chromium = Chromium::start().await?;
        Some(Self::with(chromium, app).await)
    }

    async fn with(chromium: Chromium, app: App) -> Self {
        let tab = chromium.open().await;
        tab.go(&format!("{}/", app.url())).await;
        Self { app, tab, _chromium: chromium }
    }

    /// Signs in to the console.
    pub async fn sign_in(&self) {
        self.tab.fill(&the("textbox", "Admin key"), ADMIN_KEY).await;
        self.tab.click(&the("button", "Sign in")).await;
        self.tab.find(&the("button", "Sign out")).await;
    }

    /// Goes to a view of the console by its fragment, and waits until its heading is there.
    pub async fn view(&self, fragment: &str, heading: &str) {
        self.tab.go(&format!("{}/{fragment}", self.app.url())).await;
        self.tab.find(&the("heading", heading)).await;
    }

    /// Fails if a page wrote an error into the console, threw, or met the content security policy; if an answer was no
    /// success but those expected; if a component trapped, or logged something personal.
    pub fn assert_clean(&self, refused: &[&str]) {
        assert_eq!(self.tab.complaints(), Vec::<String>::new());
        let unexpected: Vec<String> =
            self.tab.refused().into_iter().filter(|one| !refused.contains(&one.as_str())).collect();
        assert_eq!(unexpected, Vec::<String>::new());
        self.app.assert_no_trap();
        self.app.assert_nothing_personal();
    }
}
