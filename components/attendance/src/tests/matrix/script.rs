//! The fault of a case, and how often each call was made.

use super::case::{Call, Case, Lasting};
use bytes::Bytes;
use domain::time::Timestamp;
use http::Request;
use platform::memory::Memory;
use platform::rehearsal::{Access, Effect, Script};
use std::sync::Mutex;

/// What befalls whom. Without a case, nothing.
pub(super) struct Faults {
    case: Option<Case>,
    memory: Memory,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    seen: u32,
    began: Option<Timestamp>,
    calls: Vec<Call>,
}

impl Faults {
    pub(super) fn new(case: Option<Case>, memory: &Memory) -> Self {
        Self { case, memory: memory.clone(), state: Mutex::default() }
    }

    pub(super) fn has_struck(&self) -> bool {
        self.state.lock().unwrap().began.is_some()
    }

    /// How often a call was made.
    pub(super) fn times(&self, call: Call) -> usize {
        self.state.lock().unwrap().calls.iter().filter(|made| **made == call).count()
    }

    fn strike(&self, call: Call) -> Option<Effect> {
        let now = self.memory.ports().clock.now();
        let mut state = self.state.lock().unwrap();
        state.calls.push(call);
        let case = self.case.filter(|case| case.call == call)?;
        state.seen += 1;
        if state.seen == case.nth {
            state.began = Some(now);
            return Some(case.effect);
        }
        let lasts = state.began.is_some_and(|began| now < began + case.length());
        (lasts && case.lasting != Lasting::Once).then_some(case.effect)
    }
}

impl Script for Faults {
    fn of_request(&self, request: &Request<Bytes>) -> Option<Effect> {
        self.strike(Call::of_request(request.method(), request.uri())?)
    }

    fn of_store(&self, access: Access, key: &str) -> Option<Effect> {
        self.strike(Call::of_store(access, key)?)
    }
}
