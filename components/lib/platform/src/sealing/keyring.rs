//! Loads the keys of the store when they are first needed, and caches them for the instance.

use super::data_keys::{DataKeys, KeyId, RecordKeys};
use crate::ports::traits::{Clock, StoreError};
use async_trait::async_trait;
use domain::Error;
use domain::time::{SignedDuration, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};

/// How long an instance uses keys before it loads them again, so that a new token key is used soon.
const TTL: SignedDuration = SignedDuration::from_mins(5);

/// Minimum interval between two loads, also for values whose key is unknown.
const MIN_INTERVAL: SignedDuration = SignedDuration::from_secs(10);

/// Maximum number of ids of unknown keys that an instance remembers.
const MAX_UNKNOWN: usize = 16;

/// Where the keys come from.
#[async_trait]
pub trait KeySource: Send + Sync {
    /// Loads the keys.
    async fn load(&self) -> Result<DataKeys, Error>;
}

/// No keys, for ports that read and write plain records only.
struct NoKeys;

#[async_trait]
impl KeySource for NoKeys {
    async fn load(&self) -> Result<DataKeys, Error> {
        Err(Error::Internal("these ports have no keys".to_owned()))
    }
}

/// The keys of the store in one instance.
pub struct Keyring {
    source: Box<dyn KeySource>,
    clock: Arc<dyn Clock>,
    cached: Mutex<Option<Cached>>,
    /// Ids of keys that were not among those that were loaded, the latest first.
    unknown: Mutex<Vec<Option<KeyId>>>,
}

#[derive(Clone)]
struct Cached {
    /// When they were loaded, or could not be loaded again.
    at: Timestamp,
    keys: Arc<RecordKeys>,
}

impl Keyring {
    /// Takes the source of the keys.
    pub fn new(source: Box<dyn KeySource>, clock: Arc<dyn Clock>) -> Self {
        Self { source, clock, cached: Mutex::default(), unknown: Mutex::default() }
    }

    /// Returns a keyring without keys, for ports that read and write plain records only.
    pub fn empty(clock: Arc<dyn Clock>) -> Self {
        Self::new(Box::new(NoKeys), clock)
    }

    /// Returns the keys.
    pub(crate) async fn keys(&self) -> Result<Arc<RecordKeys>, StoreError> {
        self.keys_not_older_than(TTL).await
    }

    /// Returns the keys with which a sealed value can be opened, if there are such.
    pub(crate) async fn keys_for(&self, sealed: &[u8]) -> Result<Arc<RecordKeys>, StoreError> {
        let keys = self.keys().await?;
        if keys.has_key_of(sealed) {
            return Ok(keys);
        }
        // Another instance may have got a new token key already. The first value of a key always loads the keys again, since
        // a record that cannot be opened is skipped.
        let id = RecordKeys::id_of(sealed);
        let is_new = !self.unknown.lock().unwrap_or_else(PoisonError::into_inner).contains(&id);
        let keys = self.keys_not_older_than(if is_new { SignedDuration::ZERO } else { MIN_INTERVAL }).await?;
        let mut unknown = self.unknown.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.has_key_of(sealed) {
            unknown.retain(|of| *of != id);
        } else if is_new {
            unknown.truncate(MAX_UNKNOWN - 1);
            unknown.insert(0, id);
        }
        Ok(keys)
    }

    async fn keys_not_older_than(&self, age: SignedDuration) -> Result<Arc<RecordKeys>, StoreError> {
        let now = self.clock.now();
        let cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(cached) = &cached
            && now < cached.at + age
            && cached.at <= now
        {
            return Ok(cached.keys.clone());
        }
        let keys = match (self.source.load().await.and_then(DataKeys::parse), cached) {
            (Ok(keys), _) => Arc::new(keys),
            (Err(error), Some(cached)) => {
                crate::log!(Warn, "keys.load_failed", error = error);
                cached.keys
            }
            (Err(error), None) => return Err(StoreError(format!("its keys cannot be loaded: {error}"))),
        };
        let at = self.clock.now();
        *self.cached.lock().unwrap_or_else(PoisonError::into_inner) = Some(Cached { at, keys: keys.clone() });
        Ok(keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::in_memory::InMemoryPorts;
    use domain::Sensitive;

    /// Fails while the list is empty.
    #[derive(Clone, Default)]
    struct Changing {
        token_keys: Arc<Mutex<Vec<Sensitive>>>,
        loads: Arc<Mutex<usize>>,
    }

    #[async_trait]
    impl KeySource for Changing {
        async fn load(&self) -> Result<DataKeys, Error> {
            *self.loads.lock().unwrap() += 1;
            DataKeys::derive(&self.token_keys.lock().unwrap())
        }
    }

    impl Changing {
        fn set(&self, keys: &[&str]) {
            *self.token_keys.lock().unwrap() = keys.iter().map(|&key| key.into()).collect();
        }

        fn loads(&self) -> usize {
            *self.loads.lock().unwrap()
        }
    }

    #[tokio::test]
    async fn keys_are_loaded_once_and_stay_when_they_cannot_be_loaded_again() {
        let (memory, source) = (InMemoryPorts::default(), Changing::default());
        let keyring = Keyring::new(Box::new(source.clone()), memory.ports().clock);
        assert!(keyring.keys().await.is_err_and(|error| error.to_string().contains("cannot be loaded")));
        source.set(&["a"]);
        for _ in 0..3 {
            keyring.keys().await.unwrap();
        }
        assert_eq!(source.loads(), 2);
        source.set(&[]);
        memory.advance(TTL);
        keyring.keys().await.unwrap();
        keyring.keys().await.unwrap();
        assert_eq!(source.loads(), 3);
    }

    #[tokio::test]
    async fn a_value_of_an_unknown_key_loads_the_keys_again_but_not_each_time() {
        let (memory, source) = (InMemoryPorts::default(), Changing::default());
        let keyring = Keyring::new(Box::new(source.clone()), memory.ports().clock);
        let sealed = DataKeys::derive(&["new".into()]).unwrap().parse().unwrap();
        let sealed = sealed.seal(&*memory.ports().random, "k", b"{}").unwrap();
        source.set(&["old"]);
        keyring.keys().await.unwrap();
        for _ in 0..3 {
            assert!(!keyring.keys_for(&sealed).await.unwrap().has_key_of(&sealed));
        }
        assert_eq!(source.loads(), 2, "the first value loads the keys again");
        source.set(&["new", "old"]);
        memory.advance(MIN_INTERVAL);
        assert!(keyring.keys_for(&sealed).await.unwrap().has_key_of(&sealed));
        assert_eq!(source.loads(), 3);
    }
}
