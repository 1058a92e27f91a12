//! The fixture of one case: the component over faulty ports, and the people to register.

use super::case::Case;
use super::fault_plan::MatrixFaultPlan;
use crate::tests::fixture::{Fixture, email, lead};
use domain::time::{SignedDuration, Timestamp};
use fakes::zoom::NewWebinar;
use futures::FutureExt;
use platform::testing::fault_injection::{MatrixStore, Simulation, Ticks};
use platform::testing::in_memory::InMemoryPorts;
use serde_json::{Value, json};
use std::sync::Arc;

/// Valid leads. 1 and 2 have the same address in different case; the requests for 5 and 6 lack their status.
pub(super) const VALID: [u64; 6] = [1, 2, 4, 5, 6, 8];

/// Leads without a last name.
pub(super) const NAMELESS: [u64; 2] = [3, 7];

/// Maximum length of a lead's value. A longer one is cut.
const MAX_NOTE_LEN: usize = 4_000;

/// Maximum simulated duration of a case.
const MAX_CASE_DURATION: SignedDuration = SignedDuration::from_hours(48);

pub(super) struct FaultFixture {
    pub(super) base: Fixture,
    pub(super) simulation: Arc<Simulation>,
    pub(super) faults: Arc<MatrixFaultPlan>,
    store: Arc<MatrixStore>,
    /// The requests that an edge platform would have ended.
    pub(super) slow_requests: Vec<String>,
}

impl FaultFixture {
    pub(super) fn new(case: Case) -> Self {
        let mut shared = None;
        let ports = |memory: &InMemoryPorts| {
            let store = Arc::new(MatrixStore::new(case.store, memory));
            let faults = Arc::new(MatrixFaultPlan::new(case, memory, &store));
            let simulation = Arc::new(Simulation::new(memory, faults.clone()));
            let ports = store.instance(&simulation);
            shared = Some((faults, simulation, store));
            ports
        };
        let base = Fixture::over(ports, NewWebinar::default());
        let base = base.now_or_never().expect("creating the fixture does not wait");
        let (faults, simulation, store) = shared.unwrap();
        let mut numbers = [VALID.as_slice(), &NAMELESS].concat();
        numbers.sort_unstable();
        for &id in &numbers {
            let last_name = (!NAMELESS.contains(&id)).then(|| format!("L{id}"));
            base.add_lead(&json!({"email": address(id), "firstName": format!("F{id}"), "lastName": last_name}));
        }
        base.set_members(numbers, "Registered");
        Self { base, simulation, faults, store, slow_requests: Vec::new() }
    }

    /// Submits a chunk, which is accepted without faults, and processes it.
    pub(super) fn submit(&mut self, name: &str, leads: &[Value]) {
        self.faults.pause(true);
        let accepted = self.simulation.run(self.base.accept(name, leads));
        self.faults.pause(false);
        accepted.expect("faults are paused");
        if self.simulation.run(self.base.memory.run_background()).is_none() {
            self.restart();
        }
    }

    /// Starts a new instance.
    pub(super) fn restart(&mut self) {
        self.simulation.start();
        self.base.restart(self.store.instance(&self.simulation));
    }

    /// Sends a request; `None` if a fault kills the worker.
    pub(super) fn send(&mut self, path: &str, body: &Value) -> Option<(u16, Value)> {
        let request = self.base.send("POST", path, body);
        let answer = self.simulation.run_request(path, &mut self.slow_requests, request);
        if answer.is_none() {
            self.restart();
        }
        answer
    }

    /// Ticks every minute until nothing is due, for [`MAX_CASE_DURATION`] at most.
    pub(super) fn tick_until_idle(&mut self) {
        let ticks = Ticks::new(&self.simulation, MAX_CASE_DURATION);
        while ticks.advance(&self.simulation, self.due()) {
            self.tick();
        }
        // One more tick, with nothing due.
        self.tick();
    }

    fn tick(&mut self) {
        let deadline = self.simulation.now() + SignedDuration::from_secs(25);
        self.send("/internal/tick", &json!({ "deadline": deadline }));
    }

    /// Returns when something is due next.
    fn due(&self) -> Option<Timestamp> {
        let mut due: Vec<_> = self.simulation.next_late().into_iter().collect();
        for (key, value) in self.base.memory.dump() {
            let read = || serde_json::from_slice::<Value>(&value).unwrap();
            if key.starts_with("outbox:") && read()["problem"].is_null() {
                due.push(self.simulation.now());
            } else if key.starts_with("failure:") {
                due.extend(read()["next_try"].as_str().map(|at| at.parse::<Timestamp>().unwrap()));
            }
        }
        due.into_iter().min()
    }
}

/// Returns a lead's address.
pub(super) fn address(id: u64) -> String {
    match id {
        2 => email(1).to_uppercase(),
        // The address of lead 4, which is in the first chunk.
        8 => email(4).to_uppercase(),
        _ => email(id),
    }
}

/// Returns a lead of a chunk, with notes of a length in bytes.
pub(super) fn chunk_lead(id: u64, notes_len: usize) -> Value {
    let mut lead = lead(id);
    lead["objectContext"]["email"] = json!(address(id));
    if NAMELESS.contains(&id) {
        lead["objectContext"]["lastName"] = Value::Null;
    }
    if [5, 6].contains(&id) {
        lead["programMemberContext"] = Value::Null;
    }
    if notes_len > 0 {
        // Several values, because a single one would be cut.
        for part in 0..notes_len.div_ceil(MAX_NOTE_LEN) {
            lead["objectContext"][format!("notes{part}")] = json!("x".repeat(MAX_NOTE_LEN));
        }
    }
    lead
}
