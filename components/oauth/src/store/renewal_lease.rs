//! The lease for renewing a service's tokens. Several instances of the component run at once, and each would use the
//! same refresh token. The store has no atomics, so an instance writes the lease, waits, and reads it back: of several
//! concurrent writers the last one has it. In the rare case that two instances believe to have it, `tokens::renewal`
//! waits before it trusts a rejected refresh token.

use crate::state::AppState;
use domain::records::{Key, VERSION};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ServiceId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How long a lease lasts if its holder crashes: a call to Zoom, and writing the result.
const LIFETIME: SignedDuration = SignedDuration::from_secs(14);

/// How long another instance's write may take to become visible.
const SETTLING_TIME: SignedDuration = SignedDuration::from_millis(50);

/// The holder of a service's lease, and when the lease lapses.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct RenewalLease {
    v: u32,
    by: String,
    until: Timestamp,
}

struct RenewalLeaseKey {
    id: ServiceId,
}

impl Key for RenewalLeaseKey {
    type Record = RenewalLease;
}

impl fmt::Display for RenewalLeaseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "renewing:{}", self.id)
    }
}

/// Acquires the lease. Returns `false` if another instance has it.
pub(crate) async fn acquire(app: &AppState, id: &ServiceId) -> Result<bool, Error> {
    let key = RenewalLeaseKey { id: id.clone() };
    if app.store().get(&key).await?.is_some_and(|lease| lease.until > app.now()) {
        return Ok(false);
    }
    let by = app.nonce();
    app.store().put(&key, &RenewalLease { v: VERSION, by: by.clone(), until: app.now() + LIFETIME }).await?;
    app.ports.clock.sleep(SETTLING_TIME).await;
    Ok(app.store().get(&key).await?.is_some_and(|lease| lease.by == by))
}

/// Releases the lease. A lease that cannot be released lapses.
pub(crate) async fn release(app: &AppState, id: &ServiceId) {
    if let Err(error) = app.store().delete(&RenewalLeaseKey { id: id.clone() }).await {
        platform::log!(Warn, "renewal_lease.release_failed", service = id, error = error);
    }
}
