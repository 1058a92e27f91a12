//! Workers: instances that answer requests, and when they are reused and ended.
//!
//! The numbers are Spin's defaults. A worker's work has no time limit: `spin up` sets none either, and a task that a
//! component spawned goes on after the response for as long as it needs.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};
use tokio::time::Sleep;
use wasmtime::component::{GuestTaskId, ResourceTable};
use wasmtime::{Engine, Store, StoreContextMut};
use wasmtime_wasi::WasiCtx;
use wasmtime_wasi_http::handler::{
    HandlerState, Instance, Proxy, ProxyHandler, ShouldAccept, WorkerExpiration, WorkerState, WorkerStatus,
};
use wasmtime_wasi_http::p3::bindings::ServicePre;
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpView};

use super::State;
use super::state::{MemoryGauge, Peak, Writes};
use crate::allowed_hosts::AllowedHosts;
use crate::app::App;
use crate::key_value::Database;
use crate::logs::ComponentLogs;
use crate::outbound::Outbound;
use crate::variables::ComponentVariables;

/// How many requests one instance answers in its life.
const REQUESTS_PER_INSTANCE: usize = 128;

/// How many requests one instance answers at the same time.
const REQUESTS_AT_ONCE: usize = 16;

/// How long an instance with nothing to do is kept.
const IDLE_TIMEOUT: Duration = Duration::from_secs(1);

/// A component's workers; give it requests.
pub(crate) type Workers = ProxyHandler<Blueprint>;

/// All it takes to make an instance of one component.
pub(crate) struct Blueprint {
    pub(crate) id: Arc<str>,
    pub(crate) engine: Engine,
    pub(crate) pre: ServicePre<State>,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) variables: Arc<ComponentVariables>,
    pub(crate) key_value_stores: Arc<BTreeSet<String>>,
    pub(crate) allowed_hosts: Arc<AllowedHosts>,
    pub(crate) database: Database,
    pub(crate) logs: ComponentLogs,
    pub(crate) peak: Peak,
    /// For service chaining.
    pub(crate) app: Weak<App>,
    /// Turns true, or loses its sender, when the host stops.
    pub(crate) stop: watch::Receiver<bool>,
    /// Held for as long as a worker may still be at work; see [`crate::Running::shutdown`].
    pub(crate) at_work: mpsc::Sender<()>,
}

impl Blueprint {
    fn state(&self) -> State {
        let mut wasi = WasiCtx::builder();
        wasi.stdout(self.logs.stdout()).stderr(self.logs.stderr());
        for (name, value) in &self.environment {
            wasi.env(name, value);
        }
        State {
            table: ResourceTable::new(),
            wasi: wasi.build(),
            http: WasiHttpCtx::new(),
            outbound: Outbound::new(self.id.clone(), self.allowed_hosts.clone(), self.logs.clone(), self.app.clone()),
            variables: self.variables.clone(),
            key_value_stores: self.key_value_stores.clone(),
            database: self.database.clone(),
            memory: MemoryGauge::new(self.peak.clone()),
            writes: Writes::default(),
        }
    }
}

impl HandlerState for Blueprint {
    type StoreData = State;
    type WorkerExpiration = Expiration;
    type WorkerState = Worker;

    async fn instantiate(&self) -> wasmtime::Result<Instance<State, Expiration, Worker>> {
        let mut store = Store::new(&self.engine, self.state());
        store.limiter(|state| &mut state.memory);
        let proxy = Proxy::P3(self.pre.instantiate_async(&mut store).await?);
        Ok(Instance {
            store,
            proxy,
            view: State::http,
            expiration: Expiration::new(self.stop.clone()),
            state: Worker {
                logs: self.logs.clone(),
                stop: self.stop.clone(),
                requests: AtomicUsize::new(0),
                _at_work: self.at_work.clone(),
            },
        })
    }
}

/// How many requests a worker takes, and what becomes of it.
pub(crate) struct Worker {
    logs: ComponentLogs,
    stop: watch::Receiver<bool>,
    /// How many requests it has taken.
    requests: AtomicUsize,
    _at_work: mpsc::Sender<()>,
}

impl WorkerState for Worker {
    type StoreData = State;
    type RequestData = ();

    fn should_accept_request(&self, now: usize, in_total: usize) -> ShouldAccept {
        if in_total >= REQUESTS_PER_INSTANCE {
            ShouldAccept::Never
        } else if now >= REQUESTS_AT_ONCE {
            ShouldAccept::No
        } else {
            ShouldAccept::Yes
        }
    }

    fn on_request_start(
        &self,
        _: StoreContextMut<'_, State>,
        (): (),
        _: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + Sync>> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        Box::pin(std::future::pending())
    }

    fn drop(&self, store: Store<State>, result: Result<(), wasmtime::Error>) {
        if let Err(error) = result
            && !has_stopped(&self.stop)
        {
            self.logs.host_says(&format!("trap: {error:#}"));
        }
        let state = store.data();
        let requests = self.requests.load(Ordering::Relaxed);
        self.logs.instance_ended(requests, state.memory.bytes(), state.writes.sets, state.writes.deletes);
        drop(store);
    }
}

fn has_stopped(stop: &watch::Receiver<bool>) -> bool {
    *stop.borrow() || stop.has_changed().is_err()
}

/// When a worker ends: after a while with nothing to do, or with the host.
pub(crate) struct Expiration {
    idle: Pin<Box<Sleep>>,
    stop: Pin<Box<dyn Future<Output = ()> + Send + Sync>>,
}

impl Expiration {
    fn new(mut stop: watch::Receiver<bool>) -> Self {
        Self {
            idle: Box::pin(tokio::time::sleep(IDLE_TIMEOUT)),
            // An error means that the sender is gone, and the host with it.
            stop: Box::pin(async move { drop(stop.wait_for(|&stop| stop).await) }),
        }
    }
}

impl WorkerExpiration for Expiration {
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>, status: WorkerStatus, since: Instant) -> Poll<()> {
        if self.stop.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        if !matches!(status, WorkerStatus::Idle) {
            return Poll::Pending;
        }
        let end = tokio::time::Instant::from_std(since) + IDLE_TIMEOUT;
        if self.idle.deadline() != end {
            self.idle.as_mut().reset(end);
        }
        self.idle.as_mut().poll(cx)
    }
}
