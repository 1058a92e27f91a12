//! Leases between instances.
//!
//! The store has no atomics, so an instance writes a lease, waits until the write of another
//! one would be visible, and reads the lease back: of several concurrent writers the last one has it. Two owners at once
//! are unlikely, not impossible. What they do is idempotent, or looked up first.
//!
//! A lease is recognised by its owner's random number. It expires by itself when its owner crashes. Only its owner renews
//! and releases it.

use crate::ports::Ports;
use domain::Error;
use domain::records::{Key, Lease, Leased};
use domain::time::{SignedDuration, Timestamp};

/// Maximum clock difference between hosts that share a store.
const MAX_CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(1);

/// How one kind of lease is used.
#[derive(Debug, Clone, Copy)]
pub struct LeaseTerms {
    /// Maximum time from the acquisition, or from a renewal, to the expiry. A lease that expires later, by more than the
    /// difference of clocks, was written by a wrong clock and is ignored.
    pub max_duration: SignedDuration,
    /// How long another instance's write may take to become visible.
    pub settling_time: SignedDuration,
}

impl LeaseTerms {
    /// Returns whether a stored lease keeps others from acquiring it.
    pub fn is_held(self, lease: Option<Lease>, now: Timestamp) -> bool {
        lease.is_some_and(|lease| now < lease.until && !self.is_absurd(lease, now))
    }

    /// Returns whether no clock within [`MAX_CLOCK_SKEW`] of this one can have written the lease.
    fn is_absurd(self, lease: Lease, now: Timestamp) -> bool {
        lease.until.duration_since(now) > self.max_duration + MAX_CLOCK_SKEW
    }

    /// Creates a lease with a new owner, for the longest time.
    pub fn grant(self, ports: &Ports) -> Lease {
        Lease::new(ports.random.u32(), ports.clock.now() + self.max_duration)
    }

    /// Waits until a lease that was written would be overwritten visibly, and reads its record back. Returns `None` if
    /// another owner has it, or the record is gone.
    ///
    /// # Errors
    /// Fails if the store does.
    pub async fn confirm<K: Key>(self, ports: &Ports, key: &K, lease: Lease) -> Result<Option<K::Record>, Error>
    where
        K::Record: Leased,
    {
        ports.clock.sleep(self.settling_time).await;
        read_owned(ports, key, lease.by).await
    }

    /// Acquires a lease that is a record of its own, until an instant. Returns `None` while another owner has it.
    ///
    /// # Errors
    /// Fails if the store does.
    pub async fn acquire<K: Key<Record = Lease>>(
        self,
        ports: &Ports,
        key: K,
        until: Timestamp,
    ) -> Result<Option<AcquiredLease<'_, K>>, Error> {
        self.acquire_from(ports, key, until, None).await
    }

    /// Acquires a lease, also while a `predecessor` has it, which hands it over and does not compete: then nothing is
    /// waited for.
    ///
    /// # Errors
    /// Fails if the store does.
    pub async fn acquire_from<K: Key<Record = Lease>>(
        self,
        ports: &Ports,
        key: K,
        until: Timestamp,
        predecessor: Option<u32>,
    ) -> Result<Option<AcquiredLease<'_, K>>, Error> {
        let stored = ports.store().get(&key).await?;
        if self.is_held(stored, ports.clock.now()) && stored.map(|lease| lease.by) != predecessor {
            return Ok(None);
        }
        let lease = Lease::new(ports.random.u32(), until);
        ports.store().put(&key, &lease).await?;
        let is_acquired = match predecessor {
            Some(_) => read_owned(ports, &key, lease.by).await?.is_some(),
            None => self.confirm(ports, &key, lease).await?.is_some(),
        };
        Ok(is_acquired.then_some(AcquiredLease { ports, key, owner: lease.by }))
    }
}

/// Returns whether a record is leased to an owner, expired or not.
pub fn is_owned(record: &impl Leased, owner: u32) -> bool {
    record.lease().is_some_and(|lease| lease.by == owner)
}

/// Reads a record if it is leased to an owner.
///
/// # Errors
/// Fails if the store does.
pub async fn read_owned<K: Key>(ports: &Ports, key: &K, owner: u32) -> Result<Option<K::Record>, Error>
where
    K::Record: Leased,
{
    let stored = ports.store().get(key).await?;
    Ok(stored.filter(|record| is_owned(record, owner)))
}

/// Replaces a record if it is leased to an owner: renews or releases a claim. Returns whether it did.
///
/// # Errors
/// Fails if the store does.
pub async fn replace_owned<K: Key>(ports: &Ports, key: &K, owner: u32, record: &K::Record) -> Result<bool, Error>
where
    K::Record: Leased,
{
    if read_owned(ports, key, owner).await?.is_none() {
        return Ok(false);
    }
    ports.store().put(key, record).await?;
    Ok(true)
}

/// An acquired lease that is a record of its own.
pub struct AcquiredLease<'a, K> {
    ports: &'a Ports,
    key: K,
    /// A random number that identifies the owner.
    pub owner: u32,
}

impl<K: Key<Record = Lease>> AcquiredLease<'_, K> {
    /// Extends the lease. Returns `false` if another owner has acquired it.
    ///
    /// # Errors
    /// Fails if the store does.
    pub async fn renew(&self, until: Timestamp) -> Result<bool, Error> {
        replace_owned(self.ports, &self.key, self.owner, &Lease::new(self.owner, until)).await
    }

    /// Releases the lease, unless another owner has acquired it.
    ///
    /// # Errors
    /// Fails if the store does. The lease then expires by itself.
    pub async fn release(self) -> Result<(), Error> {
        if read_owned(self.ports, &self.key, self.owner).await?.is_some() {
            self.ports.store().delete(&self.key).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::{KeyValue, StoreError};
    use crate::testing::in_memory::InMemoryPorts;
    use async_trait::async_trait;
    use domain::records::WorkerKey;
    use futures::future::join;
    use proptest::prelude::*;
    use std::sync::Arc;

    const TERMS: LeaseTerms =
        LeaseTerms { max_duration: SignedDuration::from_secs(30), settling_time: SignedDuration::from_millis(50) };

    fn seconds(seconds: i64) -> SignedDuration {
        SignedDuration::from_secs(seconds)
    }

    async fn acquire(ports: &Ports) -> Option<AcquiredLease<'_, WorkerKey>> {
        TERMS.acquire(ports, WorkerKey {}, ports.clock.now() + seconds(30)).await.unwrap()
    }

    async fn stored(ports: &Ports) -> Option<Lease> {
        ports.store().get(&WorkerKey {}).await.unwrap()
    }

    proptest! {
        #[test]
        fn a_lease_is_held_from_its_grant_to_its_expiry_on_every_clock(
            duration in 1i64..=30, skew in -60i64..=60, elapsed in 0i64..200,
        ) {
            let granted = Timestamp::constant(1_793_610_000, 0);
            let lease = Lease::new(1, granted + seconds(duration));
            // The clock of another host.
            let now = granted + seconds(skew + elapsed);
            prop_assert_eq!(TERMS.is_held(Some(lease), now), now < lease.until);
        }

        #[test]
        fn a_lease_of_a_wrong_clock_is_not_held(ahead in 91i64..1_000_000_000, by in any::<u32>()) {
            let now = Timestamp::constant(1_793_610_000, 0);
            prop_assert!(!TERMS.is_held(Some(Lease::new(by, now + seconds(ahead))), now));
        }

        #[test]
        fn a_lease_is_recognised_by_its_owner_only(by in any::<u32>(), other in any::<u32>(), until in 0i64..9_999_999_999) {
            let lease = Lease::new(by, Timestamp::from_second(until).unwrap());
            let text = serde_json::to_vec(&lease).unwrap();
            let read: Lease = serde_json::from_slice(&text).unwrap();
            prop_assert!(is_owned(&read, by));
            prop_assert_eq!(is_owned(&read, other), by == other);
        }
    }

    #[test]
    fn an_absent_lease_is_not_held() {
        assert!(!TERMS.is_held(None, Timestamp::UNIX_EPOCH));
    }

    /// A store whose answers are late, and whose writes become visible late.
    struct SlowStore(Ports);

    #[async_trait]
    impl KeyValue for SlowStore {
        async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
            let value = self.0.key_value.get(key).await;
            self.0.clock.sleep(SignedDuration::from_millis(9)).await;
            value
        }

        async fn set(&self, key: &str, value: Vec<u8>) -> Result<(), StoreError> {
            self.0.clock.sleep(SignedDuration::from_millis(40)).await;
            self.0.key_value.set(key, value).await
        }

        async fn delete(&self, key: &str) -> Result<(), StoreError> {
            self.0.key_value.delete(key).await
        }

        async fn keys(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
            self.0.key_value.keys(prefix).await
        }
    }

    #[tokio::test]
    async fn one_of_two_concurrent_owners_acquires_the_lease() {
        for offset in 0..=60 {
            let memory = InMemoryPorts::default();
            let [first, second] =
                [(); 2].map(|()| Ports { key_value: Arc::new(SlowStore(memory.ports())), ..memory.ports() });
            let later = async {
                second.clock.sleep(SignedDuration::from_millis(offset)).await;
                acquire(&second).await
            };
            let (one, two) = join(acquire(&first), later).await;
            assert!(one.is_some() != two.is_some(), "{offset} ms later");
            let owner = one.or(two).map(|lease| lease.owner);
            assert_eq!(stored(&first).await.map(|lease| lease.by), owner, "{offset} ms later");
        }
    }

    #[tokio::test]
    async fn a_held_lease_is_refused_at_once_and_acquired_after_its_expiry() {
        let memory = InMemoryPorts::default();
        let (first, second) = (memory.ports(), memory.ports());
        let lease = acquire(&first).await.unwrap();
        let before = second.clock.now();
        assert!(acquire(&second).await.is_none());
        assert_eq!(second.clock.now(), before);
        memory.advance(seconds(29));
        assert!(acquire(&second).await.is_none());
        memory.advance(seconds(1));
        let successor = acquire(&second).await.unwrap();
        // The first owner was too slow. It neither renews nor releases what the second one has.
        assert!(!lease.renew(first.clock.now() + seconds(30)).await.unwrap());
        lease.release().await.unwrap();
        assert_eq!(stored(&first).await.map(|lease| lease.by), Some(successor.owner));
    }

    #[tokio::test]
    async fn a_renewed_lease_is_held_until_it_is_released() {
        let memory = InMemoryPorts::default();
        let (first, second) = (memory.ports(), memory.ports());
        let lease = acquire(&first).await.unwrap();
        for _ in 0..4 {
            memory.advance(seconds(20));
            assert!(lease.renew(first.clock.now() + seconds(30)).await.unwrap());
            assert!(acquire(&second).await.is_none());
        }
        lease.release().await.unwrap();
        assert_eq!(stored(&first).await, None);
        assert!(acquire(&second).await.is_some());
    }

    #[tokio::test]
    async fn a_lease_far_ahead_is_ignored() {
        let ports = InMemoryPorts::default().ports();
        let far = Lease::new(7, ports.clock.now() + seconds(3600));
        ports.store().put(&WorkerKey {}, &far).await.unwrap();
        assert!(acquire(&ports).await.is_some());
    }

    #[tokio::test]
    async fn a_successor_takes_the_lease_over_from_its_predecessor_only() {
        let memory = InMemoryPorts::default();
        let (first, second) = (memory.ports(), memory.ports());
        let lease = acquire(&first).await.unwrap();
        let until = second.clock.now() + seconds(30);
        let before = second.clock.now();
        let from = |predecessor| TERMS.acquire_from(&second, WorkerKey {}, until, Some(predecessor));
        assert!(from(lease.owner.wrapping_add(1)).await.unwrap().is_none());
        let successor = from(lease.owner).await.unwrap().unwrap();
        assert_eq!(second.clock.now(), before);
        lease.release().await.unwrap();
        assert_eq!(stored(&first).await.map(|lease| lease.by), Some(successor.owner));
    }
}
