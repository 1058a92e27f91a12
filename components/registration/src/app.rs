//! What the handlers share: the ports, the extension, and caches keyed by service.

use crate::mapping::Mapping;
use domain::ServiceId;
use domain::time::Timestamp;
use marketo_client::Marketo;
use platform::Ports;
use platform::entrance::HasPorts;
use std::sync::Arc;
use zoom_client::Zoom;

/// The component's state.
pub struct App {
    /// The ports.
    pub ports: Ports,
    /// The extension.
    pub mapping: Arc<dyn Mapping>,
    zoom_tokens: Arc<zoom_client::Tokens>,
    marketo_tokens: Arc<marketo_client::Tokens>,
}

impl HasPorts for App {
    fn ports(&self) -> &Ports {
        &self.ports
    }
}

impl App {
    /// Over some ports, with an extension.
    pub fn new(ports: Ports, mapping: Arc<dyn Mapping>) -> Self {
        Self { ports, mapping, zoom_tokens: Arc::default(), marketo_tokens: Arc::default() }
    }

    /// Zoom as a service, waiting no longer than until an instant.
    pub fn zoom(&self, service: &ServiceId, deadline: Timestamp) -> Zoom {
        Zoom::of_service(&self.ports, service, &self.zoom_tokens).until(deadline)
    }

    /// Marketo, waiting no longer than until an instant.
    pub fn marketo(&self, deadline: Timestamp) -> Marketo {
        Marketo::new(&self.ports, &self.marketo_tokens).until(deadline)
    }
}
