//! Leases between instances: a record of its own, or a claim, which is a part of the record that its owner works on.
//!
//! The store has no atomics. So an instance reads the record, writes its lease at once, waits until the writes of others
//! would be visible, and reads the record back: of several concurrent writers the last one has it (Fischer's algorithm).
//! That holds as long as the wait is longer than the time that others take from their read to their write, plus the time
//! until a write shows. An instance whose own access is slow waits longer, and the earlier owner finds the lease lost
//! when it looks again: before each step that cannot be repeated ([`LeaseWatch`]). Two owners at once are unlikely, not
//! impossible. What they do is idempotent, or looked up first.
//!
//! A lease is recognised by its owner's random number. It expires by itself when its owner crashes. Only its owner renews
//! and releases it.

use crate::ports::Ports;
use domain::Error;
use domain::records::{Key, Lease, Leased};
use domain::time::{SignedDuration, Timestamp};
use std::sync::{Mutex, PoisonError};

/// Maximum clock difference between hosts that share a store.
const MAX_CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(1);

/// How many times as long as its own read and write a lease's writer waits at least. Another writer that began just before
/// the write showed may take as long, and its write takes time to show.
const SETTLING_FACTOR: i32 = 3;

/// How long a look at a lease is relied upon, so that concurrent steps share it.
const WATCH_INTERVAL: SignedDuration = SignedDuration::from_millis(100);

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

    /// Writes a claim on a record, right after reading it. `build` gets the stored record and the claim, and returns the
    /// record to write. Returns `None` while another owner has the record, or if `build` does.
    ///
    /// # Errors
    /// Fails if the store does.
    pub async fn claim<K: Key>(
        self,
        ports: &Ports,
        key: &K,
        build: impl FnOnce(Option<K::Record>, Lease) -> Option<K::Record>,
    ) -> Result<Option<PendingClaim>, Error>
    where
        K::Record: Leased,
    {
        let began = ports.clock.now();
        let stored = ports.store().get(key).await?;
        if self.is_held(stored.as_ref().and_then(Leased::lease), ports.clock.now()) {
            return Ok(None);
        }
        let lease = self.grant(ports);
        let Some(record) = build(stored, lease) else { return Ok(None) };
        ports.store().put(key, &record).await?;
        Ok(Some(self.written(ports, lease, began)))
    }

    /// Returns a claim that was written now, after a read that began at an instant.
    fn written(self, ports: &Ports, lease: Lease, began: Timestamp) -> PendingClaim {
        let now = ports.clock.now();
        let took = now.duration_since(began).max(SignedDuration::ZERO);
        PendingClaim { lease, settles_at: now + self.settling_time.max(took * SETTLING_FACTOR) }
    }

    /// Waits until a claim that was written would be overwritten visibly, and reads its record back. Returns `None` if
    /// another owner has it, or the record is gone.
    ///
    /// # Errors
    /// Fails if the store does.
    pub async fn confirm<K: Key>(self, ports: &Ports, key: &K, claim: PendingClaim) -> Result<Option<K::Record>, Error>
    where
        K::Record: Leased,
    {
        ports.clock.sleep(claim.settles_at.duration_since(ports.clock.now())).await;
        read_owned(ports, key, claim.lease.by).await
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
        let began = ports.clock.now();
        let stored = ports.store().get(&key).await?;
        if self.is_held(stored, ports.clock.now()) && stored.map(|lease| lease.by) != predecessor {
            return Ok(None);
        }
        let lease = Lease::new(ports.random.u32(), until);
        ports.store().put(&key, &lease).await?;
        let is_acquired = match predecessor {
            Some(_) => read_owned(ports, &key, lease.by).await?.is_some(),
            None => self.confirm(ports, &key, self.written(ports, lease, began)).await?.is_some(),
        };
        Ok(is_acquired.then_some(AcquiredLease { ports, key, owner: lease.by }))
    }
}

/// A claim that was written and is not confirmed yet.
#[derive(Debug, Clone, Copy)]
pub struct PendingClaim {
    /// The claim.
    pub lease: Lease,
    /// When the claim of a concurrent writer would be visible.
    settles_at: Timestamp,
}

/// Looks whether a record is still leased to its owner, before each step that cannot be repeated. Once the lease is lost,
/// it stays so.
#[derive(Debug)]
pub struct LeaseWatch<K> {
    key: K,
    owner: u32,
    seen: Mutex<Seen>,
}

/// What a [`LeaseWatch`] saw last.
#[derive(Debug, Clone, Copy)]
struct Seen {
    at: Timestamp,
    is_owned: bool,
}

impl<K: Key> LeaseWatch<K>
where
    K::Record: Leased,
{
    /// Watches a lease that was confirmed now.
    pub fn new(ports: &Ports, key: K, owner: u32) -> Self {
        Self { key, owner, seen: Mutex::new(Seen { at: ports.clock.now(), is_owned: true }) }
    }

    /// Returns whether the owner has the lease, by a look at most 100 ms old.
    ///
    /// # Errors
    /// Fails if the store does.
    pub async fn is_owned(&self, ports: &Ports) -> Result<bool, Error> {
        let seen = *self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if !seen.is_owned || ports.clock.now().duration_since(seen.at) < WATCH_INTERVAL {
            return Ok(seen.is_owned);
        }
        self.look(ports).await
    }

    /// Reads whether the owner has the lease now.
    ///
    /// # Errors
    /// Fails if the store does.
    pub async fn look(&self, ports: &Ports) -> Result<bool, Error> {
        let at = ports.clock.now();
        let is_owned = read_owned(ports, &self.key, self.owner).await?.is_some();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        *seen = Seen { at: seen.at.max(at), is_owned: is_owned && seen.is_owned };
        Ok(seen.is_owned)
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
    async fn a_slow_writer_waits_longer_and_the_earlier_owner_finds_its_lease_lost() {
        let memory = InMemoryPorts::default();
        let ports = memory.ports();
        let began = ports.clock.now();
        let first = TERMS.claim(&ports, &WorkerKey {}, |_, lease| Some(lease)).await.unwrap().unwrap();
        assert!(TERMS.confirm(&ports, &WorkerKey {}, first).await.unwrap().is_some());
        let watch = LeaseWatch::new(&ports, WorkerKey {}, first.lease.by);
        memory.advance(WATCH_INTERVAL);
        assert!(watch.is_owned(&ports).await.unwrap());
        // A writer that read before the first one wrote.
        let lease = TERMS.grant(&ports);
        ports.store().put(&WorkerKey {}, &lease).await.unwrap();
        let slow = TERMS.written(&ports, lease, began);
        assert_eq!(slow.settles_at.duration_since(ports.clock.now()), ports.clock.now().duration_since(began) * 3);
        assert!(watch.is_owned(&ports).await.unwrap(), "by the last look");
        memory.advance(WATCH_INTERVAL);
        assert!(!watch.is_owned(&ports).await.unwrap());
        assert!(TERMS.confirm(&ports, &WorkerKey {}, slow).await.unwrap().is_some());
        // What is lost stays lost, also if the other owner is gone.
        ports.store().put(&WorkerKey {}, &first.lease).await.unwrap();
        assert!(!watch.look(&ports).await.unwrap());
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
