//! A tab: navigation, waiting for what it shows, screenshots.

use super::pipe::Pipe;
use base64::Engine;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

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

/// A tab of the browser.
pub struct Tab {
    pub(super) pipe: Arc<Pipe>,
    pub(super) session: String,
}

impl Tab {
    pub(super) async fn of(pipe: Arc<Pipe>, session: &str) -> Self {
        let tab = Self { pipe, session: session.to_owned() };
        for domain in ["Page", "Runtime", "Log", "Network", "DOM", "Accessibility", "Audits"] {
            tab.call(&format!("{domain}.enable"), json!({})).await;
        }
        tab.call("Page.addScriptToEvaluateOnNewDocument", json!({"source": COUNTER})).await;
        // The same locale and time zone on every machine.
        tab.call("Emulation.setLocaleOverride", json!({"locale": "en-US"})).await;
        tab.call("Emulation.setTimezoneOverride", json!({"timezoneId": "Europe/Berlin"})).await;
        tab.set_viewport(1024, 768, false).await;
        tab
    }

    /// Calls a method that must succeed.
    pub(super) async fn call(&self, method: &str, parameters: Value) -> Value {
        self.try_call(method, parameters).await.unwrap()
    }

    pub(super) async fn try_call(&self, method: &str, parameters: Value) -> Result<Value, String> {
        self.pipe.call(Some(&self.session), method, parameters).await
    }

    /// Navigates to a URL and waits until the page is loaded.
    pub async fn go(&self, url: &str) {
        let mark = self.event_count();
        let answer = self.call("Page.navigate", json!({"url": url})).await;
        assert!(answer.get("errorText").is_none(), "{url}: {answer}");
        // Another fragment of the same page causes no load.
        if answer.get("loaderId").is_some() {
            self.wait_for_load_since(mark).await;
        }
    }

    /// Brings the tab to the front, as when a person selects it.
    pub async fn to_front(&self) {
        self.call("Page.bringToFront", json!({})).await;
    }

    /// Returns the number of events so far.
    pub(super) fn event_count(&self) -> usize {
        self.pipe.events(&self.session, usize::MAX).1
    }

    /// Waits for a page load after event number `mark`.
    pub(super) async fn wait_for_load_since(&self, mark: usize) {
        loop {
            let (events, count) = self.pipe.events(&self.session, mark);
            if events.iter().any(|event| event["method"] == "Page.loadEventFired") {
                return;
            }
            self.pipe.more_events(count).await;
        }
    }

    /// Evaluates an expression in the page and awaits a promise. Returns an error if the page throws or goes away.
    pub async fn try_evaluate(&self, expression: &str) -> Result<Value, String> {
        let parameters = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let mut answer = self.try_call("Runtime.evaluate", parameters).await?;
        match answer.get("exceptionDetails") {
            Some(thrown) => Err(thrown.to_string()),
            None => Ok(answer["result"]["value"].take()),
        }
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
            let change = tokio::time::timeout(left, self.try_evaluate_raw(&format!("__seen.after({count})"))).await;
            if change.is_err() {
                let shown = self.try_evaluate("location.href + '\\n' + document.body.innerText").await;
                panic!(
                    "timed out waiting for {what}; the page shows:\n{}",
                    shown.unwrap_or_default().as_str().unwrap_or("")
                );
            }
        }
    }

    /// Waits for a change. The end of the page counts as one.
    async fn try_evaluate_raw(&self, expression: &str) {
        let _ = self.try_evaluate(expression).await;
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
        let scale = if is_phone { 2 } else { 1 };
        let screen = json!({"width": width, "height": height, "deviceScaleFactor": scale, "mobile": is_phone});
        self.call("Emulation.setDeviceMetricsOverride", screen).await;
        self.call("Emulation.setTouchEmulationEnabled", json!({"enabled": is_phone})).await;
    }

    /// Sets the preferred color scheme: `light` or `dark`.
    pub async fn set_color_scheme(&self, scheme: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.call("Emulation.setEmulatedMedia", json!({"features": features})).await;
    }

    /// Writes a screenshot of the viewport.
    pub async fn screenshot(&self, file: &Path) {
        let answer = self.call("Page.captureScreenshot", json!({"format": "png"})).await;
        let bytes = base64::engine::general_purpose::STANDARD.decode(answer["data"].as_str().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    }

    /// Deletes all cookies, as if they had expired.
    pub async fn forget_cookies(&self) {
        self.call("Network.clearBrowserCookies", json!({})).await;
    }
}
