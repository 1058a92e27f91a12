//! The ports. A component is a router over these, so that it runs natively over memory and on Spin over the real ones.

use crate::attempts::Attempts;
use crate::settings::Settings;
use crate::store::Store;
use async_trait::async_trait;
use bytes::Bytes;
use domain::time::{SignedDuration, Timestamp};
use futures::future::{BoxFuture, Either, select};
use std::sync::Arc;

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
    /// The wrong admin keys that this instance saw lately.
    pub attempts: Arc<Attempts>,
}

/// Outbound HTTP. Redirects are not followed.
#[async_trait]
pub trait Http: Send + Sync {
    /// Sends a request and reads the whole answer, whatever its status.
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError>;
}

/// No answer came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct TransportError {
    /// What happened, without addresses or bodies.
    pub reason: String,
    /// Whether the peer may have carried out the request.
    pub maybe_executed: bool,
}

/// A key-value store of bytes. See DESIGN section 5 for what may be relied on.
#[async_trait]
pub trait KeyValue: Send + Sync {
    /// The value under a key.
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError>;
    /// Writes a value over whatever was there. It is durable when this returns.
    async fn set(&self, key: &str, value: Vec<u8>) -> Result<(), StoreError>;
    /// Removes a key; an absent one is no error.
    async fn delete(&self, key: &str) -> Result<(), StoreError>;
    /// Every key that starts with a prefix, in no order. Reads all keys: for the tick, not for requests.
    async fn keys(&self, prefix: &str) -> Result<Vec<String>, StoreError>;
}

/// The store failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("key-value store: {0}")]
pub struct StoreError(pub String);

impl From<StoreError> for domain::Error {
    fn from(error: StoreError) -> Self {
        Self::Ours(error.to_string())
    }
}

/// Time.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
    /// Waits; a negative duration does not.
    async fn sleep(&self, duration: SignedDuration);
}

/// Randomness fit for secrets.
pub trait Random: Send + Sync {
    /// Fills a buffer.
    fn fill(&self, buffer: &mut [u8]);
}

impl dyn Random {
    /// A uniform number.
    pub fn u32(&self) -> u32 {
        let mut bytes = [0; 4];
        self.fill(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }
}

/// Application variables.
#[async_trait]
pub trait Variables: Send + Sync {
    /// A variable's value; `None` when the component is not given it or it has no value.
    async fn get(&self, name: &str) -> Option<String>;
}

/// Work that goes on after the response was sent. It is not durable: write down first what must not be lost.
pub trait Background: Send + Sync {
    /// Starts a task.
    fn spawn(&self, task: BoxFuture<'static, ()>);
}

impl Ports {
    /// The store with typed keys.
    pub fn store(&self) -> Store<'_> {
        Store::new(&*self.key_value)
    }

    /// The variables, typed.
    pub fn settings(&self) -> Settings<'_> {
        Settings::new(&*self.variables)
    }

    /// Sends a request and gives up after `limit`; then nobody knows whether it was carried out.
    pub async fn send_within(
        &self,
        limit: SignedDuration,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, TransportError> {
        match select(self.http.send(request), self.clock.sleep(limit)).await {
            Either::Left((answer, _)) => answer,
            Either::Right(((), _)) => Err(TransportError { reason: "timed out".to_owned(), maybe_executed: true }),
        }
    }
}
