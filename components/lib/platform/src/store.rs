//! The key-value port with typed keys: a kind of record cannot be read under another's key.

use crate::ports::{KeyValue, StoreError};
use domain::json::{self, Unreadable};
use domain::records::{Key, MAX_VALUE_BYTES};
use futures::FutureExt;
use serde_json::Value;

/// The store.
#[derive(Clone, Copy)]
pub struct Store<'a>(&'a dyn KeyValue);

impl<'a> Store<'a> {
    pub(crate) const fn new(key_value: &'a dyn KeyValue) -> Self {
        Self(key_value)
    }

    /// Reads a record. One that cannot be understood is an error, not an absence: acting as if it were not there
    /// could register somebody twice.
    pub fn get<K: Key>(
        self,
        key: &K,
    ) -> impl Future<Output = Result<Option<K::Record>, StoreError>> + Send + use<'a, K> {
        self.value(key.to_string()).map(|read| {
            let (key, value) = read?;
            let record = value.as_ref().map(json::from_value).transpose();
            record.map_err(|error| unreadable(&key, error))
        })
    }

    /// The reading itself, which is the same code for every kind.
    async fn value(self, key: String) -> Result<(String, Option<Value>), StoreError> {
        let Some(bytes) = self.0.get(&key).await? else { return Ok((key, None)) };
        let value = json::parse(&bytes).map_err(|error| unreadable(&key, error))?;
        Ok((key, Some(value)))
    }

    /// Writes a record.
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

    /// Removes a record.
    pub fn delete<K: Key>(self, key: &K) -> impl Future<Output = Result<(), StoreError>> + Send + use<'a, K> {
        self.remove(key.to_string())
    }

    async fn remove(self, key: String) -> Result<(), StoreError> {
        self.0.delete(&key).await
    }

    /// All keys with a prefix. Reads every key of the store: for the tick, not for requests.
    pub async fn keys(self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.0.keys(prefix).await
    }
}

fn unreadable(key: &str, error: Unreadable) -> StoreError {
    StoreError(format!("a record of kind {} cannot be read: {error}", kind(key)))
}

/// The first word of a key, which is all that a log may show of it.
fn kind(key: &str) -> &str {
    key.split(':').next().unwrap_or_default()
}
