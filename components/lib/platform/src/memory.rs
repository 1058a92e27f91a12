//! Ports in memory, for native tests of routers. The clock is simulated: it stands still until somebody sleeps or
//! moves it, so that tests of hours run in no time.

use crate::ports::{Background, Clock, Http, KeyValue, Ports, Random, StoreError, TransportError, Variables};
use async_trait::async_trait;
use axum::Router;
use bytes::Bytes;
use domain::time::{SignedDuration, Timestamp};
use futures::future::BoxFuture;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tower::ServiceExt;

/// A world in memory: make one, set it up, take its [`Ports`].
#[derive(Clone, Default)]
pub struct Memory {
    store: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    hosts: Arc<Mutex<HashMap<String, Router>>>,
    variables: Arc<Mutex<HashMap<String, String>>>,
    now: Arc<Mutex<SimulatedTime>>,
    sleepers: Arc<Mutex<Sleepers>>,
    drawn: Arc<Mutex<u64>>,
    tasks: Arc<Mutex<Vec<BoxFuture<'static, ()>>>>,
}

struct SimulatedTime(Timestamp);

impl Default for SimulatedTime {
    fn default() -> Self {
        // 2026-11-02T09:00:00Z: a plain Monday.
        Self(Timestamp::from_second(1_793_610_000))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Memory {
    /// The ports of this world. All share its state.
    pub fn ports(&self) -> Ports {
        let this = Arc::new(self.clone());
        Ports {
            http: this.clone(),
            key_value: this.clone(),
            clock: this.clone(),
            random: this.clone(),
            variables: this.clone(),
            background: this,
            attempts: Arc::default(),
        }
    }

    /// Lets a router answer for a host (`oauth.spin.internal`, `zoom.test`). Other hosts refuse connections.
    pub fn serve(&self, host: &str, router: Router) {
        lock(&self.hosts).insert(host.to_owned(), router);
    }

    /// Sets a variable.
    pub fn set(&self, name: &str, value: &str) {
        lock(&self.variables).insert(name.to_owned(), value.to_owned());
    }

    /// Moves the clock.
    pub fn advance(&self, duration: SignedDuration) {
        lock(&self.now).0 += duration;
    }

    /// Every key and value of the store.
    pub fn dump(&self) -> BTreeMap<String, Vec<u8>> {
        lock(&self.store).clone()
    }

    /// Runs the work that was left for after the responses, including what that work leaves.
    pub async fn run_background(&self) {
        loop {
            let Some(task) = lock(&self.tasks).pop() else { return };
            task.await;
        }
    }

    /// Forgets the work that was left: the process was killed.
    pub fn kill_background(&self) {
        lock(&self.tasks).clear();
    }
}

#[async_trait]
impl Http for Memory {
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

#[async_trait]
impl KeyValue for Memory {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(lock(&self.store).get(key).cloned())
    }

    async fn set(&self, key: &str, value: Vec<u8>) -> Result<(), StoreError> {
        lock(&self.store).insert(key.to_owned(), value);
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        lock(&self.store).remove(key);
        Ok(())
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        // Backwards, so that nobody comes to rely on an order.
        Ok(lock(&self.store).keys().rev().filter(|key| key.starts_with(prefix)).cloned().collect())
    }
}

#[async_trait]
impl Clock for Memory {
    fn now(&self) -> Timestamp {
        lock(&self.now).0
    }

    async fn sleep(&self, duration: SignedDuration) {
        let until = self.now() + duration.max(SignedDuration::ZERO);
        let sleeper = Sleeper::new(&self.sleepers, until);
        let (mut seen, mut turns) = (self.now(), 0);
        // Others go first: what is ready at once wins a race against a time limit, also after time has moved on.
        while self.now() < until || turns < PATIENCE {
            tokio::task::yield_now().await;
            turns = if self.now() == seen { turns + 1 } else { 0 };
            seen = self.now();
            if turns >= PATIENCE && sleeper.is_first() {
                let mut now = lock(&self.now);
                now.0 = now.0.max(until);
                return;
            }
        }
    }
}

/// How many turns a simulated sleeper gives to others before time jumps to its end.
const PATIENCE: usize = 1000;

/// Until when each sleeper sleeps: time jumps to the end of the one who wakes first.
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

impl Random for Memory {
    /// Not random: a counter, spread out, so that runs repeat.
    fn fill(&self, buffer: &mut [u8]) {
        let mut drawn = lock(&self.drawn);
        for byte in buffer {
            *drawn = drawn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = (*drawn >> 56) as u8;
        }
    }
}

#[async_trait]
impl Variables for Memory {
    async fn get(&self, name: &str) -> Option<String> {
        lock(&self.variables).get(name).cloned()
    }
}

impl Background for Memory {
    fn spawn(&self, task: BoxFuture<'static, ()>) {
        lock(&self.tasks).push(task);
    }
}
