//! The log of the requests to a fake and of its responses.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use http::HeaderMap;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::support::fault_injection::path_matches;
use crate::support::sync::lock;

/// Maximum number of requests in the log. It bounds memory when a demo runs for days.
const MAX_ENTRIES: usize = 50_000;
/// Maximum number of characters of a body that is neither JSON nor a form.
const MAX_TEXT_LENGTH: usize = 4_096;
/// The headers that the log keeps. Credentials are masked.
const LOGGED_HEADERS: [&str; 6] =
    ["authorization", "content-type", "user-agent", "x-api-key", "x-callback-token", "accept"];

/// A logged request and its response.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Position in the log, from 1.
    pub seq: u64,
    /// When the request arrived, by the clock of the fake.
    pub at: Timestamp,
    /// HTTP method.
    pub method: String,
    /// Raw path, still percent-encoded.
    pub path: String,
    /// Query, decoded.
    pub query: BTreeMap<String, String>,
    /// The headers that the log keeps.
    pub headers: BTreeMap<String, String>,
    /// JSON, a form as a JSON object, or text.
    pub body: Value,
    /// Status of the response; none while the request is in progress or if the connection was dropped.
    pub status: Option<u16>,
    /// The fault that hit the request.
    pub fault: Option<String>,
    /// Why the request was rejected.
    pub refusal: Option<String>,
    /// When the request began and ended, as positions among all beginnings and ends.
    #[serde(skip)]
    pub(super) span: (u64, Option<u64>),
}

/// Why a request was rejected. Handlers add it to the extensions of the response, from which it is logged.
#[derive(Clone, Debug)]
pub struct RefusalReason(pub String);

/// The request log. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<LogState>>);

#[derive(Debug, Default)]
struct LogState {
    next: u64,
    /// Number of beginnings and ends of requests.
    moments: u64,
    entries: VecDeque<Entry>,
}

impl Log {
    /// Logs a request before it is executed and returns its position.
    pub(super) fn open(&self, at: Timestamp, method: &str, uri: &http::Uri, headers: &HeaderMap, body: &[u8]) -> u64 {
        let mut state = lock(&self.0);
        state.next += 1;
        state.moments += 1;
        let begun = state.moments;
        let seq = state.next;
        let query = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        state.entries.push_back(Entry {
            seq,
            at,
            method: method.to_owned(),
            path: uri.path().to_owned(),
            query,
            headers: logged_headers(headers),
            body: logged_body(headers, body),
            status: None,
            fault: None,
            refusal: None,
            span: (begun, None),
        });
        if state.entries.len() > MAX_ENTRIES {
            state.entries.pop_front();
        }
        seq
    }

    /// Logs the fault that hit a request.
    pub(super) fn note_fault(&self, seq: u64, fault: String) {
        self.amend(seq, |entry, _| entry.fault = Some(fault));
    }

    /// Logs the response to a request.
    pub(super) fn close(&self, seq: u64, status: u16, refusal: Option<String>) {
        self.amend(seq, |entry, moment| {
            entry.span.1 = Some(moment);
            entry.status = Some(status);
            entry.refusal = refusal;
        });
    }

    fn amend(&self, seq: u64, change: impl FnOnce(&mut Entry, u64)) {
        let mut state = lock(&self.0);
        state.moments += 1;
        let moment = state.moments;
        if let Some(entry) = state.entries.iter_mut().rev().find(|entry| entry.seq == seq) {
            change(entry, moment);
        }
    }

    /// Returns every request, oldest first.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        lock(&self.0).entries.iter().cloned().collect()
    }

    /// Returns the requests with a method and a path pattern (see [`path_matches`]).
    #[must_use]
    pub fn matching(&self, method: &str, pattern: &str) -> Vec<Entry> {
        let fits = |entry: &&Entry| entry.method == method && path_matches(pattern, &entry.path);
        lock(&self.0).entries.iter().filter(fits).cloned().collect()
    }

    /// Returns the number of requests with a method and a path pattern (see [`path_matches`]).
    #[must_use]
    pub fn count(&self, method: &str, pattern: &str) -> usize {
        let fits = |entry: &&Entry| entry.method == method && path_matches(pattern, &entry.path);
        lock(&self.0).entries.iter().filter(fits).count()
    }

    /// Returns the maximum number of such requests that were in progress at once.
    #[must_use]
    pub fn most_at_once(&self, method: &str, pattern: &str) -> usize {
        let spans: Vec<_> = self.matching(method, pattern).iter().map(|entry| entry.span).collect();
        let in_progress_at = |at: u64| {
            spans.iter().filter(|(begun, ended)| *begun <= at && ended.is_none_or(|ended| at < ended)).count()
        };
        spans.iter().map(|(begun, _)| in_progress_at(*begun)).max().unwrap_or_default()
    }

    /// Returns the requests that were rejected for any reason.
    #[must_use]
    pub fn refused(&self) -> Vec<Entry> {
        lock(&self.0).entries.iter().filter(|entry| entry.refusal.is_some()).cloned().collect()
    }

    /// Removes every request; the positions continue.
    pub fn clear(&self) {
        lock(&self.0).entries.clear();
    }
}

fn logged_headers(headers: &HeaderMap) -> BTreeMap<String, String> {
    LOGGED_HEADERS
        .iter()
        .filter_map(|name| Some((*name, headers.get(*name)?.to_str().ok()?)))
        .map(|(name, value)| {
            let shown = match name {
                "authorization" | "x-api-key" | "x-callback-token" => masked(value),
                _ => value.to_owned(),
            };
            (name.to_owned(), shown)
        })
        .collect()
}

/// Masks a credential except for its scheme and last four characters, which are enough to distinguish two of them.
fn masked(value: &str) -> String {
    let (scheme, secret) = value.split_once(' ').unwrap_or(("", value));
    let count = secret.chars().count();
    let tail: String = secret.chars().skip(count.saturating_sub(4)).collect();
    format!("{scheme} …{tail}").trim_start().to_owned()
}

fn logged_body(headers: &HeaderMap, body: &[u8]) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    let content_type = headers.get(http::header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if content_type.starts_with("application/x-www-form-urlencoded") {
        return url::form_urlencoded::parse(body)
            .map(|(name, value)| (name.into_owned(), Value::from(value.into_owned())))
            .collect::<serde_json::Map<_, _>>()
            .into();
    }
    serde_json::from_slice(body)
        .unwrap_or_else(|_| String::from_utf8_lossy(body).chars().take(MAX_TEXT_LENGTH).collect::<String>().into())
}
