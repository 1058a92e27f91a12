//! A store whose reads lag: what another instance wrote or deleted shows later, each key after a time of its own. The
//! instance itself reads its own writes at once.

use super::in_memory::InMemoryPorts;
use crate::ports::{Clock, KeyValue, StoreError};
use crate::store_gate::GatedStore;
use async_trait::async_trait;
use domain::time::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How slow a store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreLag {
    /// Maximum time until a write shows at the other instances.
    pub visibility: SignedDuration,
    /// Maximum time that an access takes.
    pub latency: SignedDuration,
}

/// A lagging store over ports in memory. Their dump shows the last write of each key. What is written by ports of other
/// instances than those of [`LaggingStore::instance`] shows at once.
pub struct LaggingStore {
    memory: InMemoryPorts,
    lag: StoreLag,
    writes: Mutex<BTreeMap<String, Vec<Write>>>,
    instances: AtomicU32,
    drawn: AtomicU64,
}

struct Write {
    instance: u32,
    /// When the other instances see it.
    shows_at: Timestamp,
    value: Option<Vec<u8>>,
}

impl LaggingStore {
    /// Creates a store over ports in memory. `seed`: selects how long each access and each write takes.
    pub fn new(memory: &InMemoryPorts, lag: StoreLag, seed: u64) -> Arc<Self> {
        let drawn = AtomicU64::new(seed);
        Arc::new(Self { memory: memory.clone(), lag, writes: Mutex::default(), instances: AtomicU32::new(0), drawn })
    }

    /// Returns the store as another instance reaches it.
    pub fn instance(self: &Arc<Self>, clock: Arc<dyn Clock>) -> Arc<dyn KeyValue> {
        let id = self.instances.fetch_add(1, Ordering::SeqCst);
        let store = LaggingInstance { store: self.clone(), clock: clock.clone(), id };
        Arc::new(GatedStore::new(Arc::new(store), clock))
    }

    fn writes(&self) -> MutexGuard<'_, BTreeMap<String, Vec<Write>>> {
        self.writes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a part of a duration, evenly distributed and repeatable.
    fn part_of(&self, longest: SignedDuration) -> SignedDuration {
        let drawn = self.drawn.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
        // SplitMix64.
        let mixed = (drawn ^ (drawn >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 32;
        let micros = (longest.as_micros() * i128::from(mixed)) >> 32;
        SignedDuration::from_micros(micros.try_into().unwrap_or_default())
    }

    /// Returns what an instance sees of a key.
    fn seen(&self, key: &str, instance: u32, now: Timestamp) -> Option<Vec<u8>> {
        let stored = self.memory.stored(key);
        let mut writes = self.writes();
        let Some(of_key) = writes.get_mut(key) else { return stored };
        if of_key.last().is_some_and(|last| last.value != stored) {
            // Other ports wrote it since.
            writes.remove(key);
            return stored;
        }
        let visible = of_key.iter().rfind(|write| write.instance == instance || write.shows_at <= now);
        visible.and_then(|write| write.value.clone())
    }

    fn write(&self, key: &str, instance: u32, now: Timestamp, value: Option<Vec<u8>>) {
        let shows_at = now + self.part_of(self.lag.visibility);
        let mut writes = self.writes();
        let of_key = writes.entry(key.to_owned()).or_insert_with(|| {
            // What was there before shows at once.
            vec![Write { instance, shows_at: Timestamp::MIN, value: self.memory.stored(key) }]
        });
        of_key.push(Write { instance, shows_at, value: value.clone() });
        self.memory.store_value(key, value);
    }
}

struct LaggingInstance {
    store: Arc<LaggingStore>,
    clock: Arc<dyn Clock>,
    id: u32,
}

impl LaggingInstance {
    async fn wait(&self) {
        let latency = self.store.part_of(self.store.lag.latency);
        if latency > SignedDuration::ZERO {
            self.clock.sleep(latency).await;
        }
    }
}

#[async_trait]
impl KeyValue for LaggingInstance {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.wait().await;
        let value = self.store.seen(key, self.id, self.clock.now());
        self.wait().await;
        Ok(value)
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> Result<(), StoreError> {
        self.wait().await;
        self.store.write(key, self.id, self.clock.now(), Some(value));
        self.wait().await;
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.wait().await;
        self.store.write(key, self.id, self.clock.now(), None);
        self.wait().await;
        Ok(())
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.wait().await;
        let now = self.clock.now();
        let mut keys: Vec<_> = self.store.writes().keys().cloned().chain(self.memory_keys()).collect();
        keys.sort_unstable();
        keys.dedup();
        keys.retain(|key| key.starts_with(prefix) && self.store.seen(key, self.id, now).is_some());
        Ok(keys)
    }
}

impl LaggingInstance {
    fn memory_keys(&self) -> Vec<String> {
        self.store.memory.dump().into_keys().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAG: StoreLag = StoreLag { visibility: SignedDuration::from_millis(100), latency: SignedDuration::ZERO };

    #[tokio::test]
    async fn an_instance_sees_its_own_writes_at_once_and_those_of_others_later() {
        let memory = InMemoryPorts::default();
        let store = LaggingStore::new(&memory, StoreLag { latency: SignedDuration::from_millis(9), ..LAG }, 1);
        let [one, two] = [(); 2].map(|()| store.instance(memory.ports().clock));
        for key in 0..20 {
            one.set(&format!("k{key}"), b"1".to_vec()).await.unwrap();
        }
        let seen = async |store: &Arc<dyn KeyValue>| {
            let mut seen = Vec::new();
            for key in 0..20 {
                seen.push(store.get(&format!("k{key}")).await.unwrap().is_some());
            }
            seen
        };
        assert_eq!(seen(&one).await, [true; 20]);
        memory.advance(SignedDuration::from_millis(100));
        assert_eq!(seen(&two).await, [true; 20]);
        assert_eq!(two.keys("k").await.unwrap().len(), 20);

        for key in 0..20 {
            one.delete(&format!("k{key}")).await.unwrap();
        }
        assert_eq!(seen(&one).await, [false; 20]);
        assert!(memory.dump().is_empty());
    }

    #[tokio::test]
    async fn writes_of_another_instance_show_in_any_order_of_keys() {
        let memory = InMemoryPorts::default();
        let store = LaggingStore::new(&memory, LAG, 1);
        let [one, two] = [(); 2].map(|()| store.instance(memory.ports().clock));
        for key in 0..20 {
            one.set(&format!("k{key:02}"), b"1".to_vec()).await.unwrap();
        }
        memory.advance(SignedDuration::from_millis(50));
        let seen = two.keys("k").await.unwrap();
        assert!(seen.len() > 3 && seen.len() < 17, "{seen:?}");
        assert_ne!(seen, (0..seen.len()).map(|key| format!("k{key:02}")).collect::<Vec<_>>());
        memory.advance(SignedDuration::from_millis(50));
        assert_eq!(two.keys("k").await.unwrap().len(), 20);
    }

    #[tokio::test]
    async fn what_other_ports_write_shows_at_once() {
        let memory = InMemoryPorts::default();
        let store = LaggingStore::new(&memory, LAG, 1);
        let one = store.instance(memory.ports().clock);
        one.set("k", b"1".to_vec()).await.unwrap();
        memory.ports().key_value.set("k", b"2".to_vec()).await.unwrap();
        assert_eq!(one.get("k").await.unwrap().unwrap(), b"2");
        one.delete("k").await.unwrap();
        assert!(memory.dump().is_empty());
    }
}
