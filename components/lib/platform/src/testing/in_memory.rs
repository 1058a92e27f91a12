//! Ports in memory, for native tests of routers. The clock is simulated: it advances only when a future sleeps or a test
//! moves it, so that tests of hours run in milliseconds.

use crate::auth::session;
use crate::ports::{Background, Clock, Http, KeyValue, Ports, Random, StoreError, TransportError, Variables};
use crate::request_id;
use crate::sealing::{DataKeys, KeySource, Keyring};
use crate::store_gate::GatedStore;
use crate::testing::opened_keys::OpenedKeys;
use async_trait::async_trait;
use axum::Router;
use bytes::Bytes;
use domain::Error;
use domain::records::RegistrationKey;
use domain::time::{SignedDuration, Timestamp};
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use tower::ServiceExt;

/// The state behind ports in memory. Clones share it.
#[derive(Clone, Default)]
pub struct InMemoryPorts {
    store: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    hosts: Arc<Mutex<HashMap<String, Router>>>,
    variables: Arc<Mutex<HashMap<String, String>>>,
    now: Arc<Mutex<SimulatedTime>>,
    sleepers: Arc<Mutex<Sleepers>>,
    drawn: Arc<Mutex<u64>>,
    tasks: Arc<Mutex<Vec<BoxFuture<'static, ()>>>>,
    listings: Arc<AtomicUsize>,
    accesses: Arc<AtomicUsize>,
    forbids_listings: Arc<AtomicBool>,
    /// The prefix of keys that listings lack.
    unlisted: Arc<Mutex<Option<String>>>,
}

struct SimulatedTime(Timestamp);

impl Default for SimulatedTime {
    fn default() -> Self {
        // 2026-11-02T09:00:00Z: a plain Monday.
        Self(Timestamp::constant(1_793_610_000, 0))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl InMemoryPorts {
    /// Returns the ports of one component instance. All instances share the state.
    pub fn ports(&self) -> Ports {
        let this = Arc::new(self.clone());
        let store = Arc::new(InstanceStore::new(self.clone()));
        Ports {
            http: this.clone(),
            key_value: Arc::new(GatedStore::new(store, this.clone())),
            clock: this.clone(),
            random: this.clone(),
            variables: this.clone(),
            background: this,
            throttle: Arc::default(),
            urls: Arc::default(),
            keyring: Arc::new(Keyring::new(Box::new(self.clone()), Arc::new(self.clone()))),
        }
    }

    /// Registers the router that answers for a host (`oauth.spin.internal`, `zoom.test`). Other hosts refuse connections.
    pub fn serve(&self, host: &str, router: Router) {
        lock(&self.hosts).insert(host.to_owned(), router);
    }

    /// Sets a variable.
    pub fn set(&self, name: &str, value: &str) {
        lock(&self.variables).insert(name.to_owned(), value.to_owned());
    }

    /// Begins a console session with an admin key. Returns its `Set-Cookie` value.
    ///
    /// # Panics
    /// If `public_url` is not set.
    #[expect(clippy::expect_used, reason = "a test must not continue")]
    pub async fn sign_in(&self, admin_key: &str) -> String {
        let session = session::create(&self.ports(), &admin_key.into()).await.expect("public_url is set");
        let record = serde_json::to_vec(&session.record).expect("a record is JSON");
        self.store_value(&session.key.to_string(), Some(record));
        session.cookie
    }

    /// Leaves the keys with a prefix out of listings from now on, as Redis does without an error when a later part of a listing
    /// fails.
    pub fn truncate_listings(&self, prefix: &str) {
        *lock(&self.unlisted) = Some(prefix.to_owned());
    }

    /// Makes listings of keys panic from now on: no request and no minute's tick may depend on the number of records.
    pub fn forbid_listings(&self) {
        self.forbids_listings.store(true, Ordering::SeqCst);
    }

    /// Advances the clock.
    pub fn advance(&self, duration: SignedDuration) {
        lock(&self.now).0 += duration;
    }

    /// Returns every key and value of the store as they are there: sealed.
    pub fn sealed_dump(&self) -> BTreeMap<String, Vec<u8>> {
        lock(&self.store).clone()
    }

    /// Returns every key and opened value of the store. A value that cannot be opened is returned as it is.
    ///
    /// # Panics
    /// When the test's token key is none.
    pub fn dump(&self) -> BTreeMap<String, Vec<u8>> {
        let mut dump = self.sealed_dump();
        let keys = self.data_keys();
        for (key, value) in &mut dump {
            if let Some(opened) = keys.open_stored(key, value) {
                *value = opened;
            }
        }
        dump
    }

    /// Returns a key of the ledger as the store has it.
    pub fn stored_key(&self, key: &RegistrationKey) -> String {
        self.data_keys().stored_key(key)
    }

    fn data_keys(&self) -> OpenedKeys {
        let token_keys = lock(&self.variables).get("token_key").cloned();
        OpenedKeys::derive(token_keys.as_deref().unwrap_or("in memory"))
    }

    /// Returns how many times the keys of the store were listed so far.
    pub fn listings(&self) -> usize {
        self.listings.load(Ordering::SeqCst)
    }

    /// Returns how many times a key of the store was read, written or deleted so far.
    pub fn accesses(&self) -> usize {
        self.accesses.load(Ordering::SeqCst)
    }

    pub(super) fn stored(&self, key: &str) -> Option<Vec<u8>> {
        lock(&self.store).get(key).cloned()
    }

    pub(super) fn store_value(&self, key: &str, value: Option<Vec<u8>>) {
        match value {
            Some(value) => drop(lock(&self.store).insert(key.to_owned(), value)),
            None => drop(lock(&self.store).remove(key)),
        }
    }

    /// Runs a future and, beside it, the background work that is spawned meanwhile, to the end of both.
    pub async fn run_with_background<T>(&self, future: impl Future<Output = T>) -> T {
        let (mut future, mut output) = (pin!(future), None);
        let mut running = FuturesUnordered::new();
        poll_fn(|context| {
            if output.is_none()
                && let Poll::Ready(ready) = future.as_mut().poll(context)
            {
                output = Some(ready);
            }
            loop {
                running.extend(std::mem::take(&mut *lock(&self.tasks)));
                match running.poll_next_unpin(context) {
                    Poll::Ready(Some(())) => {}
                    Poll::Pending | Poll::Ready(None) if !lock(&self.tasks).is_empty() => {}
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(None) => return output.take().map_or(Poll::Pending, Poll::Ready),
                }
            }
        })
        .await
    }

    /// Runs the background work, including the background work that it spawns.
    pub async fn run_background(&self) {
        loop {
            let Some(task) = lock(&self.tasks).pop() else { return };
            task.await;
        }
    }

    /// Drops the background work, as when the process is killed.
    pub fn kill_background(&self) {
        lock(&self.tasks).clear();
    }
}

/// The keys of the variable `token_key`, if a test sets it.
#[async_trait]
impl KeySource for InMemoryPorts {
    async fn load(&self) -> Result<DataKeys, Error> {
        Ok(self.data_keys().keys)
    }
}

#[async_trait]
impl Http for InMemoryPorts {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, TransportError> {
        let host = request.uri().authority().map(|authority| authority.as_str().to_owned()).unwrap_or_default();
        let router = lock(&self.hosts).get(&host).cloned();
        let refused = |maybe_executed| TransportError { reason: "connection refused".to_owned(), maybe_executed };
        let router = router.ok_or_else(|| refused(false))?;
        let response = router.oneshot(request.map(axum::body::Body::from)).await.map_err(|never| match never {})?;
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.map_err(|_| refused(true))?;
        Ok(http::Response::from_parts(parts, body))
    }
}

/// The store as one component instance reaches it on Spin, where a listing beside another call of the same instance
/// blocks the whole application. Here such a call panics.
pub(crate) struct InstanceStore {
    memory: InMemoryPorts,
    /// Whether a listing of this instance holds the store's lock.
    is_listing: AtomicBool,
}

/// Number of keys that Spin's listing buffers before the guest reads the first.
const LISTING_CHANNEL: usize = 4;

/// Maximum number of yields of a listing, so that other requests of the instance run meanwhile. Bounded, because simulated
/// time advances when requests yield many times in a row.
const LISTING_PAUSES: usize = 8;

impl InstanceStore {
    pub(crate) fn new(memory: InMemoryPorts) -> Self {
        Self { memory, is_listing: AtomicBool::new(false) }
    }

    fn count_access(&self) {
        self.memory.accesses.fetch_add(1, Ordering::SeqCst);
    }

    fn locked(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        assert!(!self.is_listing.load(Ordering::SeqCst), "a call to the store beside a listing: this hangs on Spin");
        lock(&self.memory.store)
    }
}

/// Ends a listing, which also happens when its request is cancelled.
struct ListingLock<'a>(&'a AtomicBool);

impl Drop for ListingLock<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

#[async_trait]
impl KeyValue for InstanceStore {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.count_access();
        Ok(self.locked().get(key).cloned())
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> Result<(), StoreError> {
        self.count_access();
        self.locked().insert(key.to_owned(), value);
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.count_access();
        self.locked().remove(key);
        Ok(())
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.memory.listings.fetch_add(1, Ordering::SeqCst);
        assert!(!self.memory.forbids_listings.load(Ordering::SeqCst), "a listing of keys outside of maintenance");
        // In reverse, so that no caller relies on an order.
        let all: Vec<_> = self.locked().keys().rev().cloned().collect();
        // Keys that fit into the channel are read without the lock.
        if all.len() > LISTING_CHANNEL {
            self.is_listing.store(true, Ordering::SeqCst);
            let _lock = ListingLock(&self.is_listing);
            for _ in LISTING_CHANNEL..all.len().min(LISTING_CHANNEL + LISTING_PAUSES) {
                tokio::task::yield_now().await;
            }
        }
        let unlisted = lock(&self.memory.unlisted).clone();
        let is_listed = |key: &String| !unlisted.as_ref().is_some_and(|unlisted| key.starts_with(unlisted.as_str()));
        Ok(all.into_iter().filter(|key| key.starts_with(prefix) && is_listed(key)).collect())
    }
}

#[async_trait]
impl Clock for InMemoryPorts {
    fn now(&self) -> Timestamp {
        lock(&self.now).0
    }

    async fn sleep(&self, duration: SignedDuration) {
        let until = self.now() + duration.max(SignedDuration::ZERO);
        let sleeper = Sleeper::new(&self.sleepers, until);
        let (mut seen, mut yields) = (self.now(), 0);
        // Other futures run first, so that one that is ready wins against a timeout, also after the clock has advanced.
        while self.now() < until || yields < IDLE_YIELDS {
            tokio::task::yield_now().await;
            yields = if self.now() == seen { yields + 1 } else { 0 };
            seen = self.now();
            if yields >= IDLE_YIELDS && sleeper.is_first() {
                let mut now = lock(&self.now);
                now.0 = now.0.max(until);
                return;
            }
        }
    }
}

/// Number of times that a sleeping future yields to the others before the clock advances to its wake-up time.
const IDLE_YIELDS: usize = 1000;

/// The wake-up time of each sleeping future: the clock advances to the earliest.
#[derive(Default)]
struct Sleepers {
    last: u64,
    until: BTreeSet<(Timestamp, u64)>,
}

struct Sleeper {
    all: Arc<Mutex<Sleepers>>,
    place: (Timestamp, u64),
}

impl Sleeper {
    fn new(all: &Arc<Mutex<Sleepers>>, until: Timestamp) -> Self {
        let mut sleepers = lock(all);
        sleepers.last += 1;
        let place = (until, sleepers.last);
        sleepers.until.insert(place);
        Self { all: all.clone(), place }
    }

    fn is_first(&self) -> bool {
        lock(&self.all).until.first() == Some(&self.place)
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        lock(&self.all).until.remove(&self.place);
    }
}

impl Random for InMemoryPorts {
    /// Deterministic, so that tests are repeatable.
    fn fill(&self, buffer: &mut [u8]) {
        let mut drawn = lock(&self.drawn);
        for byte in buffer {
            *drawn = drawn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = (*drawn >> 56) as u8;
        }
    }
}

#[async_trait]
impl Variables for InMemoryPorts {
    async fn get(&self, name: &str) -> Option<String> {
        lock(&self.variables).get(name).cloned()
    }
}

impl Background for InMemoryPorts {
    fn spawn(&self, task: BoxFuture<'static, ()>) {
        lock(&self.tasks).push(Box::pin(request_id::inherit(task)));
    }
}
