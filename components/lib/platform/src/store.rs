//! The key-value port with typed keys, so that a record is read only as the type that its key names.

use crate::ports::traits::{KeyValue, StoreError};
use domain::json::{self, JsonError};
use domain::records::{Key, MAX_VALUE_BYTES};
use futures::FutureExt;

/// The store with typed keys.
#[derive(Clone, Copy)]
pub struct Store<'a>(&'a dyn KeyValue);

impl<'a> Store<'a> {
    pub(crate) const fn new(key_value: &'a dyn KeyValue) -> Self {
        Self(key_value)
    }

    /// Reads a record. An unreadable one is an error, not absent: treating it as absent could register a person twice.
    pub fn get<K: Key>(
        self,
        key: &K,
    ) -> impl Future<Output = Result<Option<K::Record>, StoreError>> + Send + use<'a, K> {
        self.bytes(key.to_string()).map(|read| {
            let (key, bytes) = read?;
            let record = bytes.as_deref().map(json::read).transpose();
            record.map_err(|error| unreadable(&key, &error))
        })
    }

    /// Not generic, so that it is compiled once.
    async fn bytes(self, key: String) -> Result<(String, Option<Vec<u8>>), StoreError> {
        let bytes = self.0.get(&key).await?;
        Ok((key, bytes))
    }

    /// Writes a record. A record over the size limit is an error.
    pub fn put<K: Key>(
        self,
        key: &K,
        record: &K::Record,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + use<'a, K> {
        self.write(key.to_string(), serde_json::to_vec(record))
    }

    async fn write(self, key: String, bytes: serde_json::Result<Vec<u8>>) -> Result<(), StoreError> {
        let bytes = bytes.map_err(|error| StoreError(error.to_string()))?;
        if bytes.len() > MAX_VALUE_BYTES {
            return Err(StoreError(format!("a record of kind {} is too large: {} bytes", kind(&key), bytes.len())));
        }
        self.0.set(&key, bytes).await
    }

    /// Deletes a record.
    pub fn delete<K: Key>(self, key: &K) -> impl Future<Output = Result<(), StoreError>> + Send + use<'a, K> {
        self.remove(key.to_string())
    }

    async fn remove(self, key: String) -> Result<(), StoreError> {
        self.0.delete(&key).await
    }

    /// Returns all keys with a prefix. Reads every key of the store: for maintenance, not for requests.
    pub async fn keys(self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.0.keys(prefix).await
    }
}

fn unreadable(key: &str, error: &JsonError) -> StoreError {
    StoreError(format!("a record of kind {} cannot be read: {error}", kind(key)))
}

/// Returns the prefix of a key, the only part that a log may contain.
fn kind(key: &str) -> &str {
    key.split(':').next().unwrap_or_default()
}
