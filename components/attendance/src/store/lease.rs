//! The worker lease: one worker at a time (see [`domain::records::WorkerKey`]).

use crate::state::AppState;
use domain::Error;
use domain::records::WorkerKey;
use domain::time::{SignedDuration, Timestamp};
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
