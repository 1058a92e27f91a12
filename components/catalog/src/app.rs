//! What every handler has at hand: the ports and the caches. The caches live as long as the component's instance, are
//! shared by all requests, and are keyed by service.

use crate::flow_step::ChoiceCache;
use crate::webinars::WebinarCache;
use domain::time::Timestamp;
use domain::{ServiceId, WebinarId};
use marketo_client::Marketo;
use platform::Ports;
use platform::entrance::HasPorts;
use platform::patience::RUN_LIMIT;
use std::sync::Arc;
use zoom_client::webinars::Webinar;
use zoom_client::{Zoom, ZoomError};

/// The component's state. Cheap to clone.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) ports: Ports,
    zoom_tokens: Arc<zoom_client::Tokens>,
    marketo_tokens: Arc<marketo_client::Tokens>,
    pub(crate) webinars: Arc<WebinarCache>,
    pub(crate) choices: Arc<ChoiceCache>,
}

impl App {
    pub(crate) fn new(ports: Ports) -> Self {
        Self {
            ports,
            zoom_tokens: Arc::default(),
            marketo_tokens: Arc::default(),
            webinars: Arc::default(),
            choices: Arc::default(),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    /// When a request that begins now has to be done.
    pub(crate) fn deadline(&self) -> Timestamp {
        self.now() + RUN_LIMIT
    }

    /// Zoom's API as a service. Waits between tries end at the deadline.
    pub(crate) fn zoom(&self, service: &ServiceId, deadline: Timestamp) -> Zoom {
        Zoom::of_service(&self.ports, service, &self.zoom_tokens).until(deadline)
    }

    /// Marketo's API. Waits between tries end at the deadline.
    pub(crate) fn marketo(&self, deadline: Timestamp) -> Marketo {
        Marketo::new(&self.ports, &self.marketo_tokens).until(deadline)
    }

    /// A webinar as Zoom has it now.
    pub(crate) async fn read_webinar(
        &self,
        service: &ServiceId,
        id: WebinarId,
        deadline: Timestamp,
    ) -> Result<Webinar, ZoomError> {
        self.webinars.forget(service, id);
        let webinar = self.zoom(service, deadline).webinar(id).await?;
        self.webinars.put(service, id, &webinar, self.now());
        Ok(webinar)
    }

    /// A webinar as Zoom had it a moment ago (how long, the cache says).
    pub(crate) async fn recent_webinar(
        &self,
        service: &ServiceId,
        id: WebinarId,
        deadline: Timestamp,
    ) -> Result<Webinar, ZoomError> {
        match self.webinars.get(service, id, self.now()) {
            Some(webinar) => Ok(webinar),
            None => self.read_webinar(service, id, deadline).await,
        }
    }
}

impl HasPorts for App {
    fn ports(&self) -> &Ports {
        &self.ports
    }
}
