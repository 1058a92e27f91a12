//! The leases of workers: one worker of attendance at a time (see [`WorkerKey`]), and one for the joins of a webinar.

use crate::state::AppState;
use domain::records::{LiveWorkerKey, WorkerKey};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, WebinarId};
use platform::lease::{AcquiredLease, LeaseTerms};
use platform::retry::RUN_TIMEOUT;

/// How long a lease outlasts its worker's deadline, for the last call and the last write.
const MARGIN: SignedDuration = SignedDuration::from_secs(5);

/// The terms: no worker's deadline is later than [`RUN_TIMEOUT`].
const TERMS: LeaseTerms = LeaseTerms {
    max_duration: SignedDuration::from_secs(RUN_TIMEOUT.as_secs() + MARGIN.as_secs()),
    settling_time: SignedDuration::from_millis(50),
};

/// An acquired lease.
pub(crate) type WorkerLease<'a> = AcquiredLease<'a, WorkerKey>;

/// Acquires the lease until a deadline, or takes it over from a `predecessor`. Returns `None` while another worker has
/// it.
pub(crate) async fn acquire(
    state: &AppState,
    deadline: Timestamp,
    predecessor: Option<u32>,
) -> Result<Option<WorkerLease<'_>>, Error> {
    TERMS.acquire_from(&state.ports, WorkerKey {}, deadline + MARGIN, predecessor).await
}

/// Acquires the lease for the joins of a webinar, as [`acquire`] does.
pub(crate) async fn acquire_live(
    state: &AppState,
    webinar: WebinarId,
    deadline: Timestamp,
    predecessor: Option<u32>,
) -> Result<Option<AcquiredLease<'_, LiveWorkerKey>>, Error> {
    TERMS.acquire_from(&state.ports, LiveWorkerKey { webinar }, deadline + MARGIN, predecessor).await
}
