//! What every handler has at hand: the ports and the caches. The caches live as long as the component's instance, are
//! shared by all requests, and are keyed by service.

use domain::ServiceId;
use domain::time::{SignedDuration, Timestamp};
use marketo_client::Marketo;
use platform::entrance::HasPorts;
use platform::locks::{Held, Locks};
use platform::patience::RUN_LIMIT;
use platform::{Ports, Store};
use std::sync::Arc;
use zoom_client::Zoom;

/// Nothing is begun with less time than this before the deadline: one call to Zoom or Marketo and one to the store.
const LEAST_TIME: SignedDuration = SignedDuration::from_secs(2);

/// The component's state. Cheap to clone.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) ports: Ports,
    zoom_tokens: Arc<zoom_client::Tokens>,
    marketo_tokens: Arc<marketo_client::Tokens>,
    locks: Arc<Locks>,
}

impl App {
    pub(crate) fn new(ports: Ports) -> Self {
        Self { ports, zoom_tokens: Arc::default(), marketo_tokens: Arc::default(), locks: Arc::default() }
    }

    /// Held while leads are made: two upserts of one e-mail address at the same time make duplicates.
    pub(crate) async fn alone_at_leads(&self) -> Held {
        self.locks.hold(&self.ports, "leads").await
    }

    pub(crate) fn store(&self) -> Store<'_> {
        self.ports.store()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    /// When a run that begins now has to be done.
    pub(crate) fn deadline(&self) -> Timestamp {
        self.now() + RUN_LIMIT
    }

    /// Whether there is time to begin something before a deadline.
    pub(crate) fn has_time(&self, deadline: Timestamp) -> bool {
        self.now() + LEAST_TIME < deadline
    }

    /// Zoom's API as a service. Waits between tries end at the deadline.
    pub(crate) fn zoom(&self, service: &ServiceId, deadline: Timestamp) -> Zoom {
        Zoom::of_service(&self.ports, service, &self.zoom_tokens).until(deadline)
    }

    /// Marketo's API. Waits between tries end at the deadline.
    pub(crate) fn marketo(&self, deadline: Timestamp) -> Marketo {
        Marketo::new(&self.ports, &self.marketo_tokens).until(deadline)
    }
}

impl HasPorts for App {
    fn ports(&self) -> &Ports {
        &self.ports
    }
}
