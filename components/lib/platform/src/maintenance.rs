//! The maintenance of a component: what needs a listing of the store's keys, and therefore runs once an hour.
//!
//! It goes by when it last ran, not by the clock, so that a missed tick delays it by minutes. It records that before it
//! lists, so that a store that is too large for its time is not listed every minute.

use crate::ports::Ports;
use domain::Error;
use domain::digest::sha256_hex;
use domain::records::{Key, Record, StoreKey, Sweep};
use domain::time::{SignedDuration, Timestamp};

/// Minimum interval between two runs.
const INTERVAL: SignedDuration = SignedDuration::from_hours(1);

/// Minimum time left to begin.
const MIN_TIME_LEFT: SignedDuration = SignedDuration::from_secs(5);

/// Maximum number of orphans that are remembered. Later runs find the others.
const MAX_ORPHANS: usize = 500;

/// Number of hexadecimal digits by which an orphan is remembered.
const DIGEST_LENGTH: usize = 32;

/// A run of the maintenance.
pub struct Maintenance<'a, K> {
    ports: &'a Ports,
    key: K,
    began: Timestamp,
    /// The orphans of the run before.
    before: Vec<String>,
    orphans: Vec<String>,
}

/// Returns whether the last run is an hour ago. An unreadable record, and one of the future, count as none.
pub async fn is_due(ports: &Ports, key: &impl Key<Record = Sweep>) -> Result<bool, Error> {
    Ok(!is_recent(ports.store().get_readable(key).await?.as_ref(), ports.clock.now()))
}

fn is_recent(last: Option<&Sweep>, now: Timestamp) -> bool {
    last.is_some_and(|last| last.at <= now && now < last.at + INTERVAL)
}

impl<'a, K: Key<Record = Sweep>> Maintenance<'a, K> {
    /// Begins a run if it [is due](is_due) and there is time for it.
    pub async fn begin_if_due(ports: &'a Ports, key: K, deadline: Timestamp) -> Result<Option<Self>, Error> {
        let began = ports.clock.now();
        let last = ports.store().get_readable(&key).await?;
        if is_recent(last.as_ref(), began) || began + MIN_TIME_LEFT > deadline {
            return Ok(None);
        }
        let maintenance =
            Self { ports, key, began, before: last.map(|last| last.orphans).unwrap_or_default(), orphans: Vec::new() };
        maintenance.record(maintenance.before.clone()).await?;
        Ok(Some(maintenance))
    }

    /// Notes a record whose owner was not found. Returns whether the run before noted it too, so that it can be deleted.
    pub fn is_lasting_orphan(&mut self, key: &impl StoreKey) -> bool {
        let mut digest = sha256_hex(key.to_string().as_bytes());
        digest.truncate(DIGEST_LENGTH);
        if self.before.contains(&digest) {
            return true;
        }
        if self.orphans.len() < MAX_ORPHANS {
            self.orphans.push(digest);
        }
        false
    }

    /// Records the orphans that the next run may delete.
    pub async fn finish(self) -> Result<(), Error> {
        self.record(self.orphans.clone()).await
    }

    async fn record(&self, orphans: Vec<String>) -> Result<(), Error> {
        let sweep = Sweep { v: Sweep::VERSION, at: self.began, orphans };
        Ok(self.ports.store().put(&self.key, &sweep).await?)
    }
}

/// Returns keys beginning with a random one, so that a run that ends at its deadline does not always leave the same.
pub fn from_anywhere<T>(ports: &Ports, mut keys: Vec<T>) -> Vec<T> {
    let start = ports.random.u32() as usize % keys.len().max(1);
    keys.rotate_left(start);
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::in_memory::InMemoryPorts;
    use domain::records::{OauthSweepKey, TokenKey};

    async fn begin(ports: &Ports) -> Option<Maintenance<'_, OauthSweepKey>> {
        let deadline = ports.clock.now() + SignedDuration::from_secs(20);
        Maintenance::begin_if_due(ports, OauthSweepKey {}, deadline).await.unwrap()
    }

    #[tokio::test]
    async fn runs_are_an_hour_apart_whatever_the_minute_and_whether_or_not_they_finish() {
        let memory = InMemoryPorts::default();
        let ports = memory.ports();
        memory.advance(SignedDuration::from_mins(7));
        assert!(begin(&ports).await.is_some());
        memory.advance(SignedDuration::from_mins(59));
        assert!(begin(&ports).await.is_none());
        memory.advance(SignedDuration::from_mins(1));
        begin(&ports).await.unwrap().finish().await.unwrap();
        assert!(begin(&ports).await.is_none());
        // A clock that was wrong does not stop it for ever.
        memory.advance(SignedDuration::from_hours(-48));
        assert!(begin(&ports).await.is_some());
    }

    #[tokio::test]
    async fn a_run_needs_time() {
        let ports = InMemoryPorts::default().ports();
        let deadline = ports.clock.now() + SignedDuration::from_secs(4);
        assert!(Maintenance::begin_if_due(&ports, OauthSweepKey {}, deadline).await.unwrap().is_none());
        assert!(begin(&ports).await.is_some());
    }

    #[tokio::test]
    async fn an_orphan_lasts_if_two_runs_see_it() {
        let memory = InMemoryPorts::default();
        let ports = memory.ports();
        let token = |id: &str| TokenKey { id: id.into() };
        let mut first = begin(&ports).await.unwrap();
        assert!(!first.is_lasting_orphan(&token("a")) && !first.is_lasting_orphan(&token("b")));
        first.finish().await.unwrap();
        memory.advance(SignedDuration::from_hours(1));
        let mut second = begin(&ports).await.unwrap();
        assert!(second.is_lasting_orphan(&token("a")) && !second.is_lasting_orphan(&token("c")));
        second.finish().await.unwrap();
        memory.advance(SignedDuration::from_hours(1));
        let mut third = begin(&ports).await.unwrap();
        // In between, it had an owner.
        assert!(!third.is_lasting_orphan(&token("b")) && third.is_lasting_orphan(&token("c")));
    }

    #[test]
    fn keys_are_all_there_and_begin_anywhere() {
        let ports = InMemoryPorts::default().ports();
        let mut starts = std::collections::BTreeSet::new();
        for _ in 0..50 {
            let mut keys = from_anywhere(&ports, (0..5).collect());
            starts.insert(keys[0]);
            keys.sort_unstable();
            assert_eq!(keys, [0, 1, 2, 3, 4]);
        }
        assert_eq!(starts.len(), 5);
        assert!(from_anywhere(&ports, Vec::<u32>::new()).is_empty());
    }
}
