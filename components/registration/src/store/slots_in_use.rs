//! The slots that an instance is taking, in memory, so that two of its requests do not take the same one.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The slots that requests of this instance are taking now.
#[derive(Debug, Default, Clone)]
pub struct SlotsInUse(Arc<Mutex<BTreeSet<usize>>>);

impl SlotsInUse {
    /// Reserves a slot until the guard is dropped, which also happens when the request is cancelled.
    pub fn reserve(&self, slot: usize) -> Option<Reservation> {
        self.slots().insert(slot).then(|| Reservation { slots: self.clone(), slot })
    }

    fn slots(&self) -> MutexGuard<'_, BTreeSet<usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A reserved slot.
#[derive(Debug)]
pub struct Reservation {
    slots: SlotsInUse,
    slot: usize,
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.slots.slots().remove(&self.slot);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_reserved_once_until_its_reservation_is_dropped() {
        let slots = SlotsInUse::default();
        let first = slots.reserve(1);
        assert!(first.is_some() && slots.reserve(2).is_some() && slots.reserve(1).is_none());
        drop(first);
        assert!(slots.reserve(1).is_some());
    }
}
