//! Indexes: one record that lists the ids of others, which several instances write.
//!
//! The store has no compare-and-swap, so two instances that add an entry at the same time may lose one: the later write
//! replaces the earlier. So each writer looks again after its entry was written, and adds it again where it is missing.
//! Readers never write.

use crate::ports::Ports;
use domain::Error;
use domain::records::{Key, StoreKey};
use domain::time::SignedDuration;

/// How long a writer waits before it looks again. Longer than another writer takes from its read to its write, plus the time
/// until that write shows.
const SETTLING_TIME: SignedDuration = SignedDuration::from_millis(400);

/// Number of consecutive looks that find the entry, after which it stays: a writer that read an old list has written by
/// then.
const CLEAN_LOOKS: u32 = 3;

/// Maximum number of looks. The maintenance of the index finds what is still missing.
const MAX_LOOKS: u32 = 20;

/// Adds an entry to an index, and keeps it there in the background while other instances write the index too.
///
/// `insert` adds the entry to the list and returns whether it was missing. `entry` is the key of the listed record: once
/// that record is deleted, the entry is given up.
///
/// # Errors
/// Fails if the store does.
pub async fn insert<K, E>(
    ports: &Ports,
    key: K,
    entry: E,
    insert: impl Fn(&mut K::Record) -> bool + Send + Sync + 'static,
) -> Result<(), Error>
where
    K: Key + Send + Sync + 'static,
    K::Record: Default + Send + Sync,
    E: StoreKey + Send + Sync + 'static,
{
    insert_once(ports, &key, &insert).await?;
    let worker = ports.clone();
    ports.background.spawn(Box::pin(async move {
        if let Err(error) = keep(&worker, &key, &entry, &insert).await {
            crate::log!(Warn, "index.insert_failed", index = K::PREFIX, error = error);
        }
    }));
    Ok(())
}

/// Adds the entry if the list lacks it. Returns whether it did.
async fn insert_once<K: Key>(
    ports: &Ports,
    key: &K,
    insert: &(impl Fn(&mut K::Record) -> bool + Sync),
) -> Result<bool, Error>
where
    K::Record: Default + Send + Sync,
{
    let mut list = ports.store().get(key).await?.unwrap_or_default();
    let is_missing = insert(&mut list);
    if is_missing {
        ports.store().put(key, &list).await?;
    }
    Ok(is_missing)
}

async fn keep<K: Key, E: StoreKey>(
    ports: &Ports,
    key: &K,
    entry: &E,
    insert: &(impl Fn(&mut K::Record) -> bool + Sync),
) -> Result<(), Error>
where
    K::Record: Default + Send + Sync,
{
    let mut clean = 0;
    for _ in 0..MAX_LOOKS {
        // Writers that lost an entry at the same time do not look again at the same time.
        let jitter = SETTLING_TIME * i32::from(ports.random.bytes::<1>()[0]) / 255;
        ports.clock.sleep(SETTLING_TIME + jitter).await;
        if !ports.store().exists(entry).await? {
            return Ok(());
        }
        if insert_once(ports, key, insert).await? {
            crate::log!(Info, "index.mended", index = K::PREFIX);
            clean = 0;
            continue;
        }
        clean += 1;
        if clean == CLEAN_LOOKS {
            return Ok(());
        }
    }
    Err(Error::Internal("other writers of the index do not come to rest".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fault_injection::{FaultyPorts, NoFaults, Simulation};
    use crate::testing::in_memory::InMemoryPorts;
    use crate::testing::lagging_store::{LaggingStore, StoreLag};
    use domain::ServiceId;
    use domain::records::{ServiceKey, Services, ServicesKey};
    use futures::future::join_all;
    use proptest::prelude::*;
    use std::sync::Arc;

    fn entry(number: usize) -> ServiceKey {
        ServiceKey { id: id(number) }
    }

    fn id(number: usize) -> ServiceId {
        ServiceId::from(format!("s{number}"))
    }

    async fn add(ports: &Ports, number: usize) {
        ports.key_value.set(&entry(number).to_string(), b"{}".to_vec()).await.unwrap();
        let insert_id = move |services: &mut Services| {
            let is_missing = !services.ids.contains(&id(number));
            if is_missing {
                services.ids.push(id(number));
            }
            is_missing
        };
        insert(ports, ServicesKey {}, entry(number), insert_id).await.unwrap();
    }

    /// Adds entries at two instances, each at a time in milliseconds. Returns the list that is left.
    fn added(lag: StoreLag, seed: u64, times: &[(bool, i64)]) -> Vec<ServiceId> {
        let memory = InMemoryPorts::default();
        let simulation = Arc::new(Simulation::new(&memory, Arc::new(NoFaults)));
        let store = LaggingStore::new(&memory, lag, seed);
        let instances = [(); 2].map(|()| {
            let key_value = store.instance(simulation.clock());
            FaultyPorts::over(&simulation, Ports { key_value, ..memory.ports() })
        });
        let all = times.iter().enumerate().map(|(number, &(instance, after))| {
            let ports = &instances[usize::from(instance)];
            async move {
                ports.clock.sleep(SignedDuration::from_millis(after)).await;
                add(ports, number).await;
            }
        });
        simulation.run(memory.run_with_background(join_all(all))).unwrap();
        serde_json::from_slice::<Services>(&memory.dump()["services"]).unwrap().ids
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn an_index_keeps_what_two_instances_add_at_once(
            times in prop::collection::vec((any::<bool>(), 0i64..600), 1..=12),
            visibility in 0i64..=150, latency in 0i64..=20, seed in any::<u64>(),
        ) {
            let [visibility, latency] = [visibility, latency].map(SignedDuration::from_millis);
            let mut ids = added(StoreLag { visibility, latency }, seed, &times);
            ids.sort();
            let mut expected: Vec<_> = (0..times.len()).map(id).collect();
            expected.sort();
            prop_assert_eq!(ids, expected);
        }
    }

    #[test]
    fn twelve_entries_that_two_instances_add_at_the_same_moment_are_all_listed() {
        let lag = StoreLag { visibility: SignedDuration::from_millis(100), latency: SignedDuration::from_millis(10) };
        let times: Vec<_> = (0..12).map(|number| (number % 2 == 0, 0)).collect();
        for seed in 0..20 {
            assert_eq!(added(lag, seed, &times).len(), 12, "seed {seed}");
        }
    }

    #[test]
    fn an_entry_whose_record_is_deleted_is_given_up() {
        let memory = InMemoryPorts::default();
        let ports = memory.ports();
        let simulation = Simulation::new(&memory, Arc::new(NoFaults));
        simulation.run(async {
            add(&ports, 1).await;
            ports.store().delete(&entry(1)).await.unwrap();
            ports.store().delete(&ServicesKey {}).await.unwrap();
        });
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(memory.run_background());
        assert!(memory.dump().is_empty());
    }
}
