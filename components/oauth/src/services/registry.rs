//! Reading and writing services.

use crate::app::App;
use domain::records::{AccountKey, LiveService, Service, ServiceKey, ServiceState, Services, ServicesKey, VERSION};
use domain::{Code, Error, Problem, ServiceId};

/// The ids of all services, in order of creation.
pub(crate) async fn ids(app: &App) -> Result<Vec<ServiceId>, Error> {
    Ok(app.store().get(&ServicesKey {}).await?.map(|services| services.ids).unwrap_or_default())
}

/// Adds an id to the list. The caller holds the list.
pub(super) async fn add_id(app: &App, id: &ServiceId) -> Result<(), Error> {
    let mut ids = ids(app).await?;
    if !ids.contains(id) {
        ids.push(id.clone());
        app.store().put(&ServicesKey {}, &Services { v: VERSION, ids }).await?;
    }
    Ok(())
}

/// Takes an id off the list. The caller holds the list.
pub(super) async fn drop_id(app: &App, id: &ServiceId) -> Result<(), Error> {
    let mut ids = ids(app).await?;
    if ids.contains(id) {
        ids.retain(|known| known != id);
        app.store().put(&ServicesKey {}, &Services { v: VERSION, ids }).await?;
    }
    Ok(())
}

/// One service, in the state that it is in.
pub(crate) async fn get(app: &App, id: &ServiceId) -> Result<Option<Service>, Error> {
    let Some(mut service) = app.store().get(&ServiceKey { id: id.clone() }).await? else { return Ok(None) };
    // Which service is live is one write under the account's key. A sign-in that was cut off after it and before the
    // earlier service was marked has superseded that service all the same (R1).
    if matches!(service.state, ServiceState::Active | ServiceState::NeedsSignIn) && !is_live(app, &service).await? {
        supersede(&mut service);
    }
    Ok(Some(service))
}

/// All services, in order of creation. An id whose record is gone is passed over: its deletion was cut off.
pub(crate) async fn all(app: &App) -> Result<Vec<Service>, Error> {
    let mut services = Vec::new();
    for id in ids(app).await? {
        services.extend(get(app, &id).await?);
    }
    Ok(services)
}

/// A service that calls can be made for; otherwise why not.
pub(crate) async fn usable(app: &App, id: &ServiceId) -> Result<Service, Error> {
    let service = renewable(app, id).await?;
    if service.state == ServiceState::NeedsSignIn { Err(Code::ServiceNeedsSignIn.into()) } else { Ok(service) }
}

/// A service whose grant is still ours, even if Zoom was thought to refuse it; otherwise why not.
pub(crate) async fn renewable(app: &App, id: &ServiceId) -> Result<Service, Error> {
    let service = get(app, id).await?.ok_or(Code::ServiceNotFound)?;
    match service.state {
        ServiceState::Active | ServiceState::NeedsSignIn => Ok(service),
        ServiceState::Superseded => Err(Code::ServiceSuperseded.into()),
        ServiceState::Deauthorized => {
            Err(Problem::because(Code::ServiceNeedsSignIn, "The app was removed from the Zoom account.").into())
        }
    }
}

/// Writes a service. The caller holds it.
pub(crate) async fn save(app: &App, service: &Service) -> Result<(), Error> {
    Ok(app.store().put(&ServiceKey { id: service.id.clone() }, service).await?)
}

/// Marks a service as superseded (R1).
pub(super) fn supersede(service: &mut Service) {
    service.state = ServiceState::Superseded;
    service.problem = Some(Code::ServiceSuperseded.into());
}

/// Makes a service the live one of its account (R1).
pub(super) async fn make_live(app: &App, service: &Service) -> Result<(), Error> {
    let live = LiveService { v: VERSION, service: service.id.clone() };
    Ok(app.store().put(&account_key(service), &live).await?)
}

/// Leaves the account without a live service, if this is it.
pub(super) async fn make_not_live(app: &App, service: &Service) -> Result<(), Error> {
    if is_live(app, service).await? {
        app.store().delete(&account_key(service)).await?;
    }
    Ok(())
}

async fn is_live(app: &App, service: &Service) -> Result<bool, Error> {
    Ok(app.store().get(&account_key(service)).await?.is_some_and(|live| live.service == service.id))
}

fn account_key(service: &Service) -> AccountKey {
    AccountKey { account: service.account_id.clone() }
}
