//! Simulated time that moves only when the component waits, to the next instant at which something happens.

use super::faults::Faults;
use async_trait::async_trait;
use domain::time::{SignedDuration, Timestamp};
use platform::memory::Memory;
use platform::ports::Clock;
use std::collections::BTreeMap;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

/// The clock of one case. Whoever sleeps is woken in order, and never before their time.
pub(super) struct Timeline {
    memory: Memory,
    /// Who sleeps until when; the number tells those of one instant apart.
    sleepers: Mutex<BTreeMap<(Timestamp, u64), Waker>>,
    last: Mutex<u64>,
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Timeline {
    pub(super) fn new(memory: &Memory) -> Self {
        Self { memory: memory.clone(), sleepers: Mutex::default(), last: Mutex::default() }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.memory.ports().clock.now()
    }

    /// Runs a future to its end. `None`: the process was killed before, and the future was cut where it was.
    pub(super) fn run<T>(&self, faults: &Faults, future: impl Future<Output = T>) -> Option<T> {
        let woken = Arc::new(Flag(AtomicBool::new(true)));
        let waker = Waker::from(woken.clone());
        let mut context = Context::from_waker(&waker);
        let mut future = pin!(future);
        loop {
            while woken.0.swap(false, Ordering::SeqCst) {
                let poll = future.as_mut().poll(&mut context);
                if faults.is_killed() {
                    return None;
                }
                if let Poll::Ready(output) = poll {
                    return Some(output);
                }
            }
            let first = self.sleepers.lock().unwrap().first_key_value().map(|(&(until, _), _)| until);
            let next = first.into_iter().chain(faults.next_late()).min();
            self.move_to(next.expect("somebody waits for what will never happen"), faults);
        }
    }

    /// Moves to an instant; what happens until then, happens.
    pub(super) fn move_to(&self, until: Timestamp, faults: &Faults) {
        while let Some(at) = faults.next_late().filter(|&at| at <= until) {
            self.set(at);
            faults.carry_out_late(at);
        }
        self.set(until);
        let mut sleepers = self.sleepers.lock().unwrap();
        let later = sleepers.split_off(&(until, u64::MAX));
        std::mem::replace(&mut *sleepers, later).into_values().for_each(Waker::wake);
    }

    fn set(&self, at: Timestamp) {
        self.memory.advance(at.duration_since(self.now()).max(SignedDuration::ZERO));
    }
}

#[async_trait]
impl Clock for Timeline {
    fn now(&self) -> Timestamp {
        self.memory.ports().clock.now()
    }

    async fn sleep(&self, duration: SignedDuration) {
        let until = self.now() + duration;
        let number = {
            let mut last = self.last.lock().unwrap();
            *last += 1;
            *last
        };
        Sleep { timeline: self, place: (until, number) }.await;
    }
}

struct Sleep<'a> {
    timeline: &'a Timeline,
    place: (Timestamp, u64),
}

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.place.0 <= self.timeline.now() {
            return Poll::Ready(());
        }
        self.timeline.sleepers.lock().unwrap().insert(self.place, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        self.timeline.sleepers.lock().unwrap().remove(&self.place);
    }
}
