//! The key-value port with typed keys: a kind of record cannot be read under another's key.

use crate::ports::{KeyValue, StoreError};
use domain::json;
use domain::records::{Key, MAX_VALUE_BYTES};

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
        let Some(bytes) = self.0.get(&key.to_string()).await? else { return Ok(None) };
        let record = json::read(&bytes);
        record.map(Some).map_err(|error| StoreError(format!("a record of kind {} cannot be read: {error}", kind(key))))
    }

    /// Writes a record.
    pub async fn put<K: Key>(self, key: &K, record: &K::Record) -> Result<(), StoreError> {
        let bytes = serde_json::to_vec(record).map_err(|error| StoreError(error.to_string()))?;
        if bytes.len() > MAX_VALUE_BYTES {
            return Err(StoreError(format!("a record of kind {} is too large: {} bytes", kind(key), bytes.len())));
        }
        self.0.set(&key.to_string(), bytes).await
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

/// The first word of a key, which is all that a log may show of it.
fn kind<K: Key>(key: &K) -> String {
    key.to_string().split(':').next().unwrap_or_default().to_owned()
}
