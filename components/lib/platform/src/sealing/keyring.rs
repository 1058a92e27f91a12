//! Loads the keys of the store when they are first needed, and caches them for the instance.

use super::data_keys::{DataKeys, RecordKeys};
use crate::internal_api::{self, Component};
use crate::ports::{Ports, StoreError};
use async_trait::async_trait;
use domain::Error;
use domain::time::{SignedDuration, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};

/// How long an instance uses keys before it loads them again, so that a new token key is used soon.
const TTL: SignedDuration = SignedDuration::from_mins(5);

/// Minimum interval between two loads, also for values whose key is unknown.
const MIN_INTERVAL: SignedDuration = SignedDuration::from_secs(10);

/// Timeout of the call to `oauth`.
const TIMEOUT: SignedDuration = SignedDuration::from_secs(5);

/// Where the keys come from.
#[async_trait]
pub trait KeySource: Send + Sync {
    /// Loads the keys.
    async fn load(&self, ports: &Ports) -> Result<DataKeys, Error>;
}

/// Asks `oauth`, the only component with the token key.
pub struct OauthKeys;

#[async_trait]
impl KeySource for OauthKeys {
    async fn load(&self, ports: &Ports) -> Result<DataKeys, Error> {
        internal_api::call(ports, Component::Oauth, &["data-keys"], &(), TIMEOUT).await
    }
}

/// The keys of the store in one instance.
pub struct Keyring {
    source: Box<dyn KeySource>,
    cached: Mutex<Option<Cached>>,
}

#[derive(Clone)]
struct Cached {
    /// When they were loaded, or could not be loaded again.
    at: Timestamp,
    keys: Arc<RecordKeys>,
}

impl Keyring {
    /// Takes the source of the keys.
    pub fn new(source: Box<dyn KeySource>) -> Self {
        Self { source, cached: Mutex::default() }
    }

    /// Returns the keys.
    pub(crate) async fn keys(&self, ports: &Ports) -> Result<Arc<RecordKeys>, StoreError> {
        self.keys_not_older_than(ports, TTL).await
    }

    /// Returns the keys with which a sealed value can be opened, if there are such.
    pub(crate) async fn keys_for(&self, ports: &Ports, sealed: &[u8]) -> Result<Arc<RecordKeys>, StoreError> {
        let keys = self.keys(ports).await?;
        if keys.has_key_of(sealed) {
            return Ok(keys);
        }
        // Another instance may have got a new token key already.
        self.keys_not_older_than(ports, MIN_INTERVAL).await
    }

    async fn keys_not_older_than(&self, ports: &Ports, age: SignedDuration) -> Result<Arc<RecordKeys>, StoreError> {
        let now = ports.clock.now();
        let cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(cached) = &cached
            && now < cached.at + age
            && cached.at <= now
        {
            return Ok(cached.keys.clone());
        }
        let keys = match (self.source.load(ports).await.and_then(DataKeys::parse), cached) {
            (Ok(keys), _) => Arc::new(keys),
            (Err(error), Some(cached)) => {
                crate::log!(Warn, "keys.load_failed", error = error);
                cached.keys
            }
            (Err(error), None) => return Err(StoreError(format!("its keys cannot be loaded: {error}"))),
        };
        let at = ports.clock.now();
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
        async fn load(&self, _: &Ports) -> Result<DataKeys, Error> {
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
        let (ports, keyring) = (memory.ports(), Keyring::new(Box::new(source.clone())));
        assert!(keyring.keys(&ports).await.is_err_and(|error| error.to_string().contains("cannot be loaded")));
        source.set(&["a"]);
        for _ in 0..3 {
            keyring.keys(&ports).await.unwrap();
        }
        assert_eq!(source.loads(), 2);
        source.set(&[]);
        memory.advance(TTL);
        keyring.keys(&ports).await.unwrap();
        keyring.keys(&ports).await.unwrap();
        assert_eq!(source.loads(), 3);
    }

    #[tokio::test]
    async fn a_value_of_an_unknown_key_loads_the_keys_again_but_not_each_time() {
        let (memory, source) = (InMemoryPorts::default(), Changing::default());
        let (ports, keyring) = (memory.ports(), Keyring::new(Box::new(source.clone())));
        let sealed = DataKeys::derive(&["new".into()]).unwrap().parse().unwrap();
        let sealed = sealed.seal(&*ports.random, "k", b"{}").unwrap();
        source.set(&["old"]);
        assert!(!keyring.keys_for(&ports, &sealed).await.unwrap().has_key_of(&sealed));
        source.set(&["new", "old"]);
        assert!(!keyring.keys_for(&ports, &sealed).await.unwrap().has_key_of(&sealed));
        assert_eq!(source.loads(), 1);
        memory.advance(MIN_INTERVAL);
        assert!(keyring.keys_for(&ports, &sealed).await.unwrap().has_key_of(&sealed));
    }
}
