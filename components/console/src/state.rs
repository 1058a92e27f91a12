//! What handlers share.

use platform::Ports;
use platform::auth::HasPorts;

/// The component's state.
#[derive(Clone)]
pub(crate) struct AppState {
    pub(crate) ports: Ports,
}

impl HasPorts for AppState {
    fn ports(&self) -> &Ports {
        &self.ports
    }
}
