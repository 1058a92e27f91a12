//! Removal of an account's services and of all its data, when the app was removed from the account (R17).

use super::confirmation::{self, Confirmation};
use super::end::{begin_removal, end};
use super::forget_account::{ForgottenAccount, forget};
use crate::state::AppState;
use crate::store::{removals, services, token_store};
use domain::records::{Removal, RemovalReason, Service, ServiceState};
use domain::time::{SignedDuration, Timestamp};
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
/// an answer within 3 seconds. A report about another user than the live service's admin, or with a time that may be before the
/// sign-in, is confirmed first. If an admin
/// deleted the account's services here before, the rest is deleted within the request, because no record would make the
/// tick resume it; Zoom repeats the event if the request fails.
pub(crate) async fn deauthorize(app: &AppState, report: &RemovalReport) -> Result<(), Error> {
    let all = services::all(app).await?;
    let of_account: Vec<_> = all.into_iter().filter(|service| service.is_of(&report.account)).collect();
    if of_account.is_empty() {
        return forget_orphans(app, &report.account).await;
    }
    let mut affected = Vec::new();
    for service in of_account {
        match effect(app, &service, report.removed_at).await? {
            Effect::None => {}
            Effect::Ends => affected.push(service),
            Effect::Unclear => confirm_later(app, &service.id).await?,
        }
    }
    if let Some(live) = affected.iter().find(|service| is_of_another_user(service, report)) {
        return confirm_later(app, &live.id).await;
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

/// Records a report that Zoom has to confirm, and asks Zoom in the background.
async fn confirm_later(app: &AppState, id: &ServiceId) -> Result<(), Error> {
    let removal = Removal::new(app.now(), RemovalReason::Reported);
    removals::save(app, id, &removal).await?;
    platform::log!(Info, "deauthorization.reported", service = id);
    let (background_app, id) = (app.clone(), id.clone());
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
    Ok(())
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
        let forgotten_in = forgotten_in(app, &services).await?;
        let account = ForgottenAccount { id, services, kept_services: kept_services.clone(), forgotten_in };
        match forget(app, &account, deadline).await {
            Ok(true) => {
                for id in &account.services {
                    clear_account(app, id).await?;
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

/// Returns the number of components that have deleted the records of all these services.
async fn forgotten_in(app: &AppState, services: &[ServiceId]) -> Result<usize, Error> {
    let mut fewest = None;
    for id in services {
        let forgotten_in = removals::get(app, id).await?.map_or(0, |removal| removal.forgotten_in);
        fewest = Some(fewest.map_or(forgotten_in, |fewest: usize| fewest.min(forgotten_in)));
    }
    Ok(fewest.unwrap_or_default())
}

/// Clears the account of a service whose other records are deleted. Its name remains, until an admin deletes it.
async fn clear_account(app: &AppState, id: &ServiceId) -> Result<(), Error> {
    let _guard = app.lock_service(id).await;
    match services::get(app, id).await? {
        Some(mut service) if service.state == ServiceState::Deauthorized => {
            service.forget_account();
            services::save(app, &service).await
        }
        _ => Ok(()),
    }
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
    let account = ForgottenAccount { id: account.clone(), services: Vec::new(), kept_services, forgotten_in: 0 };
    if forget(app, &account, app.now() + RUN_TIMEOUT).await? { Ok(()) } else { Err(incomplete()) }
}

/// The error of a deletion that is not complete and that no record makes the tick resume: the caller repeats it.
pub(super) fn incomplete() -> Error {
    Error::Internal("the records of the account are not deleted completely yet".to_owned())
}

fn ids(services: &[Service]) -> Vec<ServiceId> {
    services.iter().map(|service| service.id.clone()).collect()
}

/// How far clocks and times may be apart: Zoom's, this host's, and the time that Zoom gives for a removal.
const MAX_TIME_DIFFERENCE: SignedDuration = SignedDuration::from_mins(10);

/// How far ahead of this host's clock a time is taken as it is.
const MAX_LEAD: SignedDuration = SignedDuration::from_secs(2);

/// What a removal means for a service.
enum Effect {
    /// Nothing: the service ended already, or the admin signed in after the app was removed.
    None,
    /// It ends.
    Ends,
    /// The times do not tell whether the admin signed in before or after the removal. Zoom is asked.
    Unclear,
}

/// Returns what a removal at an instant means for a service.
async fn effect(app: &AppState, service: &Service, removed_at: Option<Timestamp>) -> Result<Effect, Error> {
    if service.state == ServiceState::Deauthorized {
        return Ok(Effect::None);
    }
    let tokens = match token_store::load(app, &service.id).await {
        Ok(tokens) => tokens,
        // They cannot be decrypted with the keys of this instance.
        Err(Error::Rejected(_)) => return Ok(Effect::Unclear),
        Err(error) => return Err(error),
    };
    let Some((tokens, at)) = tokens.zip(removed_at) else { return Ok(Effect::Ends) };
    // Zoom's times are whole seconds. A removal in the same second as the sign-in counts, since data would remain
    // otherwise.
    Ok(match at.as_second() - tokens.signed_in_at.as_second() {
        0.. if at <= app.now() + MAX_LEAD => Effect::Ends,
        earlier if earlier < -MAX_TIME_DIFFERENCE.as_secs() => Effect::None,
        _ => Effect::Unclear,
    })
}
