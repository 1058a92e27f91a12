//! What the handlers share: the ports and the caches of this instance. Token caches are keyed by service.

use crate::live::cache::{WaitingAddresses, WatchedWebinars};
use crate::store::join_journals::JoinJournals;
use domain::time::{SignedDuration, Timestamp};
use domain::{ServiceId, WebinarId};
use marketo_client::MarketoClient;
use platform::auth::HasPorts;
use platform::retry::RUN_TIMEOUT;
use platform::{Ports, Store};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use zoom_client::ZoomClient;

/// Minimum time left before a deadline to start another step: one call to Zoom or Marketo and one store write.
const MIN_STEP_TIME: SignedDuration = SignedDuration::from_secs(2);

/// The component's state. Cheap to clone.
#[derive(Clone)]
pub(crate) struct AppState {
    pub(crate) ports: Ports,
    zoom_tokens: Arc<zoom_client::TokenCache>,
    marketo_tokens: Arc<marketo_client::TokenCache>,
    /// Limits this instance to one worker started by events.
    pub(crate) triggered_worker: Arc<SingleFlight>,
    /// Limits how often this instance records the time of an event.
    pub(crate) event_throttle: Arc<Throttle<()>>,
    /// What this instance knows of the store's health.
    pub(crate) store_health: Arc<StoreHealth>,
    /// What this instance knows and writes of webinars under way.
    pub(crate) live: Arc<LiveState>,
}

/// What this instance knows of the store's health.
#[derive(Debug, Default)]
pub(crate) struct StoreHealth {
    /// Limits how often the health check writes.
    pub(crate) writes: Throttle<()>,
    /// Whether the last check failed.
    pub(crate) is_failing: AtomicBool,
}

/// The caches for webinars under way.
#[derive(Debug, Default)]
pub(crate) struct LiveState {
    pub(crate) watched: WatchedWebinars,
    pub(crate) journals: JoinJournals,
    pub(crate) addresses: WaitingAddresses,
    /// Limits how often this instance looks whether a worker is active.
    pub(crate) worker_throttle: Throttle<WebinarId>,
}

impl AppState {
    pub(crate) fn new(ports: Ports) -> Self {
        Self {
            ports,
            zoom_tokens: Arc::default(),
            marketo_tokens: Arc::default(),
            triggered_worker: Arc::default(),
            event_throttle: Arc::default(),
            store_health: Arc::default(),
            live: Arc::default(),
        }
    }

    pub(crate) fn store(&self) -> Store<'_> {
        self.ports.store()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    /// Returns the deadline of a run that starts now.
    pub(crate) fn deadline(&self) -> Timestamp {
        self.now() + RUN_TIMEOUT
    }

    /// Returns whether there is time for another step before the deadline.
    pub(crate) fn has_time(&self, deadline: Timestamp) -> bool {
        self.now() + MIN_STEP_TIME < deadline
    }

    /// Returns a Zoom client for a service. Its retries end at the deadline.
    pub(crate) fn zoom(&self, service: &ServiceId, deadline: Timestamp) -> ZoomClient {
        ZoomClient::of_service(&self.ports, service, &self.zoom_tokens).until(deadline)
    }

    /// Returns a Marketo client of low priority, because no caller waits for attendance and other integrations share
    /// the subscription's limits. Its retries end at the deadline.
    pub(crate) fn marketo(&self, deadline: Timestamp) -> MarketoClient {
        self.live_marketo(deadline).low_priority()
    }

    /// Returns a Marketo client for people who are in a webinar now. Its few calls do not wait behind those of the
    /// attendance of other webinars.
    pub(crate) fn live_marketo(&self, deadline: Timestamp) -> MarketoClient {
        MarketoClient::new(&self.ports, &self.marketo_tokens).until(deadline)
    }
}

impl HasPorts for AppState {
    fn ports(&self) -> &Ports {
        &self.ports
    }
}

/// Coalesces requests for one job: at most one run is under way, and requests that arrive meanwhile cause one more.
#[derive(Debug, Default)]
pub(crate) struct SingleFlight {
    is_running: AtomicBool,
    is_requested: AtomicBool,
}

impl SingleFlight {
    /// Records a request. Returns a guard if the caller is the one to run the job.
    pub(crate) fn request(self: &Arc<Self>) -> Option<RunningGuard> {
        self.is_requested.store(true, Ordering::SeqCst);
        let was_running = self.is_running.swap(true, Ordering::SeqCst);
        (!was_running).then(|| RunningGuard(self.clone()))
    }

    /// Returns whether there was a request since the last call.
    pub(crate) fn take_request(&self) -> bool {
        self.is_requested.swap(false, Ordering::SeqCst)
    }
}

/// Marks the job as running until it is dropped, which also happens when the request is cancelled.
#[derive(Debug)]
pub(crate) struct RunningGuard(Arc<SingleFlight>);

impl Drop for RunningGuard {
    fn drop(&mut self) {
        self.0.is_running.store(false, Ordering::SeqCst);
    }
}

/// Lets an action through once per interval and key.
#[derive(Debug)]
pub(crate) struct Throttle<K>(Mutex<BTreeMap<K, Timestamp>>);

impl<K> Default for Throttle<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Ord> Throttle<K> {
    /// Returns whether the interval has passed since the action was last let through, and if so starts the next one.
    pub(crate) fn admit(&self, key: K, now: Timestamp, interval: SignedDuration) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = last.get(&key).is_none_or(|last| *last + interval <= now);
        if is_due {
            last.insert(key, now);
        }
        is_due
    }
}
