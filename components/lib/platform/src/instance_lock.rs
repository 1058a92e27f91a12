//! Named locks between the requests of one component instance. The store has no atomics, so between instances every
//! writer reads again before it writes.

use crate::ports::Ports;
use domain::time::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How often a waiting request polls a lock. On Spin the host alone wakes a request: awaiting another request of the
/// same instance, as an asynchronous mutex does, traps. A lock is held during a call to Zoom, which takes ten times as
/// long.
const POLL_INTERVAL: SignedDuration = SignedDuration::from_millis(20);

/// The names that are locked now.
#[derive(Debug, Default)]
pub struct InstanceLocks(Mutex<BTreeSet<String>>);

impl InstanceLocks {
    /// Waits until a name is free, and locks it.
    pub async fn lock(self: &Arc<Self>, ports: &Ports, name: &str) -> Guard {
        while !self.names().insert(name.to_owned()) {
            ports.clock.sleep(POLL_INTERVAL).await;
        }
        Guard { locks: self.clone(), name: name.to_owned() }
    }

    /// Waits until a name is free, and locks it. Returns `None` if it is not free by the deadline.
    pub async fn lock_until(self: &Arc<Self>, ports: &Ports, name: &str, deadline: Timestamp) -> Option<Guard> {
        while !self.names().insert(name.to_owned()) {
            if ports.clock.now() + POLL_INTERVAL > deadline {
                return None;
            }
            ports.clock.sleep(POLL_INTERVAL).await;
        }
        Some(Guard { locks: self.clone(), name: name.to_owned() })
    }

    fn names(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps a name locked until it is dropped, which also happens when the request is cancelled.
#[derive(Debug)]
pub struct Guard {
    locks: Arc<InstanceLocks>,
    name: String,
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.locks.names().remove(&self.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::in_memory::InMemoryPorts;

    #[tokio::test]
    async fn one_request_at_a_time_holds_a_name() {
        let (locks, ports, inside) = (Arc::<InstanceLocks>::default(), InMemoryPorts::default().ports(), Mutex::new(0));
        let one = async || {
            let _guard = locks.lock(&ports, "a").await;
            *inside.lock().unwrap() += 1;
            tokio::task::yield_now().await;
            let mut inside = inside.lock().unwrap();
            assert_eq!(*inside, 1);
            *inside -= 1;
        };
        futures::future::join_all((0..8).map(|_| one())).await;
        // Other names stay free, and a dropped guard unlocks its name.
        let _guard = locks.lock(&ports, "a").await;
        drop(locks.lock(&ports, "b").await);
        let before = ports.clock.now();
        drop(locks.lock(&ports, "b").await);
        assert_eq!(ports.clock.now(), before);
        assert!(locks.lock_until(&ports, "a", before + SignedDuration::from_secs(1)).await.is_none());
        assert!(locks.lock_until(&ports, "b", before).await.is_some());
    }
}
