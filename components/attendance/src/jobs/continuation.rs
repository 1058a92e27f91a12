//! Continues work in a new request. A request lasts at most 25 seconds, a large webinar takes minutes, and the
//! scheduler calls once a minute, so a worker that leaves work calls this component by service chaining. If that call
//! is lost, the tick continues.

use crate::state::AppState;
use domain::records::{Key, Lease};
use domain::time::SignedDuration;
use domain::{Error, WebinarId};
use platform::internal_api::{self, Component};
use platform::lease::AcquiredLease;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

/// Timeout of the call. The next worker answers before it starts.
const TIMEOUT: SignedDuration = SignedDuration::from_secs(2);

/// Body of `POST /internal/work`.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ContinueRequest {
    /// The owner of the lease that the next worker takes over.
    #[serde(rename = "of")]
    pub(crate) predecessor: u32,
    /// The webinar under way whose joins the worker handles; the worker of attendance if there is none.
    #[serde(default)]
    pub(crate) webinar: Option<WebinarId>,
}

/// Calls the next worker, which takes the lease over. Releases the lease if the call fails.
pub(super) async fn hand_over<K: Key<Record = Lease>>(
    state: &AppState,
    lease: AcquiredLease<'_, K>,
    webinar: Option<WebinarId>,
) {
    let request = ContinueRequest { predecessor: lease.owner, webinar };
    let answer: Result<IgnoredAny, Error> =
        internal_api::call(&state.ports, Component::Attendance, &["work"], &request, TIMEOUT).await;
    if let Err(error) = answer {
        platform::log!(Warn, "attendance.continuation_failed", error = error);
        if let Err(error) = lease.release().await {
            platform::log!(Warn, "lease.release_failed", error = error);
        }
    }
}
