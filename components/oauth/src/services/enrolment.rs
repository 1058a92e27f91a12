//! What a sign-in makes of the services (R1).

use super::registry;
use super::removal::removal_of;
use crate::app::App;
use crate::grant::Grant;
use crate::tokens::{self, Tokens};
use domain::records::{Service, ServiceState, VERSION};
use domain::{AccountId, Email, Error, ServiceId, UserId};

/// Bytes of a new service's id: enough that it is never made twice, and short enough to read.
const ID_BYTES: usize = 10;

/// A sign-in that Zoom confirmed.
pub(crate) struct SignedIn {
    pub(crate) name: String,
    pub(crate) account: AccountId,
    pub(crate) user: UserId,
    pub(crate) email: Email,
    pub(crate) grant: Grant,
    pub(crate) api_base: String,
}

/// Makes the account's live service of a sign-in. Under the name of an earlier service of the account it renews that
/// one; under another name it supersedes it (R1).
pub(crate) async fn enrol(app: &App, signed_in: SignedIn) -> Result<ServiceId, Error> {
    let _list = app.hold_list().await;
    let of_account: Vec<_> =
        registry::all(app).await?.into_iter().filter(|service| service.account_id == signed_in.account).collect();
    let earlier = renewable(app, &of_account, &signed_in.name).await?;
    let service = live_service(app, &signed_in, earlier);
    {
        let _held = app.hold(&service.id).await;
        // The tokens first: a service that is live can be used.
        tokens::save(app, &service.id, &Tokens::new(&signed_in.grant, app.now(), app.now())).await?;
        registry::save(app, &service).await?;
        registry::add_id(app, &service.id).await?;
        registry::make_live(app, &service).await?;
    }
    platform::log!("service.signed_in", service = service.id);
    for mut other in of_account {
        if other.id != service.id && other.state != ServiceState::Deauthorized {
            let _held = app.hold(&other.id).await;
            registry::supersede(&mut other);
            registry::save(app, &other).await?;
            // Not revoked: Zoom would take back the grant that the account has just given again.
            tokens::forget(app, &other.id).await?;
            platform::log!("service.superseded", service = other.id);
        }
    }
    Ok(service.id)
}

/// The service that this sign-in renews. One whose removal is under way is not: what is left of it still has to go.
async fn renewable<'s>(app: &App, of_account: &'s [Service], name: &str) -> Result<Option<&'s Service>, Error> {
    for service in of_account.iter().filter(|service| service.name == name) {
        if removal_of(app, &service.id).await?.is_none() {
            return Ok(Some(service));
        }
    }
    Ok(None)
}

fn live_service(app: &App, signed_in: &SignedIn, earlier: Option<&Service>) -> Service {
    let new_id = || {
        let bytes: [u8; ID_BYTES] = app.ports.random.bytes();
        ServiceId::from(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
    };
    Service {
        v: VERSION,
        id: earlier.map_or_else(new_id, |service| service.id.clone()),
        name: signed_in.name.clone(),
        account_id: signed_in.account.clone(),
        admin_user_id: signed_in.user.clone(),
        admin_email: signed_in.email.clone(),
        scopes: signed_in.grant.scopes.clone().unwrap_or_default(),
        api_base: signed_in.api_base.clone(),
        users: earlier.map(|service| service.users.clone()).unwrap_or_default(),
        state: ServiceState::Active,
        created_at: earlier.map_or_else(|| app.now(), |service| service.created_at),
        problem: None,
    }
}
