//! The fixture of a case: the component over faulty ports, and a webinar that has ended.

use super::case::Case;
use super::faults::Faults;
use crate::tests::env::{EnvOptions, PROGRAM, TestEnv, stay};
use domain::records::{Attendance, Phase};
use domain::time::{SignedDuration, Timestamp};
use fakes::zoom::NewWebinar;
use futures::FutureExt;
use platform::testing::fault_injection::{MatrixStore, Simulation, StoreKind, Ticks};
use platform::testing::in_memory::InMemoryPorts;
use serde_json::Value;
use std::sync::Arc;

/// Maximum duration of a case: Zoom's daily limit has reset and late rows have been awaited.
const CASE_TIMEOUT: SignedDuration = SignedDuration::from_hours(72);

/// The registrants and their expected statuses. r1, r2, r3 and r7 registered through Marketo, the others on Zoom's
/// page; r5 already has a lead.
pub(super) const PEOPLE: [(&str, &str); 7] = [
    ("r1", "Attended"),
    ("r2", "Attended"),
    ("r3", "No Show"),
    ("r4", "No Show"),
    ("r5", "Attended"),
    ("r6", "Attended"),
    ("r7", "No Show"),
];

/// Registers the people and lets the webinar take place.
async fn set_up(env: &TestEnv) {
    env.register(&PEOPLE.map(|(id, _)| id)).await;
    for id in ["r1", "r2", "r3", "r7"] {
        env.member(id, "Registered", id);
    }
    env.lead("r5@x.test");
    let attended = PEOPLE.iter().filter(|(_, status)| *status == "Attended");
    let stays = attended.map(|(id, _)| stay(id, 0, 10)).chain([stay("r1", 5, 25)]);
    env.end_webinar_with(stays.collect()).await;
}

pub(super) struct Fixture {
    pub(super) env: TestEnv,
    pub(super) faults: Arc<Faults>,
    simulation: Arc<Simulation>,
    store: Arc<MatrixStore>,
    /// The requests that an edge platform would have ended.
    pub(super) slow_requests: Vec<String>,
}

impl Fixture {
    pub(super) fn new(case: Option<Case>, kind: StoreKind) -> Self {
        let mut shared = None;
        let ports = |memory: &InMemoryPorts| {
            let store = Arc::new(MatrixStore::new(kind, memory));
            let faults = Arc::new(Faults::new(case, memory, &store));
            let simulation = Arc::new(Simulation::new(memory, faults.clone()));
            let ports = store.instance(&simulation);
            shared = Some((faults, simulation, store));
            ports
        };
        let env = TestEnv::over(ports, NewWebinar::default(), EnvOptions::default());
        let env = env.now_or_never().expect("the environment is created without waiting");
        let (faults, simulation, store) = shared.unwrap();
        simulation.run(set_up(&env)).expect("nothing fails before the webinar ends");
        Self { env, faults, simulation, store, slow_requests: Vec::new() }
    }

    /// Sends the event that the webinar ended, and ticks until nothing is due.
    pub(super) fn run(&mut self) {
        if self.simulation.run(self.env.send_ended_event_ignoring_answer()).is_none() {
            self.restart();
        }
        self.run_background();
        let ticks = Ticks::new(&self.simulation, CASE_TIMEOUT);
        while ticks.advance(&self.simulation, self.due()) {
            self.tick();
        }
    }

    /// Runs the background tasks of the current process.
    fn run_background(&mut self) {
        if self.simulation.run(self.env.memory.run_background()).is_none() {
            self.restart();
        }
    }

    fn tick(&mut self) {
        let tick = self.env.tick_ignoring_answer();
        if self.simulation.run_request("a tick", &mut self.slow_requests, tick).is_none() {
            self.restart();
        }
        self.run_background();
    }

    /// Starts a new process after a crash.
    fn restart(&mut self) {
        self.simulation.start();
        self.env.restart(self.store.instance(&self.simulation));
    }

    /// Returns when the next tick has something to do.
    fn due(&self) -> Option<Timestamp> {
        let late = self.simulation.next_late();
        let Some(record) = self.record() else { return Some(self.simulation.now()) };
        let next = match record.phase {
            Phase::Done | Phase::Failed => None,
            _ => Some(record.next_at.unwrap_or(self.simulation.now())),
        };
        late.into_iter().chain(next).min()
    }

    fn record(&self) -> Option<Attendance> {
        self.env.record().now_or_never().expect("the store answers at once")
    }

    /// Returns the program's attendance from the API.
    pub(super) fn view(&mut self) -> Value {
        let view = self.simulation.run(self.env.admin("GET", &format!("/attendance/programs/{PROGRAM}")));
        view.map(|(_, view)| view).unwrap_or_default()
    }
}
