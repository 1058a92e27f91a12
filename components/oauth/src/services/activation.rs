//! Makes a service of a confirmed sign-in (R1).

use crate::state::AppState;
use crate::store::token_store::{self, ServiceTokens};
use crate::store::{removals, services};
use crate::zoom_oauth::response::Grant;
use domain::records::{Record, Service, ServiceState};
use domain::{AccountId, Email, Error, ServiceId, UserId};
use platform::url_origin::UrlOrigin;

/// Number of random bytes in a service id: enough to be unique, and short enough to read.
const ID_BYTES: usize = 10;

/// A sign-in that Zoom confirmed.
pub(crate) struct ConfirmedSignIn {
    pub(crate) service_name: String,
    pub(crate) account: AccountId,
    pub(crate) user: UserId,
    pub(crate) email: Email,
    pub(crate) grant: Grant,
    pub(crate) api_base: UrlOrigin,
}

/// Makes the account's live service of a sign-in. The name of an earlier service of the account renews that service;
/// another name supersedes it (R1).
pub(crate) async fn activate(app: &AppState, sign_in: ConfirmedSignIn) -> Result<ServiceId, Error> {
    let _index_guard = app.lock_service_index().await;
    let all = services::all(app).await?;
    let of_account: Vec<_> = all.into_iter().filter(|service| service.account_id == sign_in.account).collect();
    let earlier = find_renewable(app, &of_account, &sign_in.service_name).await?;
    let service = live_service(app, &sign_in, earlier);
    {
        let _guard = app.lock_service(&service.id).await;
        // The tokens are written first, because a live service must be usable.
        let tokens = ServiceTokens::new(&sign_in.grant, app.now(), app.now());
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
        if removals::get(app, &service.id).await?.is_none() {
            return Ok(Some(service));
        }
    }
    Ok(None)
}

fn live_service(app: &AppState, sign_in: &ConfirmedSignIn, earlier: Option<&Service>) -> Service {
    let new_id = || {
        let bytes: [u8; ID_BYTES] = app.ports.random.bytes();
        ServiceId::from(const_hex::encode(bytes))
    };
    Service {
        v: Service::VERSION,
        id: earlier.map_or_else(new_id, |service| service.id.clone()),
        name: sign_in.service_name.clone(),
        account_id: sign_in.account.clone(),
        admin_user_id: sign_in.user.clone(),
        admin_email: sign_in.email.clone(),
        scopes: sign_in.grant.scopes.clone().unwrap_or_default(),
        api_base: sign_in.api_base.to_string(),
        users: earlier.map(|service| service.users.clone()).unwrap_or_default(),
        state: ServiceState::Active,
        created_at: earlier.map_or_else(|| app.now(), |service| service.created_at),
        problem: None,
        problem_program: None,
    }
}
