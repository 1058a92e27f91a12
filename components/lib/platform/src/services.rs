//! The services, read only. `oauth` writes them.

use crate::store::Store;
use domain::records::{RemovalKey, RemovalReason, Service, ServiceKey, ServiceState, ServiceUsability, ServicesKey};
use domain::webinar::Snapshot;
use domain::{Error, ErrorCode, ServiceId};

/// Returns a service that can be used.
///
/// # Errors
/// `SERVICE_NOT_FOUND`, or the reason why the service cannot be used (R1).
pub async fn usable(store: Store<'_>, id: &ServiceId) -> Result<Service, Error> {
    require(store, id, None).await
}

/// Returns a service that can be used for a webinar.
///
/// # Errors
/// Also `HOST_NOT_ENABLED` (R3).
pub async fn usable_for(store: Store<'_>, id: &ServiceId, webinar: &Snapshot) -> Result<Service, Error> {
    require(store, id, Some(webinar)).await
}

/// Returns whether a service is gone: deleted, or ended because its account removed the app (R17). Such a service gets no new
/// records.
pub async fn is_gone(store: Store<'_>, id: &ServiceId) -> Result<bool, Error> {
    let service = store.get(&ServiceKey { id: id.clone() }).await?;
    Ok(service.is_none_or(|service| service.state == ServiceState::Deauthorized))
}

/// Returns whether the account of a service removed the app (R17).
///
/// A service that an admin deletes is ended in the same way, but its records stay. The record of its removal remains until the
/// service is deleted.
pub async fn is_app_removed(store: Store<'_>, id: &ServiceId) -> Result<bool, Error> {
    let service = ServiceKey { id: id.clone() };
    let is_ended = |service: Option<Service>| service.is_some_and(|of| of.state == ServiceState::Deauthorized);
    if !is_ended(store.get(&service).await?) {
        return Ok(false);
    }
    match store.get(&RemovalKey { id: id.clone() }).await? {
        Some(removal) => Ok(removal.reason == RemovalReason::Deauthorized),
        // The removal is complete: of the account's data, or meanwhile of the service.
        None => Ok(is_ended(store.get(&service).await?)),
    }
}

/// Returns the services whose account removed the app.
pub async fn deauthorized(store: Store<'_>) -> Result<Vec<ServiceId>, Error> {
    let ids = store.get(&ServicesKey {}).await?.map(|services| services.ids).unwrap_or_default();
    let keys: Vec<_> = ids.into_iter().map(|id| ServiceKey { id }).collect();
    let services = store.get_all(&keys).await?.records.into_iter();
    Ok(services.filter(|service| service.state == ServiceState::Deauthorized).map(|service| service.id).collect())
}

async fn require(store: Store<'_>, id: &ServiceId, webinar: Option<&Snapshot>) -> Result<Service, Error> {
    let service = store.get(&ServiceKey { id: id.clone() }).await?;
    let host = webinar.and_then(|webinar| webinar.host_email.as_ref());
    ServiceUsability::of(service.as_ref(), host).require()?;
    service.ok_or_else(|| ErrorCode::ServiceNotFound.into())
}
