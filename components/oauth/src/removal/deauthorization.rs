//! Removal of an account's services and of all its data, when the app was removed from the account (R17).

use super::account_sweep;
use super::end::{begin_removal, end};
use crate::state::AppState;
use crate::store::removals::{self, Removal, RemovalReason};
use crate::store::{services, token_store};
use domain::records::{ProgramConnection, Service, ServiceState};
use domain::time::Timestamp;
use domain::{AccountId, Error, ServiceId};

/// Ends every service of the account, and starts deleting the rest of the account's data in the background: Zoom expects
/// an answer within 3 seconds. If an admin deleted the account's services here before, the rest is deleted within the
/// request, because no record would make the tick resume it; Zoom repeats the event if the request fails.
pub(crate) async fn deauthorize(
    app: &AppState,
    account: &AccountId,
    removed_at: Option<Timestamp>,
) -> Result<(), Error> {
    let all = services::all(app).await?;
    let of_account: Vec<_> = all.into_iter().filter(|service| service.account_id == *account).collect();
    if of_account.is_empty() {
        return sweep_orphans(app, account).await;
    }
    let mut ended = Vec::new();
    for service in of_account {
        if is_affected(app, &service, removed_at).await? {
            let removal = Removal::new(app.now(), RemovalReason::Deauthorized);
            begin_removal(app, &service.id, &removal).await?;
            platform::log!(Info, "service.deauthorized", service = service.id);
            ended.push(service.id);
        }
    }
    if !ended.is_empty() {
        let background_app = app.clone();
        app.ports.background.spawn(Box::pin(async move {
            if let Err(error) = complete(&background_app, &ended).await {
                platform::log!(Warn, "deauthorization.sweep_failed", error = error);
            }
        }));
    }
    Ok(())
}

/// Completes the removal of services that are ended or to be ended.
pub(crate) async fn complete(app: &AppState, ended: &[ServiceId]) -> Result<(), Error> {
    for id in ended {
        // The service may not have been ended before an interruption.
        end(app, id, RemovalReason::Deauthorized).await?;
    }
    let services = services::all(app).await?;
    let accounts: Vec<_> =
        services.iter().filter(|service| ended.contains(&service.id)).map(|service| &service.account_id).collect();
    account_sweep::sweep(app, |connection| {
        ended.contains(&connection.service) || is_orphan(connection, &accounts, &services)
    })
    .await?;
    for id in ended {
        removals::delete(app, id).await?;
    }
    Ok(())
}

/// Deletes the data of an account that has no service here any more.
async fn sweep_orphans(app: &AppState, account: &AccountId) -> Result<(), Error> {
    let services = services::all(app).await?;
    account_sweep::sweep(app, |connection| is_orphan(connection, &[account], &services)).await
}

/// Returns whether a connection belongs to one of the accounts and its service was deleted here before.
fn is_orphan(connection: &ProgramConnection, accounts: &[&AccountId], services: &[Service]) -> bool {
    connection.account_id.as_ref().is_some_and(|account| accounts.contains(&account))
        && !services.iter().any(|service| service.id == connection.service)
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
