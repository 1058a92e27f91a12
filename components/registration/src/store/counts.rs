//! How many people of each program the ledger has. Each write of the ledger changes the counts in memory, and what an
//! instance counted is added to the records after each piece of work. Whoever shows counts reads one record instead of the
//! ledger.

use crate::state::AppState;
use domain::Error;
use domain::records::{Registration, RegistrationCounts, RegistrationCountsKey, RegistrationOutcome};
use domain::{ProgramId, WebinarId};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A program at a webinar.
type Place = (WebinarId, ProgramId);

/// A change of counts.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Change {
    registered: i64,
    pending: i64,
    cancelled: i64,
}

/// The changes that this instance has not written yet.
#[derive(Debug, Default)]
pub struct PendingCounts(Mutex<BTreeMap<Place, Change>>);

impl PendingCounts {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Place, Change>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
    fn of(entry: &Registration, number: i64) -> Self {
        match entry.outcome {
            RegistrationOutcome::Registered { .. } => Self { registered: number, ..Self::default() },
            RegistrationOutcome::Pending { .. } => Self { pending: number, ..Self::default() },
            RegistrationOutcome::Failed { .. } if super::ledger::is_cancelled(entry) => {
                Self { cancelled: number, ..Self::default() }
            }
            RegistrationOutcome::Failed { .. } => Self::default(),
        }
    }

    fn add(&mut self, other: Self) {
        self.registered += other.registered;
        self.pending += other.pending;
        self.cancelled += other.cancelled;
    }

    /// Returns counts with this change.
    fn applied_to(self, counts: &RegistrationCounts) -> RegistrationCounts {
        let changed = |count: u32, by: i64| u32::try_from((i64::from(count) + by).max(0)).unwrap_or(u32::MAX);
        RegistrationCounts {
            registered: changed(counts.registered, self.registered),
            pending: changed(counts.pending, self.pending),
            cancelled: changed(counts.cancelled, self.cancelled),
            ..counts.clone()
        }
    }
}

/// Returns the counts of a program at a webinar, with what this instance has not written yet.
pub async fn read(state: &AppState, webinar: WebinarId, program: ProgramId) -> Result<RegistrationCounts, Error> {
    let stored = state.ports.store().get_readable(&RegistrationCountsKey { webinar, program }).await?;
    let pending = state.counts.lock().get(&(webinar, program)).copied().unwrap_or_default();
    Ok(pending.applied_to(&stored.unwrap_or_default()))
}

/// Writes what this instance counted. What fails is written later.
pub async fn flush(state: &AppState) {
    let changes = std::mem::take(&mut *state.counts.lock());
    for ((webinar, program), change) in changes {
        if let Err(error) = write(state, webinar, program, |counts| change.applied_to(counts)).await {
            platform::log!(Warn, "registration_counts.write_failed", program = program, error = error);
            state.counts.lock().entry((webinar, program)).or_default().add(change);
        }
    }
}

async fn write(
    state: &AppState,
    webinar: WebinarId,
    program: ProgramId,
    change: impl FnOnce(&RegistrationCounts) -> RegistrationCounts,
) -> Result<(), Error> {
    let key = RegistrationCountsKey { webinar, program };
    let _guard = state.locks.lock(&state.ports, &key.to_string()).await;
    let before = state.ports.store().get_readable(&key).await?.unwrap_or_default();
    let after = change(&before);
    if after != before {
        state.ports.store().put(&key, &after).await?;
    }
    Ok(())
}

/// Corrects the counts of registered and pending people of programs at a webinar, of whom a comparison with Zoom read all
/// entries (R18).
pub async fn correct(
    state: &AppState,
    webinar: WebinarId,
    programs: &[ProgramId],
    entries: &[&Registration],
) -> Result<(), Error> {
    flush(state).await;
    for &program in programs {
        let mut counted = Change::default();
        entries.iter().filter(|entry| entry.program == program).for_each(|entry| counted.add(Change::of(entry, 1)));
        write(state, webinar, program, |counts| {
            let kept = RegistrationCounts { registered: 0, pending: 0, ..counts.clone() };
            Change { cancelled: 0, ..counted }.applied_to(&kept)
        })
        .await?;
    }
    Ok(())
}
