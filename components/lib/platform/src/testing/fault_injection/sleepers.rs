//! The sleeping futures of a simulation. Time advances only while all futures wait, to the next wake-up.

use domain::time::Timestamp;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// The sleeping futures, ordered by wake-up time.
#[derive(Default)]
pub(super) struct Sleepers(Mutex<SleeperQueue>);

#[derive(Default)]
struct SleeperQueue {
    /// Number of sleeps so far, which distinguishes those of the same instant.
    count: u64,
    wakers: BTreeMap<Place, Waker>,
}

/// Wake-up time and number of a sleep.
type Place = (Timestamp, u64);

impl Sleepers {
    /// Returns a future that completes at an instant of a clock.
    pub(super) fn sleep<'a>(&'a self, now: &'a (dyn Fn() -> Timestamp + Send + Sync), until: Timestamp) -> Sleep<'a> {
        let mut sleepers = self.lock();
        sleepers.count += 1;
        Sleep { sleepers: self, now, place: (until, sleepers.count) }
    }

    /// Returns the earliest wake-up time.
    pub(super) fn first(&self) -> Option<Timestamp> {
        self.lock().wakers.first_key_value().map(|(&(until, _), _)| until)
    }

    /// Wakes the futures that are due.
    pub(super) fn wake(&self, until: Timestamp) {
        let mut sleepers = self.lock();
        let later = sleepers.wakers.split_off(&(until, u64::MAX));
        std::mem::replace(&mut sleepers.wakers, later).into_values().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, SleeperQueue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A sleeping future.
pub(super) struct Sleep<'a> {
    sleepers: &'a Sleepers,
    now: &'a (dyn Fn() -> Timestamp + Send + Sync),
    place: Place,
}

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.place.0 <= (self.now)() {
            return Poll::Ready(());
        }
        self.sleepers.lock().wakers.insert(self.place, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        self.sleepers.lock().wakers.remove(&self.place);
    }
}

/// Whether a future was woken.
pub(super) struct Flag(AtomicBool);

impl Flag {
    /// Returns a raised flag, so that the future is polled at least once.
    pub(super) fn raised() -> Arc<Self> {
        Arc::new(Self(AtomicBool::new(true)))
    }

    /// Lowers the flag; returns whether it was raised.
    pub(super) fn take(&self) -> bool {
        self.0.swap(false, Ordering::SeqCst)
    }
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}
