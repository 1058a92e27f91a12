//! The services, their index, and the live service of each account.

use crate::state::AppState;
use domain::records::{
    AccountKey, LiveService, Record, Service, ServiceKey, ServiceState, ServiceUsability, Services, ServicesKey,
};
use domain::{Error, ErrorCode, ServiceId};
use platform::index;

/// Returns the ids of all services, in order of creation.
pub(crate) async fn ids(app: &AppState) -> Result<Vec<ServiceId>, Error> {
    Ok(app.store().get(&ServicesKey {}).await?.map(|services| services.ids).unwrap_or_default())
}

/// Adds an id to the index, and keeps it there while others write the index too.
pub(crate) async fn add_to_index(app: &AppState, id: &ServiceId) -> Result<(), Error> {
    let added = id.clone();
    let insert = move |services: &mut Services| {
        let is_missing = !services.ids.contains(&added);
        if is_missing {
            services.ids.push(added.clone());
        }
        is_missing
    };
    index::insert(&app.ports, ServicesKey {}, ServiceKey { id: id.clone() }, insert).await
}

/// Removes an id from the index. The caller holds the lock of the index.
pub(crate) async fn remove_from_index(app: &AppState, id: &ServiceId) -> Result<(), Error> {
    let mut ids = ids(app).await?;
    if ids.contains(id) {
        ids.retain(|other| other != id);
        app.store().put(&ServicesKey {}, &Services { v: Services::VERSION, ids }).await?;
    }
    Ok(())
}

/// Returns a service with its current state.
pub(crate) async fn get(app: &AppState, id: &ServiceId) -> Result<Option<Service>, Error> {
    match app.store().get(&ServiceKey { id: id.clone() }).await? {
        Some(service) => with_state(app, service).await.map(Some),
        None => Ok(None),
    }
}

async fn with_state(app: &AppState, mut service: Service) -> Result<Service, Error> {
    // The record under the account's key decides which service is live. A sign-in that was interrupted after writing it
    // may have left the earlier service unmarked; that service is superseded nevertheless (R1).
    if matches!(service.state, ServiceState::Active | ServiceState::NeedsSignIn) && !is_live(app, &service).await? {
        mark_superseded(&mut service);
    }
    Ok(service)
}

/// Returns all services, in order of creation. Skips an id without a record: its deletion was interrupted. Logs and skips
/// unreadable ones, so that the others can be used.
pub(crate) async fn all(app: &AppState) -> Result<Vec<Service>, Error> {
    let mut services = Vec::new();
    for id in ids(app).await? {
        if let Some(service) = app.store().get_readable(&ServiceKey { id }).await? {
            services.push(with_state(app, service).await?);
        }
    }
    Ok(services)
}

/// Returns a service that Zoom can be called for; otherwise the reason why not.
pub(crate) async fn get_usable(app: &AppState, id: &ServiceId) -> Result<Service, Error> {
    let service = get(app, id).await?;
    ServiceUsability::of(service.as_ref(), None).require()?;
    service.ok_or_else(|| ErrorCode::ServiceNotFound.into())
}

/// Returns a service that has a grant, even one that Zoom was found to reject; otherwise the reason why it has none.
pub(crate) async fn get_renewable(app: &AppState, id: &ServiceId) -> Result<Service, Error> {
    let service = get(app, id).await?;
    match ServiceUsability::of(service.as_ref(), None) {
        ServiceUsability::NeedsSignIn => {}
        other => other.require()?,
    }
    service.ok_or_else(|| ErrorCode::ServiceNotFound.into())
}

/// Writes a service, and adds it to the index if it is missing there. The caller holds its lock.
pub(crate) async fn save(app: &AppState, service: &Service) -> Result<(), Error> {
    app.store().put(&ServiceKey { id: service.id.clone() }, service).await?;
    if !ids(app).await?.contains(&service.id) {
        add_to_index(app, &service.id).await?;
    }
    Ok(())
}

/// Deletes a service's record. The caller holds its lock.
pub(crate) async fn delete(app: &AppState, id: &ServiceId) -> Result<(), Error> {
    Ok(app.store().delete(&ServiceKey { id: id.clone() }).await?)
}

/// Marks a service as superseded (R1).
pub(crate) fn mark_superseded(service: &mut Service) {
    service.state = ServiceState::Superseded;
    service.problem = Some(ErrorCode::ServiceSuperseded.into());
}

/// Makes a service the live one of its account (R1).
pub(crate) async fn set_live(app: &AppState, service: &Service) -> Result<(), Error> {
    let live = LiveService { v: LiveService::VERSION, service: service.id.clone() };
    Ok(app.store().put(&account_key(service), &live).await?)
}

/// Leaves the account without a live service if this service is the live one.
pub(crate) async fn clear_live(app: &AppState, service: &Service) -> Result<(), Error> {
    if is_live(app, service).await? {
        app.store().delete(&account_key(service)).await?;
    }
    Ok(())
}

/// Returns whether the account of a service has a live service, this or another one.
pub(crate) async fn has_live(app: &AppState, service: &Service) -> Result<bool, Error> {
    Ok(app.store().exists(&account_key(service)).await?)
}

async fn is_live(app: &AppState, service: &Service) -> Result<bool, Error> {
    Ok(app.store().get(&account_key(service)).await?.is_some_and(|live| live.service == service.id))
}

fn account_key(service: &Service) -> AccountKey {
    AccountKey::of(&service.account_id)
}
