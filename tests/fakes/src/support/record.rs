//! The record of what a stand-in was asked and what it answered.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use http::HeaderMap;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::{lock, path_matches};

/// How many requests are kept; a demo may run for days, and no test makes this many.
const KEPT: usize = 50_000;
/// Bodies that are neither JSON nor a form are kept up to this length.
const KEPT_TEXT: usize = 4_096;
/// Headers worth keeping. Credentials are masked.
const KEPT_HEADERS: [&str; 6] =
    ["authorization", "content-type", "user-agent", "x-api-key", "x-callback-token", "accept"];

/// One request and its fate.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Position in the record, from 1.
    pub seq: u64,
    /// When it came, by the stand-in's clock.
    pub at: Timestamp,
    /// HTTP method.
    pub method: String,
    /// Path as it stood on the wire, still encoded.
    pub path: String,
    /// Query, decoded.
    pub query: BTreeMap<String, String>,
    /// The headers worth keeping.
    pub headers: BTreeMap<String, String>,
    /// JSON, a form as an object, or text.
    pub body: Value,
    /// The status answered; none while it is under way, or if the connection was dropped.
    pub status: Option<u16>,
    /// The fault that befell it.
    pub fault: Option<String>,
    /// Why it was refused.
    pub refusal: Option<String>,
}

/// Why a request was refused. A handler puts it among its response's extensions, and so into the record.
#[derive(Clone, Debug)]
pub struct Refusal(pub String);

/// The record. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    next: u64,
    entries: VecDeque<Entry>,
}

impl Log {
    /// Records a request before it is executed and returns its number.
    pub(super) fn open(&self, at: Timestamp, method: &str, uri: &http::Uri, headers: &HeaderMap, body: &[u8]) -> u64 {
        let mut kept = lock(&self.0);
        kept.next += 1;
        let seq = kept.next;
        let query = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        kept.entries.push_back(Entry {
            seq,
            at,
            method: method.to_owned(),
            path: uri.path().to_owned(),
            query,
            headers: headers_of_interest(headers),
            body: readable(headers, body),
            status: None,
            fault: None,
            refusal: None,
        });
        if kept.entries.len() > KEPT {
            kept.entries.pop_front();
        }
        seq
    }

    /// Notes the fault that befell a request.
    pub(super) fn note_fault(&self, seq: u64, fault: String) {
        self.amend(seq, |entry| entry.fault = Some(fault));
    }

    /// Notes the answer to a request.
    pub(super) fn close(&self, seq: u64, status: u16, refusal: Option<String>) {
        self.amend(seq, |entry| {
            entry.status = Some(status);
            entry.refusal = refusal;
        });
    }

    fn amend(&self, seq: u64, change: impl FnOnce(&mut Entry)) {
        let mut kept = lock(&self.0);
        if let Some(entry) = kept.entries.iter_mut().rev().find(|entry| entry.seq == seq) {
            change(entry);
        }
    }

    /// Every request, oldest first.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        lock(&self.0).entries.iter().cloned().collect()
    }

    /// The requests of a method whose raw path fits a pattern (see [`path_matches`]).
    #[must_use]
    pub fn matching(&self, method: &str, pattern: &str) -> Vec<Entry> {
        let fits = |entry: &&Entry| entry.method == method && path_matches(pattern, &entry.path);
        lock(&self.0).entries.iter().filter(fits).cloned().collect()
    }

    /// How many requests of a method had a raw path that fits a pattern.
    #[must_use]
    pub fn count(&self, method: &str, pattern: &str) -> usize {
        let fits = |entry: &&Entry| entry.method == method && path_matches(pattern, &entry.path);
        lock(&self.0).entries.iter().filter(fits).count()
    }

    /// The requests that were refused, whatever the reason.
    #[must_use]
    pub fn refused(&self) -> Vec<Entry> {
        lock(&self.0).entries.iter().filter(|entry| entry.refusal.is_some()).cloned().collect()
    }

    /// Forgets every request; numbering goes on.
    pub fn clear(&self) {
        lock(&self.0).entries.clear();
    }
}

fn headers_of_interest(headers: &HeaderMap) -> BTreeMap<String, String> {
    KEPT_HEADERS
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

/// Keeps the scheme and the last four characters: enough to tell two credentials apart.
fn masked(value: &str) -> String {
    let (scheme, secret) = value.split_once(' ').unwrap_or(("", value));
    let count = secret.chars().count();
    let tail: String = secret.chars().skip(count.saturating_sub(4)).collect();
    format!("{scheme} …{tail}").trim_start().to_owned()
}

fn readable(headers: &HeaderMap, body: &[u8]) -> Value {
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
        .unwrap_or_else(|_| String::from_utf8_lossy(body).chars().take(KEPT_TEXT).collect::<String>().into())
}
