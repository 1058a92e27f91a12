//! Errors of a tab's pages, and the requests that they made.

use super::tab::Tab;
use serde_json::Value;
use std::collections::BTreeMap;

/// A request of a page.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Its URL.
    pub url: String,
    /// `Document`, `Script`, `Stylesheet`, `Fetch`...
    pub kind: String,
    /// The method.
    pub method: String,
    /// What caused the request: `parser` for the HTML, `script` for code.
    pub initiator: String,
    /// The URL of what caused the request.
    pub initiator_url: String,
    /// The status; 0 without a response.
    pub status: u64,
    /// Bytes of the response on the wire, including headers.
    pub bytes: u64,
    /// `Content-Encoding`; empty if there is none.
    pub encoding: String,
}

impl Tab {
    /// Returns errors and warnings of the console, exceptions, and violations of the content security policy. Responses
    /// with 4xx or 5xx, which the browser also logs, are in [`Tab::failed_requests`].
    pub fn page_errors(&self) -> Vec<String> {
        let (events, _) = self.pipe.events(&self.session, 0);
        events.iter().filter_map(page_error).collect()
    }

    /// Waits for an error that contains a text.
    pub async fn wait_for_page_error(&self, of: &str) {
        loop {
            let (events, count) = self.pipe.events(&self.session, 0);
            if events.iter().filter_map(page_error).any(|page_error| page_error.contains(of)) {
                return;
            }
            self.pipe.more_events(count).await;
        }
    }

    /// Returns the requests of this tab's pages, in order.
    pub fn requests(&self) -> Vec<Request> {
        let (events, _) = self.pipe.events(&self.session, 0);
        requests(&events)
    }

    /// Returns method, path and status of each response with 4xx or 5xx.
    pub fn failed_requests(&self) -> Vec<String> {
        let path = |url: &str| url.splitn(4, '/').nth(3).unwrap_or_default().to_owned();
        let refused = self.requests().into_iter().filter(|one| one.status >= 400);
        refused.map(|one| format!("{} /{} {}", one.method, path(&one.url), one.status)).collect()
    }
}

fn page_error(event: &Value) -> Option<String> {
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
        // A dialog such as an alert would block the page.
        "Page.javascriptDialogOpening" => Some(format!("a dialog: {}", parameters["message"])),
        _ => None,
    }
}

fn requests(events: &[Value]) -> Vec<Request> {
    let mut order = Vec::new();
    let mut requests: BTreeMap<String, Request> = BTreeMap::new();
    for event in events {
        let parameters = &event["params"];
        let Some(id) = parameters["requestId"].as_str() else { continue };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match event["method"].as_str().unwrap_or_default() {
            "Network.requestWillBeSent" => {
                let initiator = &parameters["initiator"];
                let stack = &initiator["stack"]["callFrames"][0]["url"];
                let one = Request {
                    url: text(&parameters["request"]["url"]),
                    method: text(&parameters["request"]["method"]),
                    kind: text(&parameters["type"]),
                    initiator: text(&initiator["type"]),
                    initiator_url: text(if stack.is_string() { stack } else { &initiator["url"] }),
                    ..Request::default()
                };
                // A redirect repeats the request id.
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
