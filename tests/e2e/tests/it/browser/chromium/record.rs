//! What went wrong on the pages of a tab, and what they loaded.

use super::Tab;
use serde_json::Value;
use std::collections::BTreeMap;

/// Something that a page loaded.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// Its address.
    pub url: String,
    /// `Document`, `Script`, `Stylesheet`, `Fetch`...
    pub kind: String,
    /// The method.
    pub method: String,
    /// What made the browser load it: `parser` for the HTML itself, `script` for code.
    pub initiator: String,
    /// The address of what made the browser load it.
    pub initiator_url: String,
    /// The status; 0 when there was no answer.
    pub status: u64,
    /// All bytes of the answer on the wire, headers and all.
    pub bytes: u64,
    /// `Content-Encoding`; empty if there is none.
    pub encoding: String,
}

impl Tab {
    /// Errors and warnings in the console, exceptions, and violations of the content security policy. Answers that say
    /// 4xx or 5xx, which the browser logs too, are in [`Tab::refused`].
    pub fn complaints(&self) -> Vec<String> {
        let (events, _) = self.pipe.events(&self.session, 0);
        events.iter().filter_map(complaint).collect()
    }

    /// Waits for a complaint that tells something.
    pub async fn complains(&self, of: &str) {
        loop {
            let (events, count) = self.pipe.events(&self.session, 0);
            if events.iter().filter_map(complaint).any(|complaint| complaint.contains(of)) {
                return;
            }
            self.pipe.more_events(count).await;
        }
    }

    /// What the pages of this tab loaded, in order.
    pub fn loaded(&self) -> Vec<Loaded> {
        let (events, _) = self.pipe.events(&self.session, 0);
        loaded(&events)
    }

    /// The answers that were no success: method, path and status of each.
    pub fn refused(&self) -> Vec<String> {
        let path = |url: &str| url.splitn(4, '/').nth(3).unwrap_or_default().to_owned();
        let refused = self.loaded().into_iter().filter(|one| one.status >= 400);
        refused.map(|one| format!("{} /{} {}", one.method, path(&one.url), one.status)).collect()
    }
}

fn complaint(event: &Value) -> Option<String> {
    let parameters = &event["params"];
    match event["method"].as_str()? {
        "Runtime.exceptionThrown" => Some(parameters["exceptionDetails"].to_string()),
        "Runtime.consoleAPICalled" => {
            let is_bad = matches!(parameters["type"].as_str()?, "error" | "warning" | "assert");
            is_bad.then(|| parameters["args"].to_string())
        }
        "Log.entryAdded" => {
            let entry = &parameters["entry"];
            let is_bad = matches!(entry["level"].as_str()?, "error" | "warning");
            let is_answer = entry["source"] == "network" && entry["text"].as_str()?.contains("status of");
            (is_bad && !is_answer).then(|| format!("{} {}", entry["text"], entry["url"]))
        }
        "Audits.issueAdded" => {
            let issue = &parameters["issue"];
            (issue["code"] == "ContentSecurityPolicyIssue").then(|| issue["details"].to_string())
        }
        // A dialog that a page opens, such as an alert, would stop everything.
        "Page.javascriptDialogOpening" => Some(format!("a dialog: {}", parameters["message"])),
        _ => None,
    }
}

fn loaded(events: &[Value]) -> Vec<Loaded> {
    let mut order = Vec::new();
    let mut requests: BTreeMap<String, Loaded> = BTreeMap::new();
    for event in events {
        let parameters = &event["params"];
        let Some(id) = parameters["requestId"].as_str() else { continue };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match event["method"].as_str().unwrap_or_default() {
            "Network.requestWillBeSent" => {
                let initiator = &parameters["initiator"];
                let stack = &initiator["stack"]["callFrames"][0]["url"];
                let one = Loaded {
                    url: text(&parameters["request"]["url"]),
                    method: text(&parameters["request"]["method"]),
                    kind: text(&parameters["type"]),
                    initiator: text(&initiator["type"]),
                    initiator_url: text(if stack.is_string() { stack } else { &initiator["url"] }),
                    ..Loaded::default()
                };
                // A redirect is the same request once more.
                if requests.insert(id.to_owned(), one).is_none() {
                    order.push(id.to_owned());
                }
            }
            "Network.responseReceived" => {
                let response = &parameters["response"];
                let headers = response["headers"].as_object().into_iter().flatten();
                let encoding = headers.filter(|(name, _)| name.eq_ignore_ascii_case("content-encoding"));
                let encoding = encoding.map(|(_, value)| text(value)).next().unwrap_or_default();
                if let Some(one) = requests.get_mut(id) {
                    one.status = response["status"].as_u64().unwrap_or_default();
                    one.encoding = encoding;
                }
            }
            "Network.loadingFinished" => {
                if let Some(one) = requests.get_mut(id) {
                    one.bytes = parameters["encodedDataLength"].as_f64().unwrap_or_default() as u64;
                }
            }
            _ => {}
        }
    }
    order.iter().filter_map(|id| requests.remove(id)).filter(|one| one.url.starts_with("http")).collect()
}
