//! Asks each component to delete its records of an account that removed the app (R17). The records of the removals have the
//! number of components that are done, so that the tick goes on from there; within a component, an interrupted deletion finds
//! what is left.

use crate::state::AppState;
use crate::store::removals;
use domain::time::{SignedDuration, Timestamp};
use domain::{AccountId, Component, Error, ServiceId};
use platform::internal_api::{self, ForgetAccountReport, ForgetAccountRequest};

/// The components with records of accounts. `catalog` comes after the others, which find most of an account's records through
/// its connections. Workers may write more until the connections are gone, so the others are asked once more: those records
/// know their account.
const ORDER: [Component; 5] = [
    Component::Attendance,
    Component::Registration,
    Component::Catalog,
    Component::Attendance,
    Component::Registration,
];

/// Maximum duration of one call.
const CALL_TIMEOUT: SignedDuration = SignedDuration::from_secs(10);

/// Minimum time left to start a call.
const MIN_TIME: SignedDuration = SignedDuration::from_secs(1);

/// How long before a call times out the component must have answered.
const ANSWER_MARGIN: SignedDuration = SignedDuration::from_millis(500);

/// An account whose records are deleted.
pub(super) struct ForgottenAccount {
    /// The account.
    pub(super) id: AccountId,
    /// Its services that ended.
    pub(super) services: Vec<ServiceId>,
    /// All other services.
    pub(super) kept_services: Vec<ServiceId>,
    /// Number of components that are done.
    pub(super) forgotten_in: usize,
}

/// Deletes the records of an account until the deadline. Returns whether none is left.
pub(super) async fn forget(app: &AppState, account: &ForgottenAccount, deadline: Timestamp) -> Result<bool, Error> {
    let mut deleted = 0;
    for (position, component) in ORDER.into_iter().enumerate().skip(account.forgotten_in) {
        let is_complete = forget_in(app, component, account, deadline, &mut deleted).await?;
        if !is_complete {
            platform::log!(Info, "deauthorization.continued_later", component = component.name(), deleted = deleted);
            return Ok(false);
        }
        // Only the first pass over attendance is left out by the next tick: it is the longest, and is repeated at the end.
        if position == 0 {
            for id in &account.services {
                removals::save_progress(app, id, position + 1).await?;
            }
        }
    }
    platform::log!(Info, "deauthorization.swept", deleted = deleted);
    Ok(true)
}

/// Calls a component until it finds no more records of the account, or the deadline. One that deleted records is called again
/// although it is complete: a listing can lack keys without an error (docs/STATE.md).
async fn forget_in(
    app: &AppState,
    component: Component,
    account: &ForgottenAccount,
    deadline: Timestamp,
    deleted: &mut u64,
) -> Result<bool, Error> {
    while app.now() + MIN_TIME <= deadline {
        let timeout = CALL_TIMEOUT.min(deadline.duration_since(app.now()));
        let request = ForgetAccountRequest {
            account: account.id.clone(),
            services: account.services.clone(),
            kept_services: account.kept_services.clone(),
            deadline: app.now() + timeout - ANSWER_MARGIN,
        };
        let report: ForgetAccountReport =
            internal_api::call(&app.ports, component, &["forget-account"], &request, timeout).await?;
        *deleted += report.deleted;
        // A call that deleted nothing would not get further at once.
        if report.deleted == 0 {
            return Ok(report.is_complete);
        }
    }
    Ok(false)
}
