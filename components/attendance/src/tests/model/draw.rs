//! Repeatable random choices.

use std::sync::atomic::{AtomicU64, Ordering};

/// A source of random choices (`SplitMix64`). The same seed makes the same choices.
pub(super) struct Draw(AtomicU64);

impl Draw {
    pub(super) const fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    fn next(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let state = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number from `low` to `high`, both included. An empty range has only `low`.
    pub(super) fn between(&self, low: i64, high: i64) -> i64 {
        let count = u64::try_from(high - low).map_or(1, |span| span + 1);
        low + i64::try_from(self.next() % count).unwrap()
    }

    /// Returns `true` with a probability in percent.
    pub(super) fn chance(&self, percent: i64) -> bool {
        self.between(1, 100) <= percent
    }

    /// Returns one of several values.
    pub(super) fn pick<T: Copy>(&self, values: &[T]) -> T {
        values[usize::try_from(self.between(0, values.len() as i64 - 1)).unwrap()]
    }
}
