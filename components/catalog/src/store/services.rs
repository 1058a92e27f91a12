//! The Zoom services, read only.

use domain::Error;
use domain::records::{Service, ServiceKey, ServicesKey};
use platform::Store;

/// Returns every service in any state, in order of creation. Logs and skips unreadable ones.
pub(crate) async fn all(store: Store<'_>) -> Result<Vec<Service>, Error> {
    let mut services = Vec::new();
    for id in store.get(&ServicesKey {}).await?.unwrap_or_default().ids {
        services.extend(store.get_readable(&ServiceKey { id }).await?);
    }
    Ok(services)
}
