//! The Zoom services, read only.

use domain::records::{Service, ServiceKey, ServicesKey};
use domain::{Error, ErrorCode, ServiceId};
use platform::Store;

/// Returns a service that can be used.
///
/// # Errors
/// `SERVICE_NOT_FOUND`, or the reason why the service cannot be used (R1).
pub(crate) async fn usable(store: Store<'_>, id: &ServiceId) -> Result<Service, Error> {
    let service = store.get(&ServiceKey { id: id.clone() }).await?.ok_or(ErrorCode::ServiceNotFound)?;
    match service.state.unusable_reason() {
        None => Ok(service),
        Some(code) => Err(code.into()),
    }
}

/// Returns every service in any state, in order of creation.
pub(crate) async fn all(store: Store<'_>) -> Result<Vec<Service>, Error> {
    let mut services = Vec::new();
    for id in store.get(&ServicesKey {}).await?.unwrap_or_default().ids {
        services.extend(store.get(&ServiceKey { id }).await?);
    }
    Ok(services)
}
