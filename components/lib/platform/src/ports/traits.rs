//! The port traits and their errors.

use async_trait::async_trait;
use bytes::Bytes;
use domain::time::{SignedDuration, Timestamp};
use futures::future::BoxFuture;

/// Outbound HTTP. Redirects are not followed.
#[async_trait]
pub trait Http: Send + Sync {
    /// Sends a request and reads the whole answer, of any status.
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError>;
}

/// A request that got no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct TransportError {
    /// What happened, without addresses or bodies.
    pub reason: String,
    /// Whether the upstream may have executed the request.
    pub maybe_executed: bool,
}

/// A key-value store of bytes. docs/STATE.md lists what the code may rely on.
#[async_trait]
pub trait KeyValue: Send + Sync {
    /// Returns the value of a key.
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError>;
    /// Writes a value, replacing any other. It is durable when this returns.
    async fn set(&self, key: &str, value: Vec<u8>) -> Result<(), StoreError>;
    /// Deletes a key; an absent one is no error.
    async fn delete(&self, key: &str) -> Result<(), StoreError>;
    /// Returns every key with a prefix, each once, in no order. Reads all keys of the store: for maintenance, not for
    /// requests.
    async fn keys(&self, prefix: &str) -> Result<Vec<String>, StoreError>;
}

/// A failed access to the store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("key-value store: {0}")]
pub struct StoreError(pub String);

impl From<StoreError> for domain::Error {
    fn from(error: StoreError) -> Self {
        Self::Internal(error.to_string())
    }
}

/// Time.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Returns the present time.
    fn now(&self) -> Timestamp;
    /// Waits for a duration; returns at once if it is negative.
    async fn sleep(&self, duration: SignedDuration);
}

/// Randomness fit for secrets.
pub trait Random: Send + Sync {
    /// Fills a buffer with random bytes.
    fn fill(&self, buffer: &mut [u8]);
}

impl dyn Random {
    /// Returns a uniformly distributed number.
    pub fn u32(&self) -> u32 {
        let mut bytes = [0; 4];
        self.fill(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    /// Returns `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }
}

/// Application variables.
#[async_trait]
pub trait Variables: Send + Sync {
    /// Returns a variable's value; `None` if the manifest does not give it to the component or it has no value.
    async fn get(&self, name: &str) -> Option<String>;
}

/// Work after the response was sent. It is not durable: record first what must not be lost.
pub trait Background: Send + Sync {
    /// Starts a task.
    fn spawn(&self, task: BoxFuture<'static, ()>);
}
