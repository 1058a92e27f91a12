//! The component over faulty ports, in simulated time.

use super::call::{Case, Plan};
use crate::tests::fixture::{Fixture, PROGRAM};
use axum::Router;
use axum::body::Body;
use domain::time::{SignedDuration, Timestamp};
use fakes::zoom::NewWebinar;
use futures::FutureExt;
use http::Request;
use platform::testing::fault_injection::{MatrixStore, Simulation};
use platform::testing::in_memory::InMemoryPorts;
use serde_json::{Value, json};
use std::sync::Arc;

/// Maximum number of ticks until a case has nothing left to do.
const MAX_TICKS: usize = 60;

pub(super) struct Env {
    pub(super) base: Fixture,
    pub(super) simulation: Arc<Simulation>,
    pub(super) plan: Arc<Plan>,
    store: Arc<MatrixStore>,
    /// A second replica, which ticks at the same time.
    replica: Option<Router>,
    /// The requests that an edge platform would have ended.
    pub(super) slow_requests: Vec<String>,
}

impl Env {
    /// Creates an environment whose faults are paused. The program is listed.
    pub(super) fn new(case: Case) -> Self {
        let mut shared = None;
        let ports = |memory: &InMemoryPorts| {
            let store = Arc::new(MatrixStore::new(case.store, memory));
            let plan = Arc::new(Plan::new(case, memory, &store));
            let simulation = Arc::new(Simulation::new(memory, plan.clone()));
            let ports = store.instance(&simulation);
            shared = Some((plan, simulation, store));
            ports
        };
        let base = Fixture::over(ports, NewWebinar::default());
        let base = base.now_or_never().expect("creating the fixture does not wait");
        let (plan, simulation, store) = shared.unwrap();
        base.index(&[PROGRAM]).now_or_never().unwrap();
        Self { base, simulation, plan, store, replica: None, slow_requests: Vec::new() }
    }

    /// Adds a second replica.
    pub(super) fn add_replica(&mut self) {
        self.replica = Some(self.base.instance(self.store.instance(&self.simulation)));
    }

    /// Runs something that the component works on after its answer. A fault may kill the process.
    pub(super) fn run<T>(&mut self, act: impl AsyncFnOnce(&Fixture) -> T) -> Option<T> {
        let base = &self.base;
        let done = self.simulation.run(base.memory.run_with_background(act(base)));
        if done.is_none() {
            self.restart();
        }
        done
    }

    fn restart(&mut self) {
        self.simulation.start();
        let has_replica = self.replica.is_some();
        self.base.restart(self.store.instance(&self.simulation));
        if has_replica {
            self.add_replica();
        }
    }

    /// Runs a tick a minute later, on each replica.
    pub(super) fn tick(&mut self) {
        let now = self.simulation.now() + SignedDuration::from_mins(1);
        self.simulation.move_to(now);
        let deadline = now + SignedDuration::from_secs(25);
        let tick = |router: Router| {
            let request = Request::post("/internal/tick")
                .header("content-type", "application/json")
                .body(Body::from(json!({ "deadline": deadline }).to_string()));
            async move { drop(Fixture::request_to(&router, request.unwrap()).await) }
        };
        let routers = [Some(self.base.first_instance()), self.replica.clone()];
        let ticks = futures::future::join_all(routers.into_iter().flatten().map(tick));
        let answer = self.simulation.run_request("the tick", &mut self.slow_requests, ticks);
        if answer.is_none() || self.run(async |_| ()).is_none() {
            self.simulation.start();
            self.restart();
        }
    }

    /// Ticks until nothing is left to do, across two comparisons with Zoom.
    pub(super) fn settle(&mut self) {
        for _ in 0..3 {
            for _ in 0..MAX_TICKS {
                self.tick();
                let Some(due) = self.due() else { break };
                self.simulation.move_to(due.max(self.simulation.now()));
            }
            self.simulation.move_to(self.simulation.now() + SignedDuration::from_mins(31));
        }
    }

    /// Returns when something is left to do.
    fn due(&self) -> Option<Timestamp> {
        let mut due: Vec<_> = self.simulation.next_late().into_iter().collect();
        for (key, value) in self.base.memory.dump() {
            if key.starts_with("registrants-changed:") {
                due.push(self.simulation.now());
            } else if key.starts_with("failure:") {
                let record: Value = serde_json::from_slice(&value).unwrap();
                due.extend(record["next_try"].as_str().map(|at| at.parse::<Timestamp>().unwrap()));
            }
        }
        due.into_iter().min()
    }

    /// Returns the errors that any case may have.
    pub(super) fn common_errors(&self) -> Vec<String> {
        let mut errors = self.slow_requests.clone();
        if !self.plan.has_occurred() {
            errors.push("the fault never occurred".to_owned());
        }
        let records = self.base.memory.dump();
        let is_work = |key: &&String| key.starts_with("failure:") || key.starts_with("registrants-changed:");
        errors.extend(records.keys().find(is_work).map(|key| format!("{key} is left to do")));
        errors
    }
}
