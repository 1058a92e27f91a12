//! Makes a service of a confirmed sign-in (R1).

use super::identity::Identity;
use crate::state::AppState;
use crate::store::token_store::{self, ServiceTokens};
use crate::store::{removals, services};
use crate::zoom_oauth::response::Grant;
use domain::records::{Record, RemovalReason, Service, ServiceState};
use domain::{Error, ServiceId};

/// Number of random bytes in a service id: enough to be unique, and short enough to read.
const ID_BYTES: usize = 10;

/// Makes the account's live service of a sign-in. The name of an earlier service of the account renews that service;
/// another name supersedes it (R1).
pub(crate) async fn activate(
    app: &AppState,
    name: String,
    identity: Identity,
    grant: &Grant,
) -> Result<ServiceId, Error> {
    let _index_guard = app.lock_service_index().await;
    let all = services::all(app).await?;
    let of_account: Vec<_> = all.into_iter().filter(|service| service.is_of(&identity.account)).collect();
    let earlier = find_renewable(app, &of_account, &name).await?;
    let service = live_service(app, name, identity, grant, earlier);
    {
        let _guard = app.lock_service(&service.id).await;
        // The tokens are written first, because a live service must be usable.
        let tokens = ServiceTokens::new(grant, app.now(), app.now());
        token_store::save(app, &service.id, &tokens).await?;
        services::save(app, &service).await?;
        services::set_live(app, &service).await?;
    }
    platform::log!(Info, "service.signed_in", service = service.id);
    for mut other in of_account {
        if other.id != service.id && other.state != ServiceState::Deauthorized {
            let _guard = app.lock_service(&other.id).await;
            services::mark_superseded(&mut other);
            services::save(app, &other).await?;
            // The tokens are not revoked: Zoom would revoke the account's new grant with them.
            token_store::delete(app, &other.id).await?;
            platform::log!(Info, "service.superseded", service = other.id);
        }
    }
    Ok(service.id)
}

/// Returns the service that this sign-in renews. A service whose removal is under way is not renewed, because the rest
/// of its data is still to be deleted.
async fn find_renewable<'s>(
    app: &AppState,
    of_account: &'s [Service],
    name: &str,
) -> Result<Option<&'s Service>, Error> {
    for service in of_account.iter().filter(|service| service.name == name) {
        // A removal that was only reported is dropped when the tick finds that the new tokens work.
        if removals::get(app, &service.id).await?.is_none_or(|removal| removal.reason == RemovalReason::Reported) {
            return Ok(Some(service));
        }
    }
    Ok(None)
}

fn live_service(app: &AppState, name: String, identity: Identity, grant: &Grant, earlier: Option<&Service>) -> Service {
    let new_id = || {
        let bytes: [u8; ID_BYTES] = app.ports.random.bytes();
        ServiceId::from(const_hex::encode(bytes))
    };
    Service {
        v: Service::VERSION,
        id: earlier.map_or_else(new_id, |service| service.id.clone()),
        name,
        account_id: identity.account,
        admin_user_id: identity.user,
        admin_email: identity.email,
        scopes: grant.scopes.clone().unwrap_or_default(),
        api_base: identity.api_base.to_string(),
        users: earlier.map(|service| service.users.clone()).unwrap_or_default(),
        state: ServiceState::Active,
        created_at: earlier.map_or_else(|| app.now(), |service| service.created_at),
        problem: None,
        problem_program: None,
        rejection: None,
    }
}
