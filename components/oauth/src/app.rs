//! What all handlers share.

use axum::extract::{FromRequestParts, Path};
use domain::time::Timestamp;
use domain::{Code, ServiceId};
use http::request::Parts;
use platform::entrance::HasPorts;
use platform::locks::{Held, Locks};
use platform::settings::Settings;
use platform::{ApiError, Ports, Store};
use std::sync::Arc;

/// The state of the router.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) ports: Ports,
    locks: Arc<Locks>,
}

impl App {
    pub(crate) fn new(ports: Ports) -> Self {
        Self { ports, locks: Arc::default() }
    }

    pub(crate) fn store(&self) -> Store<'_> {
        self.ports.store()
    }

    pub(crate) fn settings(&self) -> Settings<'_> {
        self.ports.settings()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    /// Holds a service's record and tokens for one writer. Zoom's refresh tokens rotate, so two renewals at once would
    /// lose the grant.
    pub(crate) async fn hold(&self, service: &ServiceId) -> Held {
        self.locks.hold(&self.ports, service.as_str()).await
    }

    /// Holds the list of services and the choice of the live one for one writer. Taken before [`App::hold`], never
    /// after it.
    pub(crate) async fn hold_list(&self) -> Held {
        self.locks.hold(&self.ports, "").await
    }

    /// Random bytes as text that is safe in a URL, a cookie and a store key.
    pub(crate) fn nonce(&self) -> String {
        crate::grant::base64url(&self.ports.random.bytes::<32>())
    }
}

impl HasPorts for App {
    fn ports(&self) -> &Ports {
        &self.ports
    }
}

/// The service id in a path. One that we cannot have made names no service.
pub(crate) struct ServicePath(pub(crate) ServiceId);

impl<S: Send + Sync> FromRequestParts<S> for ServicePath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let id = path.ok().and_then(|Path(text)| ServiceId::parse(&text));
        id.map(Self).ok_or_else(|| Code::ServiceNotFound.into())
    }
}
