//! The state of one instance of a component.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use wasmtime::ResourceLimiter;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::key_value::Stores;
use crate::outbound::OutboundHttp;
use crate::variables::ComponentVariables;

/// The data of one instance's wasmtime store.
pub(crate) struct State {
    /// The guest's handles.
    pub(crate) table: ResourceTable,
    pub(crate) wasi: WasiCtx,
    pub(crate) http: WasiHttpCtx,
    pub(crate) outbound: OutboundHttp,
    /// The variables that the component can read.
    pub(crate) variables: Arc<ComponentVariables>,
    /// The labels that the component may open.
    pub(crate) allowed_stores: Arc<BTreeSet<String>>,
    pub(crate) stores: Arc<Stores>,
    pub(crate) memory: MemoryGauge,
    pub(crate) write_counts: WriteCounts,
}

/// Number of key-value writes of an instance.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct WriteCounts {
    pub(crate) sets: u64,
    pub(crate) deletes: u64,
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

/// Peak linear memory, in bytes, of any single instance of a component.
#[derive(Clone, Default)]
pub(crate) struct PeakMemory(Arc<AtomicU64>);

impl PeakMemory {
    /// Returns the peak so far, in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Measures the linear memories of one instance. Sets no limit.
pub(crate) struct MemoryGauge {
    bytes: u64,
    peak: PeakMemory,
}

impl MemoryGauge {
    /// Creates a gauge for a new instance. The gauge updates the component's `peak`.
    pub(crate) fn new(peak: PeakMemory) -> Self {
        Self { bytes: 0, peak }
    }

    /// Returns the instance's memory in bytes. Linear memory never shrinks, so this is also the instance's peak.
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
    fn the_peak_is_the_largest_sum_of_memories_of_one_instance() {
        let peak = PeakMemory::default();
        let (mut one, mut two) = (MemoryGauge::new(peak.clone()), MemoryGauge::new(peak.clone()));
        one.memory_growing(0, 100, None).unwrap();
        one.memory_growing(0, 50, None).unwrap();
        one.memory_growing(100, 120, None).unwrap();
        two.memory_growing(0, 160, None).unwrap();
        assert_eq!(peak.bytes(), 170);
    }
}
