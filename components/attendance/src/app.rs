//! What every handler has at hand: the ports and the caches. The caches live as long as the component's instance, are
//! shared by all requests, and are keyed by service.

use crate::worker::Kick;
use domain::ServiceId;
use domain::time::{SignedDuration, Timestamp};
use marketo_client::Marketo;
use platform::entrance::HasPorts;
use platform::patience::RUN_LIMIT;
use platform::{Ports, Store};
use std::sync::{Arc, Mutex, PoisonError};
use zoom_client::Zoom;

/// Nothing is begun with less time than this before the deadline: one call to Zoom or Marketo and one to the store.
const LEAST_TIME: SignedDuration = SignedDuration::from_secs(2);

/// The component's state. Cheap to clone.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) ports: Ports,
    zoom_tokens: Arc<zoom_client::Tokens>,
    marketo_tokens: Arc<marketo_client::Tokens>,
    /// Who works because of an event.
    pub(crate) kick: Arc<Kick>,
    /// When an event was last noted.
    pub(crate) last_event: Arc<Last>,
}

impl App {
    pub(crate) fn new(ports: Ports) -> Self {
        Self {
            ports,
            zoom_tokens: Arc::default(),
            marketo_tokens: Arc::default(),
            kick: Arc::default(),
            last_event: Arc::default(),
        }
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

    /// Marketo's API, gently: nobody waits for attendance, and others share the subscription's limits. Waits between
    /// tries end at the deadline.
    pub(crate) fn marketo(&self, deadline: Timestamp) -> Marketo {
        Marketo::new(&self.ports, &self.marketo_tokens).until(deadline).gently()
    }
}

/// When something was last done in this instance.
#[derive(Debug, Default)]
pub(crate) struct Last(Mutex<Option<Timestamp>>);

impl Last {
    /// Whether it was longer ago than this; then it is done now.
    pub(crate) fn is_over(&self, now: Timestamp, after: SignedDuration) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = last.is_none_or(|last| last + after <= now);
        if is_over {
            *last = Some(now);
        }
        is_over
    }
}

impl HasPorts for App {
    fn ports(&self) -> &Ports {
        &self.ports
    }
}
