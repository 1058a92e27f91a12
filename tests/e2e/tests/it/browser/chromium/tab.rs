//! A tab: navigation, waiting for what it shows, screenshots.

use super::record::{Record, Unreadable};
use chromiumoxide::cdp::browser_protocol::accessibility;
use chromiumoxide::cdp::browser_protocol::audits;
use chromiumoxide::cdp::browser_protocol::emulation::{
    MediaFeature, SetDeviceMetricsOverrideParams, SetLocaleOverrideParams, SetTouchEmulationEnabledParams,
};
use chromiumoxide::cdp::browser_protocol::network::ClearBrowserCookiesParams;
use chromiumoxide::cdp::browser_protocol::page::EventLoadEventFired;
use chromiumoxide::page::ScreenshotParams;
use chromiumoxide::{Page, Result};
use futures::StreamExt;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// Counts the changes of each document, so that a caller can wait for the next change without missing it.
const COUNTER: &str = "(() => {
  let changes = 0, waiting = [];
  const changed = () => { changes += 1; for (const go of waiting.splice(0)) go(); };
  new MutationObserver(changed).observe(document,
    { subtree: true, childList: true, attributes: true, characterData: true });
  for (const name of ['input', 'change', 'focusin', 'hashchange']) addEventListener(name, changed, true);
  const seen = { count: () => changes, after: (count) => changes > count ? null : new Promise((go) => waiting.push(go)) };
  Object.defineProperty(window, '__seen', { value: seen });
})();";

/// How long to wait for a page. An idle view of the console polls once a minute.
const TIMEOUT: Duration = Duration::from_secs(150);

/// How long a call of the browser may take.
pub(super) const CALL_TIMEOUT: Duration = Duration::from_secs(60);

/// A tab of the browser.
pub struct Tab {
    pub(super) page: Page,
    pub(super) record: Record,
}

impl Tab {
    pub(super) async fn of(page: Page, unreadable: Unreadable) -> Result<Self> {
        let record = Record::of(&page, unreadable).await?;
        page.execute(accessibility::EnableParams::default()).await?;
        page.execute(audits::EnableParams::default()).await?;
        page.evaluate_on_new_document(COUNTER).await?;
        // The same locale and time zone on every machine.
        page.emulate_locale(SetLocaleOverrideParams::builder().locale("en-US").build()).await?;
        page.emulate_timezone("Europe/Berlin").await?;
        let tab = Self { page, record };
        tab.set_viewport(1024, 768, false).await;
        Ok(tab)
    }

    /// Navigates to a URL and waits until the page is loaded.
    pub async fn go(&self, url: &str) {
        let page = |url: &str| url.split('#').next().map(str::to_owned);
        // Another fragment of the same page causes no load, for which the crate would wait.
        if url.contains('#') && page(url) == page(&self.url().await) {
            self.evaluate(&format!("location.href = {}", json!(url))).await;
        } else {
            self.page.goto(url).await.unwrap();
        }
    }

    /// Brings the tab to the front, as when a person selects it.
    pub async fn to_front(&self) {
        self.page.bring_to_front().await.unwrap();
    }

    /// Performs an action that navigates, and waits until the new page is loaded.
    pub(super) async fn load_after(&self, action: impl Future<Output = ()>) {
        let mut loads = self.page.event_listener::<EventLoadEventFired>().await.unwrap();
        action.await;
        assert!(timeout(CALL_TIMEOUT, loads.next()).await.is_ok_and(|load| load.is_some()), "no page was loaded");
    }

    /// Evaluates an expression in the page and awaits a promise. Returns an error if the page throws or goes away.
    pub async fn try_evaluate(&self, expression: &str) -> Result<Value> {
        Ok(self.page.evaluate_expression(expression).await?.value().cloned().unwrap_or_default())
    }

    /// Evaluates an expression that must succeed.
    pub async fn evaluate(&self, expression: &str) -> Value {
        self.try_evaluate(expression).await.unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    /// Calls `look` after every change of the page until it returns a value; fails after the timeout.
    pub async fn wait_for<T, F: Future<Output = Option<T>>>(&self, what: &str, mut look: impl FnMut() -> F) -> T {
        let started = Instant::now();
        loop {
            // Between two documents there is no counter.
            let count = self.try_evaluate("__seen.count()").await.unwrap_or(json!(-1));
            if let Some(found) = look().await {
                return found;
            }
            let left = TIMEOUT.saturating_sub(started.elapsed());
            // The end of the page counts as a change.
            let change = timeout(left, self.try_evaluate(&format!("__seen.after({count})"))).await;
            if change.is_err() {
                let shown = self.try_evaluate("location.href + '\\n' + document.body.innerText").await;
                panic!(
                    "timed out waiting for {what}; the page shows:\n{}",
                    shown.unwrap_or_default().as_str().unwrap_or("")
                );
            }
        }
    }

    /// Waits until an expression is true in the page.
    pub async fn wait_for_expression(&self, expression: &str) {
        self.wait_for(expression, || async {
            self.try_evaluate(expression).await.is_ok_and(|value| value == true).then_some(())
        })
        .await;
    }

    /// Waits until the page shows a text.
    pub async fn wait_for_text(&self, text: &str) {
        let expression = format!("document.body.innerText.includes({})", json!(text));
        self.wait_for(text, || async {
            self.try_evaluate(&expression).await.is_ok_and(|value| value == true).then_some(())
        })
        .await;
    }

    /// Returns the text of the page.
    pub async fn page_text(&self) -> String {
        self.evaluate("document.body.innerText").await.as_str().unwrap().to_owned()
    }

    /// Returns the URL of the page.
    pub async fn url(&self) -> String {
        self.evaluate("location.href").await.as_str().unwrap().to_owned()
    }

    /// Sets the size of the viewport.
    pub async fn set_viewport(&self, width: u32, height: u32, is_phone: bool) {
        let scale = if is_phone { 2.0 } else { 1.0 };
        let screen = SetDeviceMetricsOverrideParams::new(width, height, scale, is_phone);
        self.page.execute(screen).await.unwrap();
        self.page.execute(SetTouchEmulationEnabledParams::new(is_phone)).await.unwrap();
    }

    /// Sets the preferred color scheme: `light` or `dark`.
    pub async fn set_color_scheme(&self, scheme: &str) {
        self.page.emulate_media_features(vec![MediaFeature::new("prefers-color-scheme", scheme)]).await.unwrap();
    }

    /// Writes a screenshot of the viewport.
    pub async fn screenshot(&self, file: &Path) {
        self.page.save_screenshot(ScreenshotParams::default(), file).await.unwrap();
    }

    /// Deletes all cookies, as if they had expired.
    pub async fn forget_cookies(&self) {
        self.page.execute(ClearBrowserCookiesParams::default()).await.unwrap();
    }
}
