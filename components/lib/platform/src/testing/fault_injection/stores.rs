//! The stores over which a fault matrix runs.

use super::fault::{Access, Fault};
use super::faulty_ports::FaultyPorts;
use super::simulation::Simulation;
use crate::Ports;
use crate::testing::in_memory::InMemoryPorts;
use crate::testing::lagging_store::{LaggingStore, StoreLag};
use domain::time::SignedDuration;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A kind of store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreKind {
    /// Each write shows at once.
    Strict,
    /// The writes of other instances show later, each key after a time of its own.
    Lagging,
    /// Every now and then an access fails, before or after it was executed: half-way through writes that belong together.
    FailingHalfway,
}

/// How slow the store is that lags.
const LAG: StoreLag =
    StoreLag { visibility: SignedDuration::from_millis(100), latency: SignedDuration::from_millis(5) };

/// Every such access fails to the store that fails half-way.
const FAILING_ACCESS: u32 = 23;

/// Number of accesses after which that store is well.
const MAX_FAILING_ACCESSES: u32 = 600;

/// The store of one case.
pub struct MatrixStore {
    kind: StoreKind,
    memory: InMemoryPorts,
    lagging: Arc<LaggingStore>,
    accesses: AtomicU32,
}

impl MatrixStore {
    /// Creates a store over ports in memory.
    pub fn new(kind: StoreKind, memory: &InMemoryPorts) -> Self {
        let lagging = LaggingStore::new(memory, LAG, 7);
        Self { kind, memory: memory.clone(), lagging, accesses: AtomicU32::new(0) }
    }

    /// Returns the faulty ports of a new instance.
    pub fn instance(&self, simulation: &Arc<Simulation>) -> Ports {
        let ports = self.memory.ports();
        let key_value = match self.kind {
            StoreKind::Lagging => self.lagging.instance(simulation.clock()),
            StoreKind::Strict | StoreKind::FailingHalfway => ports.key_value.clone(),
        };
        FaultyPorts::over(simulation, Ports { key_value, ..ports })
    }

    /// Counts an access, and returns its fault.
    pub fn fault_of(&self, access: Access) -> Option<Fault> {
        if self.kind != StoreKind::FailingHalfway {
            return None;
        }
        let number = self.accesses.fetch_add(1, Ordering::SeqCst) + 1;
        if number > MAX_FAILING_ACCESSES || !number.is_multiple_of(FAILING_ACCESS) {
            return None;
        }
        let is_write = matches!(access, Access::Set | Access::Delete);
        let is_executed = is_write && number.is_multiple_of(2 * FAILING_ACCESS);
        Some(if is_executed { Fault::StoreErrorAfter } else { Fault::StoreErrorBefore })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_fails_half_way_fails_before_and_after_accesses_and_gets_well() {
        let store = |kind| MatrixStore::new(kind, &InMemoryPorts::default());
        let faults = |store: &MatrixStore, accesses| {
            (0..accesses).filter_map(|_| store.fault_of(Access::Set)).collect::<Vec<_>>()
        };
        let failing = store(StoreKind::FailingHalfway);
        assert_eq!(faults(&failing, 50), [Fault::StoreErrorBefore, Fault::StoreErrorAfter]);
        faults(&failing, MAX_FAILING_ACCESSES);
        assert_eq!(faults(&failing, 100), []);
        assert_eq!(faults(&store(StoreKind::Lagging), 100), []);
    }
}
