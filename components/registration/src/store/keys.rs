//! Lists the keys of this component's records.

use crate::state::AppState;
use domain::Error;
use domain::records::{
    AnyKey, FailureKey, MappingCrashMarkerKey, OutboxKey, OutboxPartKey, ReconciledKey, RegistrantsChangedKey,
    RegistrationCountsKey, RegistrationKey,
};

/// The keys of this component's records.
#[derive(Debug, Default)]
pub struct RegistrationKeys {
    /// The heads of chunks.
    pub chunks: Vec<OutboxKey>,
    /// The further parts of chunks.
    pub parts: Vec<OutboxPartKey>,
    /// The crash markers of chunks.
    pub crash_markers: Vec<MappingCrashMarkerKey>,
    /// The failure records.
    pub failures: Vec<FailureKey>,
    /// The ledger.
    pub registrations: Vec<RegistrationKey>,
    /// The marks of webinars whose registrants changed.
    pub marks: Vec<RegistrantsChangedKey>,
    /// The counts of programs at webinars.
    pub counts: Vec<RegistrationCountsKey>,
    /// The last comparisons of webinars.
    pub comparisons: Vec<ReconciledKey>,
}

impl RegistrationKeys {
    /// Lists the keys. A listing reads all keys, regardless of the kind, so there is only one.
    pub async fn list(state: &AppState) -> Result<Self, Error> {
        Ok(Self::of(state.ports.store().list::<AnyKey>().await?))
    }

    /// Returns the keys of this component among those of a listing.
    pub fn of(listed: Vec<AnyKey>) -> Self {
        let mut keys = Self::default();
        for key in listed {
            match key {
                AnyKey::Outbox(key) => keys.chunks.push(key),
                AnyKey::OutboxPart(key) => keys.parts.push(key),
                AnyKey::MappingCrashMarker(key) => keys.crash_markers.push(key),
                AnyKey::Failure(key) => keys.failures.push(key),
                AnyKey::Registration(key) => keys.registrations.push(key),
                AnyKey::RegistrantsChanged(key) => keys.marks.push(key),
                AnyKey::RegistrationCounts(key) => keys.counts.push(key),
                AnyKey::Reconciled(key) => keys.comparisons.push(key),
                _ => {}
            }
        }
        keys
    }
}
