//! The fault of a case, and what Zoom gets to see.

use super::case::{Call, Case, Lasting, counts_at_zoom};
use bytes::Bytes;
use domain::time::{Timestamp, UtcDay};
use http::Request;
use platform::memory::Memory;
use platform::rehearsal::{Access, Effect, Script};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Mutex;

/// The fault of a case, and what came of it.
pub(super) struct Faults {
    case: Case,
    memory: Memory,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// No fault strikes while this is so.
    is_paused: bool,
    is_primed: bool,
    seen: u32,
    began: Option<Timestamp>,
    /// Add calls by folded address and day, as Zoom counts them.
    counted: HashMap<(String, UtcDay), u32>,
    /// Add calls that were carried out, by folded address.
    added: HashMap<String, u32>,
}

impl Faults {
    pub(super) fn new(case: Case, memory: &Memory) -> Self {
        Self { case, memory: memory.clone(), state: Mutex::default() }
    }

    pub(super) fn pause(&self, is_paused: bool) {
        self.state.lock().unwrap().is_paused = is_paused;
    }

    pub(super) fn has_struck(&self) -> bool {
        self.state.lock().unwrap().began.is_some()
    }

    /// The most add calls that Zoom counted for one address on one day.
    pub(super) fn most_adds_a_day(&self) -> u32 {
        self.state.lock().unwrap().counted.values().copied().max().unwrap_or_default()
    }

    /// How many add calls were carried out for an address.
    pub(super) fn added(&self, email: &str) -> u32 {
        self.state.lock().unwrap().added.get(&email.to_lowercase()).copied().unwrap_or_default()
    }

    /// What befalls a call now.
    fn strike(&self, call: Call) -> Option<Effect> {
        let now = self.memory.ports().clock.now();
        let mut state = self.state.lock().unwrap();
        if state.is_paused {
            return None;
        }
        if call == Call::Add && !state.is_primed {
            state.is_primed = true;
            if self.case.primer.is_some() {
                return self.case.primer;
            }
        }
        if call != self.case.call {
            return None;
        }
        state.seen += 1;
        if state.seen == self.case.nth {
            state.began = Some(now);
            return Some(self.case.effect);
        }
        let lasts = state.began.is_some_and(|began| now < began + self.case.length());
        (lasts && self.case.lasting != Lasting::Once).then_some(self.case.effect)
    }

    fn note_counted(&self, request: &Request<Bytes>, effect: Option<Effect>) {
        if is_add(request) && effect.is_none_or(counts_at_zoom) {
            let day = self.memory.ports().clock.now().utc_day();
            *self.state.lock().unwrap().counted.entry((address(request), day)).or_default() += 1;
        }
    }

    fn note_added(&self, request: &Request<Bytes>) {
        if is_add(request) {
            *self.state.lock().unwrap().added.entry(address(request)).or_default() += 1;
        }
    }
}

impl Script for Faults {
    fn of_request(&self, request: &Request<Bytes>) -> Option<Effect> {
        let effect = Call::of_request(request.method(), request.uri()).and_then(|call| self.strike(call));
        self.note_counted(request, effect);
        effect
    }

    fn of_store(&self, access: Access, key: &str) -> Option<Effect> {
        let call = match access {
            Access::Get => Call::of_get(key),
            Access::Set => Call::of_set(key),
            Access::Delete => Call::of_delete(key),
            Access::List => None,
        };
        call.and_then(|call| self.strike(call))
    }

    fn carried_out(&self, request: &Request<Bytes>) {
        self.note_added(request);
    }
}

fn is_add(request: &Request<Bytes>) -> bool {
    Call::of_request(request.method(), request.uri()) == Some(Call::Add)
}

fn address(request: &Request<Bytes>) -> String {
    let body: Value = serde_json::from_slice(request.body()).unwrap();
    body["email"].as_str().unwrap().to_lowercase()
}
