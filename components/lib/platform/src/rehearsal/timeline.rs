//! Simulated time that moves only when the component waits, to the next instant at which something happens.

use domain::time::Timestamp;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// Who sleeps until when; the number tells those of one instant apart.
#[derive(Default)]
pub(super) struct Sleepers(Mutex<(u64, BTreeMap<(Timestamp, u64), Waker>)>);

impl Sleepers {
    /// Sleeps until an instant by some clock.
    pub(super) fn sleep<'a>(&'a self, now: &'a (dyn Fn() -> Timestamp + Send + Sync), until: Timestamp) -> Sleep<'a> {
        let mut sleepers = self.lock();
        sleepers.0 += 1;
        Sleep { sleepers: self, now, place: (until, sleepers.0) }
    }

    /// When the next one wakes.
    pub(super) fn first(&self) -> Option<Timestamp> {
        self.lock().1.first_key_value().map(|(&(until, _), _)| until)
    }

    /// Wakes those whose time has come.
    pub(super) fn wake(&self, until: Timestamp) {
        let mut sleepers = self.lock();
        let later = sleepers.1.split_off(&(until, u64::MAX));
        std::mem::replace(&mut sleepers.1, later).into_values().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, (u64, BTreeMap<(Timestamp, u64), Waker>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who sleeps.
pub(super) struct Sleep<'a> {
    sleepers: &'a Sleepers,
    now: &'a (dyn Fn() -> Timestamp + Send + Sync),
    place: (Timestamp, u64),
}

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.place.0 <= (self.now)() {
            return Poll::Ready(());
        }
        self.sleepers.lock().1.insert(self.place, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        self.sleepers.lock().1.remove(&self.place);
    }
}

/// Whether somebody was woken.
pub(super) struct Flag(AtomicBool);

impl Flag {
    /// Somebody is to be looked at first.
    pub(super) fn up() -> Arc<Self> {
        Arc::new(Self(AtomicBool::new(true)))
    }

    /// Takes it down; whether it was up.
    pub(super) fn take(&self) -> bool {
        self.0.swap(false, Ordering::SeqCst)
    }
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}
