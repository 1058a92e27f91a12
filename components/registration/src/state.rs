//! The state that all handlers share: the ports, the mapping extension, and token caches keyed by service.

use crate::flow_step::run_limit::RunLimit;
use crate::flow_step::write_back_queue::WriteBackQueues;
use crate::mapping::Mapping;
use crate::registering::known_fields::KnownFields;
use crate::store::compared_names::ComparedNames;
use crate::store::pending_counts::PendingCounts;
use crate::store::recent_chunks::RecentChunks;
use crate::store::slots_in_use::SlotsInUse;
use domain::ServiceId;
use domain::time::Timestamp;
use marketo_client::MarketoClient;
use platform::Ports;
use platform::auth::HasPorts;
use platform::instance_lock::InstanceLocks;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use zoom_client::ZoomClient;

/// The component's state.
pub struct AppState {
    /// The ports.
    pub ports: Ports,
    /// The mapping extension.
    pub mapping: Arc<dyn Mapping>,
    /// Locks of this instance, named by the keys of the records that they protect: a chunk while it is accepted, a lead
    /// of the webhook, an address while it is added.
    pub locks: Arc<InstanceLocks>,
    /// The chunks that this instance accepted lately.
    pub recent_chunks: RecentChunks,
    /// The slots that requests of this instance are taking.
    pub slots_in_use: SlotsInUse,
    /// The changes of counts that this instance has not written yet.
    pub counts: PendingCounts,
    /// Whether failures are being retried.
    pub is_retrying: Arc<AtomicBool>,
    /// Collects the outcomes of chunks that are written to Marketo together.
    pub write_backs: WriteBackQueues,
    /// Bounds the chunks that run at once.
    pub runs: RunLimit,
    /// The names of lead fields that this instance has compared with the record.
    pub compared_names: ComparedNames,
    /// The choices of webinars that this instance has compared with the record: program and webinar.
    pub compared_choices: ComparedNames,
    /// The fields that leads have in Marketo.
    pub known_fields: KnownFields,
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
        Self {
            ports,
            mapping,
            locks: Arc::default(),
            recent_chunks: RecentChunks::default(),
            slots_in_use: SlotsInUse::default(),
            counts: PendingCounts::default(),
            is_retrying: Arc::default(),
            write_backs: WriteBackQueues::default(),
            runs: RunLimit::default(),
            compared_names: ComparedNames::default(),
            compared_choices: ComparedNames::default(),
            known_fields: KnownFields::default(),
            zoom_tokens: Arc::default(),
            marketo_tokens: Arc::default(),
        }
    }

    /// Returns a Zoom client for a service. Its calls and retries end at the deadline.
    pub fn zoom(&self, service: &ServiceId, deadline: Timestamp) -> ZoomClient {
        ZoomClient::of_service(&self.ports, service, &self.zoom_tokens).until(deadline)
    }

    /// Returns a Marketo client. Its calls and retries end at the deadline. They keep to the share of the rate limit that
    /// Adobe advises for one integration.
    pub fn marketo(&self, deadline: Timestamp) -> MarketoClient {
        MarketoClient::new(&self.ports, &self.marketo_tokens).until(deadline).low_priority()
    }
}
