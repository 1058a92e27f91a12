//! The services, read only. `oauth` writes them.

use crate::store::Store;
use domain::records::{Service, ServiceKey, ServiceState, ServiceUsability};
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

async fn require(store: Store<'_>, id: &ServiceId, webinar: Option<&Snapshot>) -> Result<Service, Error> {
    let service = store.get(&ServiceKey { id: id.clone() }).await?;
    let host = webinar.and_then(|webinar| webinar.host_email.as_ref());
    ServiceUsability::of(service.as_ref(), host).require()?;
    service.ok_or_else(|| ErrorCode::ServiceNotFound.into())
}
