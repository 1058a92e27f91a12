//! Errors of a tab's pages, and the requests that they made.

use super::tab::Tab;
use crate::harness::wait_for;
use chromiumoxide::cdp::IntoEventKind;
use chromiumoxide::cdp::browser_protocol::audits::{EventIssueAdded, InspectorIssueCode};
use chromiumoxide::cdp::browser_protocol::log::{EventEntryAdded, LogEntryLevel, LogEntrySource};
use chromiumoxide::cdp::browser_protocol::network::{
    EventLoadingFinished, EventRequestWillBeSent, EventResponseReceived, Response,
};
use chromiumoxide::cdp::browser_protocol::page::EventJavascriptDialogOpening;
use chromiumoxide::cdp::js_protocol::runtime::{ConsoleApiCalledType, EventConsoleApiCalled, EventExceptionThrown};
use chromiumoxide::{Page, Result};
use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt};
use serde_json::json;
use std::collections::HashSet;
use std::sync::{Arc, Mutex};

/// A request of a page.
#[derive(Debug, Clone)]
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
    pub status: i64,
    /// Bytes of the response on the wire, including headers.
    pub bytes: u64,
    /// `Content-Encoding`; empty if there is none.
    pub encoding: String,
}

/// What happened in a tab.
pub(super) struct Record {
    errors: Events<Option<String>>,
    sent: Events<Arc<EventRequestWillBeSent>>,
    received: Events<Arc<EventResponseReceived>>,
    finished: Events<Arc<EventLoadingFinished>>,
    unreadable: Unreadable,
}

/// The stream of some events, and the events that were read from it.
struct Events<T>(Mutex<(BoxStream<'static, T>, Vec<T>)>);

impl<T: Clone> Events<T> {
    fn new(stream: BoxStream<'static, T>) -> Self {
        Self(Mutex::new((stream, Vec::new())))
    }

    /// Returns all events so far.
    fn all(&self) -> Vec<T> {
        let (stream, seen) = &mut *self.0.lock().unwrap();
        while let Some(Some(event)) = stream.next().now_or_never() {
            seen.push(event);
        }
        seen.clone()
    }
}

/// The messages of a browser that is newer than the crate and uses values that the crate does not know.
#[derive(Clone, Default)]
pub(super) struct Unreadable(Arc<Mutex<Vec<String>>>);

impl Unreadable {
    pub(super) fn add(&self, message: String) {
        self.0.lock().unwrap().push(message);
    }

    /// Returns the events that a record would otherwise miss.
    fn events(&self) -> Vec<String> {
        let mut events = self.0.lock().unwrap().clone();
        events.retain(|message| METHODS.iter().any(|method| message.contains(&format!("\"{method}\""))));
        events
    }
}

/// The events of a record.
const METHODS: [&str; 8] = [
    EventExceptionThrown::IDENTIFIER,
    EventConsoleApiCalled::IDENTIFIER,
    EventEntryAdded::IDENTIFIER,
    EventIssueAdded::IDENTIFIER,
    EventJavascriptDialogOpening::IDENTIFIER,
    EventRequestWillBeSent::IDENTIFIER,
    EventResponseReceived::IDENTIFIER,
    EventLoadingFinished::IDENTIFIER,
];

impl Record {
    pub(super) async fn of(page: &Page, unreadable: Unreadable) -> Result<Self> {
        let errors = [
            errors(page, |event: &EventExceptionThrown| Some(json!(event.exception_details).to_string())).await?,
            errors(page, console_error).await?,
            errors(page, log_error).await?,
            errors(page, policy_violation).await?,
            // A dialog such as an alert would block the page.
            errors(page, |event: &EventJavascriptDialogOpening| Some(format!("a dialog: {}", event.message))).await?,
        ];
        Ok(Self {
            errors: Events::new(stream::select_all(errors).boxed()),
            sent: Events::new(page.event_listener().await?.boxed()),
            received: Events::new(page.event_listener().await?.boxed()),
            finished: Events::new(page.event_listener().await?.boxed()),
            unreadable,
        })
    }

    fn requests(&self) -> Vec<Request> {
        let (sent, received, finished) = (self.sent.all(), self.received.all(), self.finished.all());
        // A redirect repeats the request id: the first event decides the order, the last one the content.
        let mut known = HashSet::new();
        let ids = sent.iter().map(|event| &event.request_id).filter(|id| known.insert(*id));
        let requests = ids.filter_map(|id| {
            let event = sent.iter().rfind(|event| event.request_id == *id)?;
            let response = received.iter().rfind(|event| event.request_id == *id).map(|event| &event.response);
            let bytes = finished.iter().rfind(|event| event.request_id == *id).map(|event| event.encoded_data_length);
            Some(Request::of(event, response, bytes.unwrap_or_default() as u64))
        });
        requests.filter(|one| one.url.starts_with("http")).collect()
    }
}

impl Request {
    fn of(event: &EventRequestWillBeSent, response: Option<&Response>, bytes: u64) -> Self {
        let headers = response.and_then(|response| response.headers.inner().as_object()).into_iter().flatten();
        let mut encoding = headers.filter(|(name, _)| name.eq_ignore_ascii_case("content-encoding"));
        let encoding = encoding.next().and_then(|(_, value)| value.as_str());
        let initiator = &event.initiator;
        let caller = initiator.stack.as_ref().and_then(|stack| stack.call_frames.first());
        Self {
            url: event.request.url.clone(),
            kind: event.r#type.as_ref().map_or("", AsRef::as_ref).to_owned(),
            method: event.request.method.clone(),
            initiator: initiator.r#type.as_ref().to_owned(),
            initiator_url: caller.map(|caller| &caller.url).or(initiator.url.as_ref()).cloned().unwrap_or_default(),
            status: response.map_or(0, |response| response.status),
            bytes,
            encoding: encoding.unwrap_or_default().to_owned(),
        }
    }
}

/// Returns the errors among the events of one kind.
async fn errors<T: IntoEventKind + Send + Sync + Unpin + 'static>(
    page: &Page,
    error: impl Fn(&T) -> Option<String> + Send + 'static,
) -> Result<BoxStream<'static, Option<String>>> {
    Ok(page.event_listener::<T>().await?.map(move |event| error(&event)).boxed())
}

fn console_error(event: &EventConsoleApiCalled) -> Option<String> {
    use ConsoleApiCalledType::{Assert, Error, Warning};
    matches!(event.r#type, Error | Warning | Assert).then(|| json!(event.args).to_string())
}

fn log_error(event: &EventEntryAdded) -> Option<String> {
    let entry = &event.entry;
    let is_bad = matches!(entry.level, LogEntryLevel::Error | LogEntryLevel::Warning);
    let is_answer = entry.source == LogEntrySource::Network && entry.text.contains("status of");
    (is_bad && !is_answer).then(|| format!("{} {}", entry.text, entry.url.as_deref().unwrap_or_default()))
}

fn policy_violation(event: &EventIssueAdded) -> Option<String> {
    let is_violation = event.issue.code == InspectorIssueCode::ContentSecurityPolicyIssue;
    is_violation.then(|| json!(event.issue.details).to_string())
}

impl Tab {
    /// Returns errors and warnings of the console, exceptions, and violations of the content security policy. Responses
    /// with 4xx or 5xx, which the browser also logs, are in [`Tab::failed_requests`].
    pub fn page_errors(&self) -> Vec<String> {
        self.record.errors.all().into_iter().flatten().chain(self.record.unreadable.events()).collect()
    }

    /// Waits for an error that contains a text.
    pub async fn wait_for_page_error(&self, of: &str) {
        wait_for(of, || async { self.page_errors().iter().any(|error| error.contains(of)).then_some(()) }).await;
    }

    /// Returns the requests of this tab's pages, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.record.requests()
    }

    /// Returns method, path and status of each response with 4xx or 5xx.
    pub fn failed_requests(&self) -> Vec<String> {
        let path = |url: &str| url.splitn(4, '/').nth(3).unwrap_or_default().to_owned();
        let refused = self.requests().into_iter().filter(|one| one.status >= 400);
        refused.map(|one| format!("{} /{} {}", one.method, path(&one.url), one.status)).collect()
    }
}
