//! Keeps a listing of keys apart from every other call to the store within one component instance.
//!
//! Spin's SQLite store holds its only connection's lock while it streams keys to the guest through a channel of four,
//! and `get`, `set` and `delete` block the instance's event loop until they have that lock. The event loop is what
//! drains the channel. So a listing beside any other call of the same instance is a deadlock that lasts until
//! the process ends (Spin 4.1.0: `crates/key-value-spin/src/store.rs`, `crates/wasi-async/src/stream.rs`). The gate stays
//! even if a later Spin fixes this, because 4.1.0 is supported.
//!
//! Other stores need no gate and lose little by it: calls wait during listings only.

use crate::ports::traits::{Clock, KeyValue, StoreError};
use async_trait::async_trait;
use domain::time::SignedDuration;
use futures::future::{Either, select};
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How often a waiting call checks whether it may enter. On Spin the host alone wakes a request, so a call that waits
/// for another request of its instance has to poll. Short, because a listing of a small store takes a few milliseconds.
const POLL_INTERVAL: SignedDuration = SignedDuration::from_millis(2);

/// How long a listing may take once it is admitted. Spin streams about 25,000 keys a second, and hosts end a request
/// after 30 seconds.
const LISTING_TIMEOUT: SignedDuration = SignedDuration::from_secs(10);

/// How long an access waits while no other access is admitted or ends. Longer than a listing may take: what it bounds is
/// an access whose request is never polled again.
const STALL_TIMEOUT: SignedDuration = SignedDuration::from_secs(15);

/// A store whose listings run alone within this instance, return each key once, and end by a deadline.
pub struct GatedStore {
    inner: Arc<dyn KeyValue>,
    clock: Arc<dyn Clock>,
    gate: Arc<Gate>,
}

impl GatedStore {
    /// Puts a gate before a store. Every call of the instance has to go through this one value.
    pub fn new(inner: Arc<dyn KeyValue>, clock: Arc<dyn Clock>) -> Self {
        Self { inner, clock, gate: Arc::default() }
    }

    /// Waits until an access is admitted. First come, first served: neither listings nor calls starve.
    async fn enter(&self, access: Access) -> Result<Admission, StoreError> {
        let ticket = self.gate.queue(access);
        let (mut changes, mut changed_at) = (self.gate.changes(), self.clock.now());
        while !self.gate.admit(&ticket) {
            self.clock.sleep(POLL_INTERVAL).await;
            let (seen, now) = (self.gate.changes(), self.clock.now());
            if seen != changes {
                (changes, changed_at) = (seen, now);
            } else if now.duration_since(changed_at) >= STALL_TIMEOUT {
                return Err(StoreError("another access to the store does not end".to_owned()));
            }
        }
        Ok(Admission { gate: self.gate.clone(), access })
    }
}

#[async_trait]
impl KeyValue for GatedStore {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let _admission = self.enter(Access::Call).await?;
        self.inner.get(key).await
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> Result<(), StoreError> {
        let _admission = self.enter(Access::Call).await?;
        self.inner.set(key, value).await
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        let _admission = self.enter(Access::Call).await?;
        self.inner.delete(key).await
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let _admission = self.enter(Access::Listing).await?;
        match select(self.inner.keys(prefix), self.clock.sleep(LISTING_TIMEOUT)).await {
            // Redis' SCAN may return a key twice.
            Either::Left((listed, _)) => Ok(listed?.into_iter().collect::<BTreeSet<_>>().into_iter().collect()),
            Either::Right(_) => Err(StoreError("listing the keys timed out".to_owned())),
        }
    }
}

/// The kind of an access to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    /// `get`, `set` or `delete`: any number at once.
    Call,
    /// A listing of keys: alone.
    Listing,
}

/// The accesses in progress and those that wait.
#[derive(Debug, Default)]
struct Gate(Mutex<GateState>);

#[derive(Debug, Default)]
struct GateState {
    calls: usize,
    is_listing: bool,
    /// Waiting accesses with their ticket numbers, in the order in which they came.
    waiting: VecDeque<(u64, Access)>,
    last_ticket: u64,
    /// Number of accesses that were admitted or have ended.
    changes: u64,
}

impl Gate {
    fn state(&self) -> MutexGuard<'_, GateState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changes(&self) -> u64 {
        self.state().changes
    }

    fn queue(self: &Arc<Self>, access: Access) -> Ticket {
        let mut state = self.state();
        state.last_ticket += 1;
        let number = state.last_ticket;
        state.waiting.push_back((number, access));
        Ticket { gate: self.clone(), number }
    }

    /// Admits the access of a ticket if it may start now: a listing when it is first in the queue and nothing is under
    /// way, a call when no listing is under way or ahead of it.
    fn admit(&self, ticket: &Ticket) -> bool {
        let mut state = self.state();
        let Some(position) = state.waiting.iter().position(|&(number, _)| number == ticket.number) else {
            return false;
        };
        let (_, access) = state.waiting[position];
        let admitted = match access {
            Access::Listing => position == 0 && state.calls == 0 && !state.is_listing,
            Access::Call => {
                !state.is_listing && state.waiting.iter().take(position).all(|&(_, ahead)| ahead == Access::Call)
            }
        };
        if admitted {
            state.waiting.remove(position);
            state.changes += 1;
            match access {
                Access::Listing => state.is_listing = true,
                Access::Call => state.calls += 1,
            }
        }
        admitted
    }
}

/// A place in the queue. Dropping it, which also happens when the request is cancelled, frees the place.
#[derive(Debug)]
struct Ticket {
    gate: Arc<Gate>,
    number: u64,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.gate.state().waiting.retain(|&(number, _)| number != self.number);
    }
}

/// An access in progress. Dropping it ends the access.
#[derive(Debug)]
struct Admission {
    gate: Arc<Gate>,
    access: Access,
}

impl Drop for Admission {
    fn drop(&mut self) {
        let mut state = self.gate.state();
        state.changes += 1;
        match self.access {
            Access::Listing => state.is_listing = false,
            Access::Call => state.calls -= 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::in_memory::{InMemoryPorts, InstanceStore};
    use domain::time::Timestamp;
    use futures::future::{BoxFuture, join_all};
    use proptest::prelude::*;

    /// An access of the property test.
    #[derive(Debug, Clone, Copy)]
    enum Step {
        Get(u8),
        Set(u8),
        Delete(u8),
        List,
        /// A listing that is cancelled after some polls.
        CancelledList(u8),
    }

    fn step() -> impl Strategy<Value = (Step, u8)> {
        let step = prop_oneof![
            any::<u8>().prop_map(Step::Get),
            any::<u8>().prop_map(Step::Set),
            any::<u8>().prop_map(Step::Delete),
            Just(Step::List),
            (0u8..12).prop_map(Step::CancelledList),
        ];
        (step, 0u8..20)
    }

    async fn filled(store: &dyn KeyValue, keys: usize) {
        for key in 0..keys {
            store.set(&format!("start:{key}"), vec![1]).await.unwrap();
        }
    }

    async fn yield_times(times: u8) {
        for _ in 0..times {
            tokio::task::yield_now().await;
        }
    }

    async fn run(store: &dyn KeyValue, step: Step) {
        let key = |key: u8| format!("key:{}", key % 8);
        match step {
            Step::Get(of) => drop(store.get(&key(of)).await.unwrap()),
            Step::Set(of) => store.set(&key(of), vec![of]).await.unwrap(),
            Step::Delete(of) => store.delete(&key(of)).await.unwrap(),
            Step::List => {
                let listed = store.keys("start:").await.unwrap();
                assert_eq!(listed.len(), 20);
            }
            Step::CancelledList(polls) => {
                let cut: BoxFuture<'_, ()> = Box::pin(yield_times(polls));
                drop(select(store.keys("start:"), cut).await);
            }
        }
    }

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().build().unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

        /// The in-memory store panics where Spin's would deadlock, so a case that ends has kept listings apart.
        #[test]
        fn listings_and_calls_in_any_order_complete(steps in prop::collection::vec(step(), 1..40)) {
            runtime().block_on(async {
                let store = InMemoryPorts::default().ports().key_value;
                filled(&*store, 20).await;
                let all = steps.iter().map(|&(step, yields)| {
                    let store = &store;
                    async move {
                        yield_times(yields).await;
                        run(&**store, step).await;
                    }
                });
                join_all(all).await;
                // No later access waits for an access that has ended.
                store.keys("").await.unwrap();
                store.set("after", Vec::new()).await.unwrap();
            });
        }
    }

    #[test]
    #[should_panic(expected = "beside a listing")]
    fn without_the_gate_a_call_beside_a_listing_panics() {
        runtime().block_on(async {
            let store = InstanceStore::new(InMemoryPorts::default());
            filled(&store, 20).await;
            join_all([Step::List, Step::Get(1)].map(|step| run(&store, step))).await;
        });
    }

    #[tokio::test]
    async fn calls_do_not_wait_for_each_other() {
        let memory = InMemoryPorts::default();
        let store = memory.ports().key_value;
        let before = memory.ports().clock.now();
        join_all((0..16).map(|n| run(&*store, Step::Set(n)))).await;
        assert_eq!(memory.ports().clock.now(), before);
    }

    #[tokio::test]
    async fn neither_calls_nor_listings_starve() {
        let store = InMemoryPorts::default().ports().key_value;
        filled(&*store, 20).await;
        let repeat = |step: Step| {
            let store = &store;
            async move {
                loop {
                    run(&**store, step).await;
                    tokio::task::yield_now().await;
                }
            }
        };
        let accesses = async {
            for _ in 0..20 {
                run(&*store, Step::Set(1)).await;
                run(&*store, Step::List).await;
            }
        };
        let endless = join_all([Step::List, Step::List, Step::Get(1), Step::Set(2)].map(repeat));
        assert!(matches!(select(Box::pin(accesses), Box::pin(endless)).await, Either::Left(_)));
    }

    /// A store with a fixed listing, which may never end.
    struct StubStore {
        keys: Vec<&'static str>,
        ends: bool,
    }

    #[async_trait]
    impl KeyValue for StubStore {
        async fn get(&self, _: &str) -> Result<Option<Vec<u8>>, StoreError> {
            Ok(None)
        }

        async fn set(&self, _: &str, _: Vec<u8>) -> Result<(), StoreError> {
            Ok(())
        }

        async fn delete(&self, _: &str) -> Result<(), StoreError> {
            Ok(())
        }

        async fn keys(&self, _: &str) -> Result<Vec<String>, StoreError> {
            if !self.ends {
                std::future::pending::<()>().await;
            }
            Ok(self.keys.iter().map(|&key| key.to_owned()).collect())
        }
    }

    /// A clock whose sleeps complete at once, whether or not other futures still sleep.
    struct SkippingClock(Mutex<Timestamp>);

    #[async_trait]
    impl Clock for SkippingClock {
        fn now(&self) -> Timestamp {
            *self.0.lock().unwrap()
        }

        async fn sleep(&self, duration: SignedDuration) {
            tokio::task::yield_now().await;
            *self.0.lock().unwrap() += duration;
        }
    }

    fn stub_store(keys: Vec<&'static str>, ends: bool) -> (GatedStore, Arc<dyn Clock>) {
        let clock: Arc<dyn Clock> = Arc::new(SkippingClock(Mutex::new(Timestamp::UNIX_EPOCH)));
        (GatedStore::new(Arc::new(StubStore { keys, ends }), clock.clone()), clock)
    }

    #[tokio::test]
    async fn a_key_that_the_store_lists_twice_is_returned_once() {
        let (store, _) = stub_store(vec!["b", "a", "b", "b"], true);
        assert_eq!(store.keys("").await.unwrap(), ["a", "b"]);
    }

    #[tokio::test]
    async fn a_listing_that_does_not_end_times_out_and_lets_the_others_go_on() {
        let (store, clock) = stub_store(Vec::new(), false);
        let before = clock.now();
        let (listed, read) = futures::future::join(store.keys(""), store.get("a")).await;
        assert!(listed.unwrap_err().to_string().contains("timed out"));
        assert_eq!(read, Ok(None));
        assert!(clock.now().duration_since(before) >= LISTING_TIMEOUT);
    }

    #[tokio::test]
    async fn an_access_that_is_never_polled_again_does_not_block_the_others_for_good() {
        let (store, _) = stub_store(Vec::new(), false);
        let mut abandoned = store.keys("");
        assert!(futures::poll!(&mut abandoned).is_pending());
        assert!(store.get("a").await.unwrap_err().to_string().contains("does not end"));
        drop(abandoned);
        assert_eq!(store.get("a").await, Ok(None));
    }
}
