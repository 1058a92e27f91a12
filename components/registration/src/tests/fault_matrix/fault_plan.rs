//! The fault plan of a case. Counts the add calls that Zoom receives.

use super::case::{Call, Case, counts_at_zoom};
use bytes::Bytes;
use domain::time::UtcDay;
use http::Request;
use platform::testing::fault_injection::{Access, Fault, FaultPlan, InjectionCounter, MatrixStore};
use platform::testing::in_memory::InMemoryPorts;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// Injects the fault of one case.
pub(super) struct MatrixFaultPlan {
    case: Case,
    memory: InMemoryPorts,
    store: Arc<MatrixStore>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Whether faults are paused.
    is_paused: bool,
    is_primed: bool,
    counter: InjectionCounter,
    /// Add calls by lower-case address and day, as Zoom counts them.
    counted: HashMap<(String, UtcDay), u32>,
}

impl MatrixFaultPlan {
    pub(super) fn new(case: Case, memory: &InMemoryPorts, store: &Arc<MatrixStore>) -> Self {
        Self { case, memory: memory.clone(), store: store.clone(), state: Mutex::default() }
    }

    pub(super) fn pause(&self, is_paused: bool) {
        self.state.lock().unwrap().is_paused = is_paused;
    }

    pub(super) fn has_occurred(&self) -> bool {
        self.state.lock().unwrap().counter.has_occurred()
    }

    /// Returns the maximum number of add calls that Zoom counted for one address on one day.
    pub(super) fn max_adds_per_day(&self) -> u32 {
        self.state.lock().unwrap().counted.values().copied().max().unwrap_or_default()
    }

    /// Returns the fault of a call, if it has one now.
    fn fault_of(&self, call: Call) -> Option<Fault> {
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
        state.counter.fault_of(&self.case.injection, &call, now)
    }

    /// Returns the fault of an access to the store itself.
    fn store_fault(&self, access: Access) -> Option<Fault> {
        if self.state.lock().unwrap().is_paused { None } else { self.store.fault_of(access) }
    }

    fn count_received(&self, request: &Request<Bytes>, fault: Option<Fault>) {
        if is_add(request) && fault.is_none_or(counts_at_zoom) {
            let day = UtcDay::of(self.memory.ports().clock.now());
            *self.state.lock().unwrap().counted.entry((address(request), day)).or_default() += 1;
        }
    }
}

impl FaultPlan for MatrixFaultPlan {
    fn of_request(&self, request: &Request<Bytes>) -> Option<Fault> {
        let fault = Call::of_request(request.method(), request.uri()).and_then(|call| self.fault_of(call));
        self.count_received(request, fault);
        fault
    }

    fn of_store(&self, access: Access, key: &str) -> Option<Fault> {
        let call = match access {
            Access::Get => Call::of_get(key),
            Access::Set => Call::of_set(key),
            Access::Delete => Call::of_delete(key),
            Access::List => None,
        };
        call.and_then(|call| self.fault_of(call)).or_else(|| self.store_fault(access))
    }
}

fn is_add(request: &Request<Bytes>) -> bool {
    Call::of_request(request.method(), request.uri()) == Some(Call::Add)
}

fn address(request: &Request<Bytes>) -> String {
    let body: Value = serde_json::from_slice(request.body()).unwrap();
    body["email"].as_str().unwrap().to_lowercase()
}
