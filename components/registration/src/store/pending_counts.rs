//! The counts that an instance has not written yet, in memory.

use domain::records::{Registration, RegistrationCounts, RegistrationOutcome};
use domain::{ProgramId, WebinarId};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A program at a webinar.
pub type Place = (WebinarId, ProgramId);

/// A change of counts.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Registered in Zoom, with a join link.
    pub registered: i64,
    /// Registered in Zoom, waiting for the host's approval.
    pub pending: i64,
    /// Cancelled by the person, or deleted by the host, in Zoom.
    pub cancelled: i64,
}

/// The changes that this instance has not written yet.
#[derive(Debug, Default)]
pub struct PendingCounts(Mutex<BTreeMap<Place, Change>>);

impl PendingCounts {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Place, Change>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what is counted of a program at a webinar.
    pub fn get(&self, webinar: WebinarId, program: ProgramId) -> Change {
        self.lock().get(&(webinar, program)).copied().unwrap_or_default()
    }

    /// Takes all counts.
    pub fn take(&self) -> BTreeMap<Place, Change> {
        std::mem::take(&mut *self.lock())
    }

    /// Adds a change that could not be written.
    pub fn add(&self, webinar: WebinarId, program: ProgramId, change: Change) {
        self.lock().entry((webinar, program)).or_default().add(change);
    }

    /// Counts a write of the ledger.
    pub fn record(&self, webinar: WebinarId, before: Option<&Registration>, after: &Registration) {
        let mut changes = self.lock();
        for (entry, number) in before.map(|before| (before, -1)).into_iter().chain([(after, 1)]) {
            changes.entry((webinar, entry.program)).or_default().add(Change::of(entry, number));
        }
        changes.retain(|_, change| *change != Change::default());
    }
}

impl Change {
    /// Returns the change by a number of entries like this one.
    pub fn of(entry: &Registration, number: i64) -> Self {
        match entry.outcome {
            RegistrationOutcome::Registered { .. } => Self { registered: number, ..Self::default() },
            RegistrationOutcome::Pending { .. } => Self { pending: number, ..Self::default() },
            RegistrationOutcome::Failed { .. } if entry.outcome.is_cancelled() => {
                Self { cancelled: number, ..Self::default() }
            }
            RegistrationOutcome::Failed { .. } => Self::default(),
        }
    }

    /// Adds another change.
    pub fn add(&mut self, other: Self) {
        self.registered += other.registered;
        self.pending += other.pending;
        self.cancelled += other.cancelled;
    }

    /// Returns counts with this change.
    #[must_use]
    pub fn applied_to(self, counts: &RegistrationCounts) -> RegistrationCounts {
        let changed = |count: u32, by: i64| u32::try_from((i64::from(count) + by).max(0)).unwrap_or(u32::MAX);
        RegistrationCounts {
            registered: changed(counts.registered, self.registered),
            pending: changed(counts.pending, self.pending),
            cancelled: changed(counts.cancelled, self.cancelled),
            ..counts.clone()
        }
    }
}
