//! What handlers share: the ports and the caches. The caches live as long as the component's instance and are keyed by
//! service, so that requests of one service never see another's entries.

use crate::expiring_cache::ExpiringCache;
use crate::picklist::choice::WebinarChoice;
use domain::time::Timestamp;
use domain::{ServiceId, WebinarId};
use marketo_client::MarketoClient;
use platform::Ports;
use platform::auth::HasPorts;
use platform::retry::RUN_TIMEOUT;
use std::sync::Arc;
use zoom_client::ZoomClient;
use zoom_client::webinars::Webinar;

/// The component's state. Cheap to clone.
#[derive(Clone)]
pub(crate) struct AppState {
    pub(crate) ports: Ports,
    zoom_tokens: Arc<zoom_client::TokenCache>,
    marketo_tokens: Arc<marketo_client::TokenCache>,
    /// Filled by `webinars::details`.
    pub(crate) webinar_cache: Arc<ExpiringCache<(ServiceId, WebinarId), Webinar>>,
    /// Filled by `picklist::load`.
    pub(crate) choice_cache: Arc<ExpiringCache<ServiceId, Vec<WebinarChoice>>>,
}

impl AppState {
    pub(crate) fn new(ports: Ports) -> Self {
        Self {
            ports,
            zoom_tokens: Arc::default(),
            marketo_tokens: Arc::default(),
            webinar_cache: Arc::default(),
            choice_cache: Arc::default(),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    /// Returns the deadline of a request that starts now.
    pub(crate) fn deadline(&self) -> Timestamp {
        self.now() + RUN_TIMEOUT
    }

    /// Returns a client of Zoom's API for a service. It retries until the deadline.
    pub(crate) fn zoom(&self, service: &ServiceId, deadline: Timestamp) -> ZoomClient {
        ZoomClient::of_service(&self.ports, service, &self.zoom_tokens).until(deadline)
    }

    /// Returns a client of Marketo's API. It retries until the deadline.
    pub(crate) fn marketo(&self, deadline: Timestamp) -> MarketoClient {
        MarketoClient::new(&self.ports, &self.marketo_tokens).until(deadline)
    }
}

impl HasPorts for AppState {
    fn ports(&self) -> &Ports {
        &self.ports
    }
}
