//! The worker lease: one worker at a time, see [`domain::records::Lease`].

use crate::state::AppState;
use domain::Error;
use domain::records::{Lease, VERSION, WorkerKey};
use domain::time::{SignedDuration, Timestamp};
use platform::retry::RUN_TIMEOUT;

/// How long a lease outlasts its worker's deadline, for the last call and the last write.
const MARGIN: SignedDuration = SignedDuration::from_secs(5);

/// How long a worker waits before it reads its lease back, to detect a concurrent acquisition.
const READ_BACK_DELAY: SignedDuration = SignedDuration::from_millis(50);

/// Maximum clock difference between hosts that share a store.
const MAX_CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(1);

/// An acquired lease.
pub(crate) struct WorkerLease<'a> {
    state: &'a AppState,
    /// A random number that identifies the worker.
    pub(crate) owner: u32,
}

impl<'a> WorkerLease<'a> {
    /// Acquires the lease until a deadline, or takes it over from a `predecessor`. Returns `None` while another worker
    /// has it.
    pub(crate) async fn acquire(
        state: &'a AppState,
        deadline: Timestamp,
        predecessor: Option<u32>,
    ) -> Result<Option<Self>, Error> {
        let stored = state.store().get(&WorkerKey {}).await?;
        // A lease that ends later than any worker's deadline was written by a wrong clock and is ignored.
        let now = state.now();
        let is_valid = |lease: &Lease| now < lease.until && lease.until < now + RUN_TIMEOUT + MARGIN + MAX_CLOCK_SKEW;
        if stored.is_some_and(|lease| is_valid(&lease) && Some(lease.by) != predecessor) {
            return Ok(None);
        }
        let owner = state.ports.random.u32();
        let lease = Lease { v: VERSION, by: owner, until: deadline + MARGIN };
        state.store().put(&WorkerKey {}, &lease).await?;
        if predecessor.is_none() {
            state.ports.clock.sleep(READ_BACK_DELAY).await;
        }
        let is_acquired = state.store().get(&WorkerKey {}).await?.is_some_and(|lease| lease.by == owner);
        Ok(is_acquired.then_some(Self { state, owner }))
    }

    /// Releases the lease, unless another worker has acquired it.
    pub(crate) async fn release(self) -> Result<(), Error> {
        let stored = self.state.store().get(&WorkerKey {}).await?;
        if stored.is_some_and(|lease| lease.by == self.owner) {
            self.state.store().delete(&WorkerKey {}).await?;
        }
        Ok(())
    }
}
