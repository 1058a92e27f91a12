//! Runs a component in simulated time, with faults injected by a plan, until its process is killed.

use super::fault::FaultPlan;
use super::sleepers::{Flag, Sleepers};
use crate::ports::Clock;
use crate::testing::in_memory::InMemoryPorts;
use async_trait::async_trait;
use bytes::Bytes;
use domain::time::{SignedDuration, Timestamp};
use http::Request;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// The environment of a component under fault injection.
pub struct Simulation {
    pub(super) memory: InMemoryPorts,
    pub(super) plan: Arc<dyn FaultPlan>,
    sleepers: Sleepers,
    process: Mutex<Process>,
}

#[derive(Default)]
struct Process {
    is_killed: bool,
    /// Requests that are executed later.
    late: Vec<(Timestamp, Request<Bytes>)>,
}

impl Simulation {
    /// Creates a simulation over the ports in memory.
    pub fn new(memory: &InMemoryPorts, plan: Arc<dyn FaultPlan>) -> Self {
        Self { memory: memory.clone(), plan, sleepers: Sleepers::default(), process: Mutex::default() }
    }

    /// Returns the simulated clock.
    pub fn clock(self: &Arc<Self>) -> Arc<dyn Clock> {
        Arc::new(SimulatedClock(self.clone()))
    }

    /// Returns the simulated time.
    pub fn now(&self) -> Timestamp {
        self.memory.ports().clock.now()
    }

    /// Returns whether the process was killed.
    pub fn is_killed(&self) -> bool {
        self.process().is_killed
    }

    /// Starts a new process.
    pub fn start(&self) {
        self.process().is_killed = false;
    }

    /// Returns when the next request is executed whose caller has given up.
    pub fn next_late(&self) -> Option<Timestamp> {
        self.process().late.iter().map(|(at, _)| *at).min()
    }

    /// Runs a future to completion. Returns `None` if the process is killed first; the future is then dropped.
    ///
    /// # Panics
    /// When the future waits for an event that never happens.
    pub fn run<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        let woken = Flag::raised();
        let waker = Waker::from(woken.clone());
        let mut context = Context::from_waker(&waker);
        let mut future = pin!(future);
        loop {
            while woken.take() {
                let poll = future.as_mut().poll(&mut context);
                if self.is_killed() {
                    return None;
                }
                if let Poll::Ready(output) = poll {
                    return Some(output);
                }
            }
            let Some(next) = self.sleepers.first().into_iter().chain(self.next_late()).min() else {
                panic!("the future waits for an event that never happens")
            };
            self.move_to(next);
        }
    }

    /// Advances the time, executing what is due on the way.
    pub fn move_to(&self, until: Timestamp) {
        while let Some(at) = self.next_late().filter(|&at| at <= until) {
            self.set(at);
            self.execute_late(at);
        }
        self.set(until);
        self.sleepers.wake(until);
    }

    fn set(&self, at: Timestamp) {
        self.memory.advance(at.duration_since(self.now()).max(SignedDuration::ZERO));
    }

    pub(super) fn execute_at(&self, at: Timestamp, request: Request<Bytes>) {
        self.process().late.push((at, request));
    }

    fn execute_late(&self, until: Timestamp) {
        let late = std::mem::take(&mut self.process().late);
        let (due, later): (Vec<_>, Vec<_>) = late.into_iter().partition(|(at, _)| *at <= until);
        self.process().late = later;
        let mut context = Context::from_waker(Waker::noop());
        for (_, request) in due {
            self.plan.executed(&request);
            let ports = self.memory.ports();
            // The fakes answer without waiting.
            let mut answer = ports.http.send(request);
            while answer.as_mut().poll(&mut context).is_pending() {}
        }
    }

    pub(super) fn kill(&self) {
        self.process().is_killed = true;
    }

    pub(super) async fn sleep(&self, duration: SignedDuration) {
        let now = || self.now();
        self.sleepers.sleep(&now, self.now() + duration).await;
    }

    fn process(&self) -> MutexGuard<'_, Process> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The clock of a [`Simulation`].
struct SimulatedClock(Arc<Simulation>);

#[async_trait]
impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    async fn sleep(&self, duration: SignedDuration) {
        self.0.sleep(duration).await;
    }
}
