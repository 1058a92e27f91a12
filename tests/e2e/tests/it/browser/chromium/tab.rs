//! A tab: going somewhere, waiting for what it shows, pictures of it.

use super::pipe::Pipe;
use base64::Engine;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Counts what changes in each document, so that one can wait for the next change without missing it.
const COUNTER: &str = "(() => {
  let changes = 0, waiting = [];
  const changed = () => { changes += 1; for (const go of waiting.splice(0)) go(); };
  new MutationObserver(changed).observe(document,
    { subtree: true, childList: true, attributes: true, characterData: true });
  for (const name of ['input', 'change', 'focusin', 'hashchange']) addEventListener(name, changed, true);
  const seen = { count: () => changes, after: (count) => changes > count ? null : new Promise((go) => waiting.push(go)) };
  Object.defineProperty(window, '__seen', { value: seen });
})();";

/// What a page does not show by then it never shows: an idle view of the console looks once a minute.
const AWAITED: Duration = Duration::from_secs(150);

/// A tab.
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
        // The same picture of time and language wherever the tests run.
        tab.call("Emulation.setLocaleOverride", json!({"locale": "en-US"})).await;
        tab.call("Emulation.setTimezoneOverride", json!({"timezoneId": "Europe/Berlin"})).await;
        tab.screen(1024, 768, false).await;
        tab
    }

    /// Calls a method that must succeed.
    pub(super) async fn call(&self, method: &str, parameters: Value) -> Value {
        self.try_call(method, parameters).await.unwrap()
    }

    pub(super) async fn try_call(&self, method: &str, parameters: Value) -> Result<Value, String> {
        self.pipe.call(Some(&self.session), method, parameters).await
    }

    /// Goes to an address and waits until the page is loaded.
    pub async fn go(&self, url: &str) {
        let mark = self.mark();
        let answer = self.call("Page.navigate", json!({"url": url})).await;
        assert!(answer.get("errorText").is_none(), "{url}: {answer}");
        // Another fragment of the same page is not loaded.
        if answer.get("loaderId").is_some() {
            self.loaded_since(mark).await;
        }
    }

    /// Comes to the front, as when a person chooses the tab.
    pub async fn to_front(&self) {
        self.call("Page.bringToFront", json!({})).await;
    }

    /// The number of events until now.
    pub(super) fn mark(&self) -> usize {
        self.pipe.events(&self.session, usize::MAX).1
    }

    /// Waits until a page has been loaded since a mark.
    pub(super) async fn loaded_since(&self, mark: usize) {
        loop {
            let (events, count) = self.pipe.events(&self.session, mark);
            if events.iter().any(|event| event["method"] == "Page.loadEventFired") {
                return;
            }
            self.pipe.more_events(count).await;
        }
    }

    /// Evaluates an expression in the page; a promise is waited for. An error is the page's exception, or that the page
    /// went away meanwhile.
    pub async fn try_evaluate(&self, expression: &str) -> Result<Value, String> {
        let parameters = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let mut answer = self.try_call("Runtime.evaluate", parameters).await?;
        match answer.get("exceptionDetails") {
            Some(thrown) => Err(thrown.to_string()),
            None => Ok(answer["result"]["value"].take()),
        }
    }

    /// The same of what must work.
    pub async fn evaluate(&self, expression: &str) -> Value {
        self.try_evaluate(expression).await.unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    /// Looks again after every change of the page until something is there; fails when it does not come.
    pub async fn until<T, F: Future<Output = Option<T>>>(&self, what: &str, mut look: impl FnMut() -> F) -> T {
        let begun = Instant::now();
        loop {
            // Between two documents there is nothing to count in.
            let count = self.try_evaluate("__seen.count()").await.unwrap_or(json!(-1));
            if let Some(found) = look().await {
                return found;
            }
            let left = AWAITED.saturating_sub(begun.elapsed());
            let change = tokio::time::timeout(left, self.try_evaluate_raw(&format!("__seen.after({count})"))).await;
            if change.is_err() {
                let shown = self.try_evaluate("location.href + '\\n' + document.body.innerText").await;
                panic!(
                    "waited in vain for {what}; the page shows:\n{}",
                    shown.unwrap_or_default().as_str().unwrap_or("")
                );
            }
        }
    }

    /// Waits for a change; that the page went away is one.
    async fn try_evaluate_raw(&self, expression: &str) {
        let _ = self.try_evaluate(expression).await;
    }

    /// Waits until an expression is true in the page.
    pub async fn until_true(&self, expression: &str) {
        self.until(expression, || async {
            self.try_evaluate(expression).await.is_ok_and(|value| value == true).then_some(())
        })
        .await;
    }

    /// Waits until an element shows a text.
    pub async fn shows(&self, wanted: &super::Wanted, text: &str) {
        self.until(&format!("{text} in {wanted:?}"), || async {
            for element in self.all(wanted).await {
                if self.try_words(&element).await.is_ok_and(|words| words.contains(text)) {
                    return Some(());
                }
            }
            None
        })
        .await;
    }

    /// What an element shows.
    pub async fn words(&self, element: &super::Element) -> String {
        self.try_words(element).await.unwrap()
    }

    async fn try_words(&self, element: &super::Element) -> Result<String, String> {
        let words = self.try_apply(element, "function () { return this.innerText; }", json!([])).await?;
        Ok(words.as_str().unwrap_or_default().to_owned())
    }

    /// Waits until the page shows a text.
    pub async fn sees(&self, text: &str) {
        let expression = format!("document.body.innerText.includes({})", json!(text));
        self.until(text, || async {
            self.try_evaluate(&expression).await.is_ok_and(|value| value == true).then_some(())
        })
        .await;
    }

    /// What the page shows.
    pub async fn text(&self) -> String {
        self.evaluate("document.body.innerText").await.as_str().unwrap().to_owned()
    }

    /// Where it is.
    pub async fn url(&self) -> String {
        self.evaluate("location.href").await.as_str().unwrap().to_owned()
    }

    /// Gives the tab the size of some screen.
    pub async fn screen(&self, width: u32, height: u32, is_phone: bool) {
        let scale = if is_phone { 2 } else { 1 };
        let screen = json!({"width": width, "height": height, "deviceScaleFactor": scale, "mobile": is_phone});
        self.call("Emulation.setDeviceMetricsOverride", screen).await;
        self.call("Emulation.setTouchEmulationEnabled", json!({"enabled": is_phone})).await;
    }

    /// Prefers a colour scheme: `light` or `dark`.
    pub async fn scheme(&self, scheme: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.call("Emulation.setEmulatedMedia", json!({"features": features})).await;
    }

    /// Writes a picture of what the screen shows.
    pub async fn picture(&self, file: &Path) {
        let answer = self.call("Page.captureScreenshot", json!({"format": "png"})).await;
        let bytes = base64::engine::general_purpose::STANDARD.decode(answer["data"].as_str().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    }

    /// Forgets all cookies, as when they lapse.
    pub async fn forget_cookies(&self) {
        self.call("Network.clearBrowserCookies", json!({})).await;
    }
}
