//! What belongs to one instance of a component.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use wasmtime::ResourceLimiter;
use wasmtime::component::{HasData, ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::key_value::Database;
use crate::outbound::Outbound;
use crate::variables::ComponentVariables;

/// The data of one instance's wasmtime store.
pub(crate) struct State {
    /// Handles that the guest holds.
    pub(crate) table: ResourceTable,
    pub(crate) wasi: WasiCtx,
    pub(crate) http: WasiHttpCtx,
    pub(crate) outbound: Outbound,
    /// What the component sees of the application's variables.
    pub(crate) variables: Arc<ComponentVariables>,
    /// The labels that the component may open.
    pub(crate) key_value_stores: Arc<BTreeSet<String>>,
    pub(crate) database: Database,
    pub(crate) memory: MemoryGauge,
    pub(crate) writes: Writes,
}

/// How often an instance has written to the key-value store.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Writes {
    pub(crate) sets: u64,
    pub(crate) deletes: u64,
}

/// Under which Spin's interfaces are implemented; see [`HasData`].
pub(crate) struct Interfaces;

impl HasData for Interfaces {
    type Data<'a> = &'a mut State;
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.outbound, table: &mut self.table, ctx: &mut self.http }
    }
}

/// The most linear memory, in bytes, that any one instance of a component has had.
#[derive(Clone, Default)]
pub(crate) struct Peak(Arc<AtomicU64>);

impl Peak {
    /// The peak so far, in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Watches the linear memories of one instance; it limits nothing.
pub(crate) struct MemoryGauge {
    bytes: u64,
    peak: Peak,
}

impl MemoryGauge {
    /// A gauge for a new instance, which adds to the component's `peak`.
    pub(crate) fn new(peak: Peak) -> Self {
        Self { bytes: 0, peak }
    }

    /// What the instance has, in bytes. Linear memory never shrinks, so it is also the most that it had.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl ResourceLimiter for MemoryGauge {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        self.bytes += desired.saturating_sub(current) as u64;
        self.peak.0.fetch_max(self.bytes, Ordering::Relaxed);
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_of_one_instance_over_all_its_memories() {
        let peak = Peak::default();
        let (mut one, mut two) = (MemoryGauge::new(peak.clone()), MemoryGauge::new(peak.clone()));
        one.memory_growing(0, 100, None).unwrap();
        one.memory_growing(0, 50, None).unwrap();
        one.memory_growing(100, 120, None).unwrap();
        two.memory_growing(0, 160, None).unwrap();
        assert_eq!(peak.bytes(), 170);
    }
}
