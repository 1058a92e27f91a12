//! The key-value port with typed keys: a kind of record cannot be read under another's key.

use crate::ports::{KeyValue, StoreError};
use domain::json::{self, Unreadable};
use domain::records::{Key, MAX_VALUE_BYTES};
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
    pub async fn get<K: Key>(self, key: &K) -> Result<Option<K::Record>, StoreError> {
        let key = key.to_string();
        let Some(value) = self.value(&key).await? else { return Ok(None) };
        json::from_value(&value).map(Some).map_err(|error| unreadable(&key, error))
    }

    /// The reading itself, which is the same code for every kind.
    async fn value(self, key: &str) -> Result<Option<Value>, StoreError> {
        let Some(bytes) = self.0.get(key).await? else { return Ok(None) };
        json::parse(&bytes).map(Some).map_err(|error| unreadable(key, error))
    }

    /// Writes a record.
    pub async fn put<K: Key>(self, key: &K, record: &K::Record) -> Result<(), StoreError> {
        let bytes = serde_json::to_vec(record).map_err(|error| StoreError(error.to_string()))?;
        self.write(key.to_string(), bytes).await
    }

    async fn write(self, key: String, bytes: Vec<u8>) -> Result<(), StoreError> {
        if bytes.len() > MAX_VALUE_BYTES {
            return Err(StoreError(format!("a record of kind {} is too large: {} bytes", kind(&key), bytes.len())));
        }
        self.0.set(&key, bytes).await
    }

    /// Removes a record.
    pub async fn delete<K: Key>(self, key: &K) -> Result<(), StoreError> {
        self.0.delete(&key.to_string()).await
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
