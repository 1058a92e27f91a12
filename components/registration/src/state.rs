//! The state that all handlers share: the ports, the mapping extension, and token caches keyed by service.

use crate::mapping::Mapping;
use domain::ServiceId;
use domain::time::Timestamp;
use marketo_client::MarketoClient;
use platform::Ports;
use platform::auth::HasPorts;
use std::sync::Arc;
use zoom_client::ZoomClient;

/// The component's state.
pub struct AppState {
    /// The ports.
    pub ports: Ports,
    /// The mapping extension.
    pub mapping: Arc<dyn Mapping>,
    zoom_tokens: Arc<zoom_client::TokenCache>,
    marketo_tokens: Arc<marketo_client::TokenCache>,
}

impl HasPorts for AppState {
    fn ports(&self) -> &Ports {
        &self.ports
    }
}

impl AppState {
    /// Creates the state, with empty caches.
    pub fn new(ports: Ports, mapping: Arc<dyn Mapping>) -> Self {
        Self { ports, mapping, zoom_tokens: Arc::default(), marketo_tokens: Arc::default() }
    }

    /// Returns a Zoom client for a service. Its calls and retries end at the deadline.
    pub fn zoom(&self, service: &ServiceId, deadline: Timestamp) -> ZoomClient {
        ZoomClient::of_service(&self.ports, service, &self.zoom_tokens).until(deadline)
    }

    /// Returns a Marketo client. Its calls and retries end at the deadline.
    pub fn marketo(&self, deadline: Timestamp) -> MarketoClient {
        MarketoClient::new(&self.ports, &self.marketo_tokens).until(deadline)
    }
}
