//! Rehearsing failures: a component over ports in memory that fail as a script says, in simulated time, until its process
//! is killed. For native tests.
//!
//! | module | what it is |
//! |---|---|
//! | [`effect`] | what may befall a call |
//! | [`ports`] | ports that fail |
//! | [`timeline`] | simulated time |

mod effect;
mod ports;
mod timeline;

pub use effect::{Effect, RetryAfter};

use crate::Ports;
use crate::memory::Memory;
use crate::ports::Clock;
use async_trait::async_trait;
use bytes::Bytes;
use domain::time::{SignedDuration, Timestamp};
use http::Request;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use timeline::{Flag, Sleepers};

/// How the store is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// For a value.
    Get,
    /// To write one.
    Set,
    /// To remove one.
    Delete,
    /// For keys.
    List,
}

/// What befalls whom.
pub trait Script: Send + Sync {
    /// What befalls a request.
    fn of_request(&self, request: &Request<Bytes>) -> Option<Effect>;

    /// What befalls a call to the store. Effects that a store does not have end as if the process was killed after it.
    fn of_store(&self, access: Access, key: &str) -> Option<Effect>;

    /// A request was carried out.
    fn carried_out(&self, _: &Request<Bytes>) {}
}

/// A stage on which a component runs.
pub struct Rehearsal {
    memory: Memory,
    script: Arc<dyn Script>,
    sleepers: Sleepers,
    process: Mutex<Process>,
}

#[derive(Default)]
struct Process {
    is_killed: bool,
    /// Requests that are carried out later.
    late: Vec<(Timestamp, Request<Bytes>)>,
}

impl Rehearsal {
    /// In a world, by a script.
    pub fn new(memory: &Memory, script: Arc<dyn Script>) -> Self {
        Self { memory: memory.clone(), script, sleepers: Sleepers::default(), process: Mutex::default() }
    }

    /// Ports over the world, with what the script says in between.
    pub fn ports(self: &Arc<Self>) -> Ports {
        let inner = self.memory.ports();
        let faulty = Arc::new(ports::Faulty { rehearsal: self.clone(), inner: inner.clone() });
        Ports { http: faulty.clone(), key_value: faulty, clock: Arc::new(Timeline(self.clone())), ..inner }
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.memory.ports().clock.now()
    }

    /// Whether the process was killed.
    pub fn is_killed(&self) -> bool {
        self.process().is_killed
    }

    /// A new process.
    pub fn start(&self) {
        self.process().is_killed = false;
    }

    /// When the next request is carried out that nobody waits for any more.
    pub fn next_late(&self) -> Option<Timestamp> {
        self.process().late.iter().map(|(at, _)| *at).min()
    }

    /// Runs a future to its end. `None`: the process was killed before, and the future was cut where it was.
    ///
    /// # Panics
    /// When it waits for what will never happen.
    pub fn run<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        let woken = Flag::up();
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
                panic!("somebody waits for what will never happen")
            };
            self.move_to(next);
        }
    }

    /// Moves to an instant; what happens until then, happens.
    pub fn move_to(&self, until: Timestamp) {
        while let Some(at) = self.next_late().filter(|&at| at <= until) {
            self.set(at);
            self.carry_out_late(at);
        }
        self.set(until);
        self.sleepers.wake(until);
    }

    fn set(&self, at: Timestamp) {
        self.memory.advance(at.duration_since(self.now()).max(SignedDuration::ZERO));
    }

    fn carry_out_at(&self, at: Timestamp, request: Request<Bytes>) {
        self.process().late.push((at, request));
    }

    fn carry_out_late(&self, until: Timestamp) {
        let late = std::mem::take(&mut self.process().late);
        let (due, later): (Vec<_>, Vec<_>) = late.into_iter().partition(|(at, _)| *at <= until);
        self.process().late = later;
        let mut context = Context::from_waker(Waker::noop());
        for (_, request) in due {
            self.script.carried_out(&request);
            let ports = self.memory.ports();
            // The stand-ins answer without waiting for anybody.
            let mut answer = ports.http.send(request);
            while answer.as_mut().poll(&mut context).is_pending() {}
        }
    }

    fn kill(&self) {
        self.process().is_killed = true;
    }

    async fn sleep(&self, duration: SignedDuration) {
        let now = || self.now();
        self.sleepers.sleep(&now, self.now() + duration).await;
    }

    fn process(&self) -> MutexGuard<'_, Process> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Timeline(Arc<Rehearsal>);

#[async_trait]
impl Clock for Timeline {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    async fn sleep(&self, duration: SignedDuration) {
        self.0.sleep(duration).await;
    }
}
