//! Injects the fault of a case, and counts the calls.

use super::case::{Call, Case};
use bytes::Bytes;
use http::Request;
use platform::testing::fault_injection::{Access, Fault, FaultPlan, InjectionCounter, MatrixStore};
use platform::testing::in_memory::InMemoryPorts;
use std::sync::{Arc, Mutex};

/// The fault plan of a case; without a case, nothing fails.
pub(super) struct Faults {
    case: Option<Case>,
    memory: InMemoryPorts,
    store: Arc<MatrixStore>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    counter: InjectionCounter,
    calls: Vec<Call>,
}

impl Faults {
    pub(super) fn new(case: Option<Case>, memory: &InMemoryPorts, store: &Arc<MatrixStore>) -> Self {
        Self { case, memory: memory.clone(), store: store.clone(), state: Mutex::default() }
    }

    pub(super) fn was_injected(&self) -> bool {
        self.state.lock().unwrap().counter.has_occurred()
    }

    /// Returns how often a call was made.
    pub(super) fn times(&self, call: Call) -> usize {
        self.state.lock().unwrap().calls.iter().filter(|made| **made == call).count()
    }

    fn inject(&self, call: Call) -> Option<Fault> {
        let now = self.memory.ports().clock.now();
        let mut state = self.state.lock().unwrap();
        state.calls.push(call);
        state.counter.fault_of(&self.case?, &call, now)
    }
}

impl FaultPlan for Faults {
    fn of_request(&self, request: &Request<Bytes>) -> Option<Fault> {
        self.inject(Call::of_request(request.method(), request.uri())?)
    }

    fn of_store(&self, access: Access, key: &str) -> Option<Fault> {
        Call::of_store(access, key).and_then(|call| self.inject(call)).or_else(|| self.store.fault_of(access))
    }
}
