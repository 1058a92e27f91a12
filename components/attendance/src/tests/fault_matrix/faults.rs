//! Injects the fault of a case, and counts the calls.

use super::case::{Call, Case, Persistence};
use bytes::Bytes;
use domain::time::Timestamp;
use http::Request;
use platform::testing::fault_injection::{Access, Fault, FaultPlan};
use platform::testing::in_memory::InMemoryPorts;
use std::sync::Mutex;

/// The fault plan of a case; without a case, nothing fails.
pub(super) struct Faults {
    case: Option<Case>,
    memory: InMemoryPorts,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    seen: u32,
    began: Option<Timestamp>,
    calls: Vec<Call>,
}

impl Faults {
    pub(super) fn new(case: Option<Case>, memory: &InMemoryPorts) -> Self {
        Self { case, memory: memory.clone(), state: Mutex::default() }
    }

    pub(super) fn was_injected(&self) -> bool {
        self.state.lock().unwrap().began.is_some()
    }

    /// Returns how often a call was made.
    pub(super) fn times(&self, call: Call) -> usize {
        self.state.lock().unwrap().calls.iter().filter(|made| **made == call).count()
    }

    fn inject(&self, call: Call) -> Option<Fault> {
        let now = self.memory.ports().clock.now();
        let mut state = self.state.lock().unwrap();
        state.calls.push(call);
        let case = self.case.filter(|case| case.call == call)?;
        state.seen += 1;
        if state.seen == case.nth {
            state.began = Some(now);
            return Some(case.fault);
        }
        let lasts = state.began.is_some_and(|began| now < began + case.window());
        (lasts && case.persistence != Persistence::Once).then_some(case.fault)
    }
}

impl FaultPlan for Faults {
    fn of_request(&self, request: &Request<Bytes>) -> Option<Fault> {
        self.inject(Call::of_request(request.method(), request.uri())?)
    }

    fn of_store(&self, access: Access, key: &str) -> Option<Fault> {
        self.inject(Call::of_store(access, key)?)
    }
}
