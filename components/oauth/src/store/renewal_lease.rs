//! The lease for renewing a service's tokens. Several instances of the component run at once, and each would use the
//! same refresh token. In the rare case that two instances believe to have the lease, `tokens::renewal` waits before it
//! trusts a rejected refresh token.

use crate::state::AppState;
use domain::records::RenewalLeaseKey;
use domain::time::SignedDuration;
use domain::{Error, ServiceId};
use platform::lease::{AcquiredLease, LeaseTerms};

/// The terms. A lease lasts for a call to Zoom and for writing the result, in case its owner crashes.
const TERMS: LeaseTerms =
    LeaseTerms { max_duration: SignedDuration::from_secs(14), settling_time: SignedDuration::from_millis(50) };

/// An acquired lease.
pub(crate) type RenewalLease<'a> = AcquiredLease<'a, RenewalLeaseKey>;

/// Acquires the lease. Returns `None` while another instance has it.
pub(crate) async fn acquire<'a>(app: &'a AppState, id: &ServiceId) -> Result<Option<RenewalLease<'a>>, Error> {
    let key = RenewalLeaseKey { id: id.clone() };
    TERMS.acquire(&app.ports, key, app.now() + TERMS.max_duration).await
}

/// Releases the lease. A lease that cannot be released expires.
pub(crate) async fn release(lease: RenewalLease<'_>, id: &ServiceId) {
    if let Err(error) = lease.release().await {
        platform::log!(Warn, "renewal_lease.release_failed", service = id, error = error);
    }
}
