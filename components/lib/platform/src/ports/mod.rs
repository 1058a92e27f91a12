//! The ports. A component is a router over these, so that it runs natively in memory and on Spin over the real ones.

pub(crate) mod traits;

use crate::auth::throttle::KeyThrottle;
use crate::config::{Config, ConfiguredUrls};
use crate::sealing::Keyring;
use crate::store::Store;
use bytes::Bytes;
use domain::time::SignedDuration;
use futures::future::{Either, select};
use std::sync::Arc;

pub use traits::{Background, Clock, Http, KeyValue, Random, StoreError, TransportError, Variables};

/// All ports of a component. Cheap to clone.
#[derive(Clone)]
pub struct Ports {
    /// Outbound HTTP.
    pub http: Arc<dyn Http>,
    /// The key-value store.
    pub key_value: Arc<dyn KeyValue>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// Application variables.
    pub variables: Arc<dyn Variables>,
    /// Work after the response.
    pub background: Arc<dyn Background>,
    /// Recent wrong admin keys.
    pub throttle: Arc<KeyThrottle>,
    /// The URLs among the variables, parsed.
    pub urls: Arc<ConfiguredUrls>,
    /// The keys of sealed records.
    pub keyring: Arc<Keyring>,
}

impl Ports {
    /// Returns the store with typed keys.
    pub fn store(&self) -> Store<'_> {
        Store::new(&*self.key_value, &self.keyring, &*self.random)
    }

    /// Returns the typed variables.
    pub fn config(&self) -> Config<'_> {
        Config::new(&*self.variables, &self.urls)
    }

    /// Sends a request with a timeout, after which it is unknown whether the request was executed.
    pub async fn send_within(
        &self,
        timeout: SignedDuration,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, TransportError> {
        match select(self.http.send(request), self.clock.sleep(timeout)).await {
            Either::Left((answer, _)) => answer,
            Either::Right(((), _)) => Err(TransportError { reason: "timed out".to_owned(), maybe_executed: true }),
        }
    }
}
