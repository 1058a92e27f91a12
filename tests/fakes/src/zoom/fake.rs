//! The running fake Zoom: its state, clock, faults and request log.

use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use serde_json::Value;

use crate::support::control::{Clock, Control};
use crate::support::fault_injection::Faults;
use crate::support::interruptions::Interruptions;
use crate::support::request_log::Log;
use crate::support::sync::lock;
use crate::zoom::events::signature;
use crate::zoom::options::Options;
use crate::zoom::state::zoom_state::ZoomState;

/// A running fake Zoom. Clones share it. If it serves a port, it stops when the instance that `Zoom::start` returned and
/// all clones of it are dropped.
#[derive(Clone, Debug)]
pub struct Zoom {
    pub(super) state: Arc<Mutex<ZoomState>>,
    pub(super) options: Arc<Options>,
    pub(super) control: Control,
    pub(super) url: Arc<str>,
    /// The server, which stops when this is dropped. None in the clones that the server itself holds, because it would keep
    /// itself alive, and without a server.
    pub(super) _served: Option<Arc<dyn std::fmt::Debug + Send + Sync>>,
}

impl Zoom {
    /// Returns the base URL of the API and of the sign-in, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> String {
        self.url.to_string()
    }

    /// Signs a body as Zoom signs its events. Returns the values of `x-zm-request-timestamp` and `x-zm-signature`, for
    /// tests that send events of their own.
    #[must_use]
    pub fn sign(&self, raw_body: &[u8]) -> (String, String) {
        self.sign_at(self.control.clock.unshifted(), raw_body)
    }

    /// Signs a body with a given time.
    #[must_use]
    pub fn sign_at(&self, at: Timestamp, raw_body: &[u8]) -> (String, String) {
        let timestamp = at.as_second().to_string();
        let signature = signature::sign(&self.options.webhook_secret, &timestamp, raw_body);
        (timestamp, signature)
    }

    /// Returns the clock of the fake.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.control.clock
    }

    /// Returns the current time in whole seconds, as Zoom keeps it, so that intervals add up to the durations in
    /// reports.
    pub(super) fn now(&self) -> Timestamp {
        let now = self.control.clock.now();
        Timestamp::from_second(now.as_second()).unwrap_or(now)
    }

    /// Returns the pending faults.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.control.faults
    }

    /// Returns the pending interruptions.
    #[must_use]
    pub fn interruptions(&self) -> &Interruptions {
        &self.control.interruptions
    }

    /// Returns the request log.
    #[must_use]
    pub fn log(&self) -> &Log {
        &self.control.log
    }

    /// Returns the whole state as JSON, for people to read.
    #[must_use]
    pub fn state(&self) -> Value {
        serde_json::to_value(&*lock(&self.state)).unwrap_or_default()
    }
}
