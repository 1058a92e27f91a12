//! Locks between the requests of one instance, by name. The store has no atomics; these stand in for them within an
//! instance, and between instances every writer re-reads before it writes.

use crate::ports::Ports;
use domain::time::SignedDuration;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How often a request looks whether a lock is free. On Spin a request can be woken by the host alone: one that waits
/// for another request of its instance (as an asynchronous mutex does) traps. What is waited for is a call to Zoom,
/// which takes ten times as long.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_millis(20);

/// The names that are held now.
#[derive(Debug, Default)]
pub struct Locks(Mutex<BTreeSet<String>>);

impl Locks {
    /// Waits until a name is free, and holds it.
    pub async fn hold(self: &Arc<Self>, ports: &Ports, name: &str) -> Held {
        while !self.names().insert(name.to_owned()) {
            ports.clock.sleep(LOOK_AGAIN).await;
        }
        Held { locks: self.clone(), name: name.to_owned() }
    }

    fn names(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Holds a name until it is dropped, which also happens when the request is cut off.
#[derive(Debug)]
pub struct Held {
    locks: Arc<Locks>,
    name: String,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.locks.names().remove(&self.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Memory;

    #[tokio::test]
    async fn a_name_is_held_by_one_at_a_time() {
        let (locks, ports, inside) = (Arc::<Locks>::default(), Memory::default().ports(), Mutex::new(0));
        let one = async || {
            let _held = locks.hold(&ports, "a").await;
            *inside.lock().unwrap() += 1;
            tokio::task::yield_now().await;
            let mut inside = inside.lock().unwrap();
            assert_eq!(*inside, 1);
            *inside -= 1;
        };
        futures::future::join_all((0..8).map(|_| one())).await;
        // Other names are free meanwhile, and so is a name whose holder was dropped.
        let _held = locks.hold(&ports, "a").await;
        drop(locks.hold(&ports, "b").await);
        let before = ports.clock.now();
        drop(locks.hold(&ports, "b").await);
        assert_eq!(ports.clock.now(), before);
    }
}
