//! Removal of an account's services and of all its data, when the app was removed from the account (R17).

use super::confirmation::{self, Confirmation};
use super::end::{begin_removal, end};
use super::forget_account::{ForgottenAccount, forget};
use crate::state::AppState;
use crate::store::{removals, services, token_store};
use domain::records::{Removal, RemovalReason, Service, ServiceState};
use domain::time::Timestamp;
use domain::{AccountId, Error, ServiceId, UserId};
use platform::retry::RUN_TIMEOUT;
use std::collections::BTreeMap;

/// A report of Zoom that the app was removed.
pub(crate) struct RemovalReport {
    /// The account.
    pub(crate) account: AccountId,
    /// The user whose installation was removed, if the event says so.
    pub(crate) user: Option<UserId>,
    /// When it was removed, if that is known.
    pub(crate) removed_at: Option<Timestamp>,
}

/// Ends every service of the account, and starts deleting the rest of the account's data in the background: Zoom expects
/// an answer within 3 seconds. A report about another user than the live service's admin is confirmed first. If an admin
/// deleted the account's services here before, the rest is deleted within the request, because no record would make the
/// tick resume it; Zoom repeats the event if the request fails.
pub(crate) async fn deauthorize(app: &AppState, report: &RemovalReport) -> Result<(), Error> {
    let all = services::all(app).await?;
    let of_account: Vec<_> = all.into_iter().filter(|service| service.account_id == report.account).collect();
    if of_account.is_empty() {
        return forget_orphans(app, &report.account).await;
    }
    let mut affected = Vec::new();
    for service in of_account {
        if is_affected(app, &service, report.removed_at).await? {
            affected.push(service);
        }
    }
    if let Some(live) = affected.iter().find(|service| is_of_another_user(service, report)) {
        let removal = Removal::new(app.now(), RemovalReason::Reported);
        removals::save(app, &live.id, &removal).await?;
        platform::log!(Info, "deauthorization.reported", service = live.id);
        spawn_confirmation(app, live.id.clone());
        return Ok(());
    }
    for service in &affected {
        let removal = Removal::new(app.now(), RemovalReason::Deauthorized);
        begin_removal(app, &service.id, &removal).await?;
        platform::log!(Info, "service.deauthorized", service = service.id);
    }
    if !affected.is_empty() {
        let background_app = app.clone();
        let ended = ids(&affected);
        app.ports.background.spawn(Box::pin(async move { complete_or_log(&background_app, &ended).await }));
    }
    Ok(())
}

/// Returns whether a service is live and another user than its admin removed the app. A report without a user is obeyed.
fn is_of_another_user(service: &Service, report: &RemovalReport) -> bool {
    let is_live = matches!(service.state, ServiceState::Active | ServiceState::NeedsSignIn);
    is_live && report.user.as_ref().is_some_and(|user| *user != service.admin_user_id)
}

fn spawn_confirmation(app: &AppState, id: ServiceId) {
    let background_app = app.clone();
    app.ports.background.spawn(Box::pin(async move {
        // The tick repeats what fails.
        match confirmation::confirm(&background_app, &id).await {
            Ok(Confirmation::StillInstalled) => {}
            Ok(Confirmation::Removed(ended)) => complete_or_log(&background_app, &ended).await,
            Err(error) => {
                platform::log!(Warn, "deauthorization.confirm_failed", service = id, error = error);
            }
        }
    }));
}

/// Completes the removal of ended services. The tick continues what fails or is left.
async fn complete_or_log(app: &AppState, ended: &[ServiceId]) {
    if let Err(error) = complete(app, ended, app.now() + RUN_TIMEOUT).await {
        platform::log!(Warn, "deauthorization.sweep_failed", error = error);
    }
}

/// Completes the removal of services that are ended or to be ended. Returns how many removals are complete; the others are
/// continued later.
pub(crate) async fn complete(app: &AppState, ended: &[ServiceId], deadline: Timestamp) -> Result<usize, Error> {
    for id in ended {
        // The service may not have been ended before an interruption.
        end(app, id, RemovalReason::Deauthorized).await?;
    }
    let services = services::all(app).await?;
    let mut completed = 0;
    for id in ended.iter().filter(|id| !services.iter().any(|service| service.id == **id)) {
        removals::delete(app, id).await?;
        completed += 1;
    }
    let mut by_account = BTreeMap::<_, Vec<_>>::new();
    for service in services.into_iter().filter(|service| ended.contains(&service.id)) {
        by_account.entry(service.account_id).or_default().push(service.id);
    }
    let kept_services = kept_services(app, ended).await?;
    let mut failure = None;
    for (id, services) in by_account {
        let account = ForgottenAccount { id, services, kept_services: kept_services.clone() };
        match forget(app, &account, deadline).await {
            Ok(true) => {
                for id in &account.services {
                    removals::delete(app, id).await?;
                    completed += 1;
                }
            }
            Ok(false) => {}
            // The other accounts do not wait for this one.
            Err(error) => failure = Some(error),
        }
    }
    failure.map_or(Ok(completed), Err)
}

/// Returns all services but those that end, also ones that cannot be read: what is connected through them stays.
async fn kept_services(app: &AppState, ended: &[ServiceId]) -> Result<Vec<ServiceId>, Error> {
    let mut ids = services::ids(app).await?;
    ids.retain(|id| !ended.contains(id));
    Ok(ids)
}

/// Deletes the data of an account that has no service here any more.
async fn forget_orphans(app: &AppState, account: &AccountId) -> Result<(), Error> {
    let kept_services = kept_services(app, &[]).await?;
    let account = ForgottenAccount { id: account.clone(), services: Vec::new(), kept_services };
    if forget(app, &account, app.now() + RUN_TIMEOUT).await? { Ok(()) } else { Err(incomplete()) }
}

/// The error of a deletion that is not complete and that no record makes the tick resume: the caller repeats it.
pub(super) fn incomplete() -> Error {
    Error::Internal("the records of the account are not deleted completely yet".to_owned())
}

fn ids(services: &[Service]) -> Vec<ServiceId> {
    services.iter().map(|service| service.id.clone()).collect()
}

/// Returns whether the event ends a service: it does not if the service ended already, or if the admin signed in after
/// the app was removed.
async fn is_affected(app: &AppState, service: &Service, removed_at: Option<Timestamp>) -> Result<bool, Error> {
    if service.state == ServiceState::Deauthorized {
        return Ok(false);
    }
    let tokens = match token_store::load(app, &service.id).await {
        Ok(tokens) => tokens,
        Err(Error::Rejected(_)) => None,
        Err(error) => return Err(error),
    };
    // Zoom's times are whole seconds. A removal in the same second as the sign-in counts, since data would remain
    // otherwise.
    Ok(tokens.zip(removed_at).is_none_or(|(tokens, at)| at.as_second() >= tokens.signed_in_at.as_second()))
}
