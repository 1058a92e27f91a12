//! The state that all handlers share: the ports and the locks between requests of one instance.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ServiceId;
use domain::time::Timestamp;
use platform::auth::HasPorts;
use platform::config::Config;
use platform::instance_lock::{Guard, InstanceLocks};
use platform::{Ports, Store};
use std::sync::Arc;

/// The state of the router. Cheap to clone.
#[derive(Clone)]
pub(crate) struct AppState {
    pub(crate) ports: Ports,
    locks: Arc<InstanceLocks>,
}

impl AppState {
    pub(crate) fn new(ports: Ports) -> Self {
        Self { ports, locks: Arc::default() }
    }

    pub(crate) fn store(&self) -> Store<'_> {
        self.ports.store()
    }

    pub(crate) fn config(&self) -> Config<'_> {
        self.ports.config()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    /// Locks a service's record and tokens for one writer. Zoom rotates refresh tokens, so two concurrent renewals would
    /// lose the grant.
    pub(crate) async fn lock_service(&self, service: &ServiceId) -> Guard {
        self.locks.lock(&self.ports, service.as_str()).await
    }

    /// Locks the index of services and the choice of an account's live service for one writer. To avoid a deadlock, a
    /// caller that needs both locks takes this one before [`AppState::lock_service`].
    pub(crate) async fn lock_service_index(&self) -> Guard {
        self.locks.lock(&self.ports, "").await
    }

    /// Returns 32 random bytes as text that is safe in a URL, a cookie and a store key.
    pub(crate) fn nonce(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.ports.random.bytes::<32>())
    }
}

impl HasPorts for AppState {
    fn ports(&self) -> &Ports {
        &self.ports
    }
}
