//! Confirmation of a removal that Zoom reported about another user than the admin of the live service, or at about the time of
//! the sign-in (R17). A user who removes their own installation does not end that of the account, and the admin may have
//! installed the app again, so Zoom is asked before anything is deleted.

use super::end::begin_removal;
use crate::state::AppState;
use crate::store::{removals, services};
use crate::tokens::renewal;
use domain::records::{Removal, RemovalReason, Service, ServiceState};
use domain::time::SignedDuration;
use domain::{AccountId, Error, ServiceId};

/// How long after the report Zoom must still accept the grant for the report to be dropped.
const MIN_OBSERVATION: SignedDuration = SignedDuration::from_mins(10);

/// What Zoom says about a reported removal.
pub(crate) enum Confirmation {
    /// Zoom accepts the grant. The report is dropped once Zoom has done so for long enough.
    StillInstalled,
    /// Zoom rejects the grant. These services of the account are ended, and their data is to be deleted.
    Removed(Vec<ServiceId>),
}

/// Asks Zoom whether it still accepts the live service's grant. An error leaves the report to the next tick.
pub(crate) async fn confirm(app: &AppState, id: &ServiceId) -> Result<Confirmation, Error> {
    let _index_guard = app.lock_service_index().await;
    // Meanwhile another event may have ended the service.
    let removal = removals::get(app, id).await?.filter(|removal| removal.reason == RemovalReason::Reported);
    let Some(removal) = removal else { return Ok(Confirmation::StillInstalled) };
    let Some(service) = services::get(app, id).await? else {
        removals::delete(app, id).await?;
        return Ok(Confirmation::StillInstalled);
    };
    let is_live = matches!(service.state, ServiceState::Active | ServiceState::NeedsSignIn);
    // A service that is no longer live was superseded meanwhile, by a sign-in that Zoom accepted.
    if !is_live || renewal::is_accepted(app, id).await? {
        // Zoom may still accept a grant right after the removal. The tick asks again.
        if is_live && app.now().duration_since(removal.since) < MIN_OBSERVATION {
            return Ok(Confirmation::StillInstalled);
        }
        removals::delete(app, id).await?;
        platform::log!(Info, "deauthorization.rejected", service = id);
        return Ok(Confirmation::StillInstalled);
    }
    Ok(Confirmation::Removed(end_all(app, &service.account_id).await?))
}

/// Ends all services of an account that removed the app. Returns those that had not ended before.
async fn end_all(app: &AppState, account: &AccountId) -> Result<Vec<ServiceId>, Error> {
    let is_open = |service: &Service| service.is_of(account) && service.state != ServiceState::Deauthorized;
    let mut ended = Vec::new();
    for service in services::all(app).await?.into_iter().filter(is_open) {
        let removal = Removal::new(app.now(), RemovalReason::Deauthorized);
        begin_removal(app, &service.id, &removal).await?;
        platform::log!(Info, "service.deauthorized", service = service.id);
        ended.push(service.id);
    }
    Ok(ended)
}
