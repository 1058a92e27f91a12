//! Workers: instances that answer requests, their reuse and their expiry.
//!
//! The limits are Spin's defaults. A worker has no time limit, as under `spin up`: a task that a component spawns can
//! run on after the response.

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

use super::state::{MemoryGauge, PeakMemory, State, WriteCounts};
use crate::allowed_hosts::AllowedHosts;
use crate::key_value::Stores;
use crate::logs::ComponentLogs;
use crate::outbound::{ConnectionPool, OutboundHttp, ServiceChain};
use crate::variables::ComponentVariables;

/// Maximum number of requests that one instance answers before it is replaced.
const MAX_REQUESTS_PER_INSTANCE: usize = 128;

/// Maximum number of requests that one instance answers concurrently.
const MAX_CONCURRENT_REQUESTS: usize = 16;

/// How long an idle instance is kept.
const IDLE_TIMEOUT: Duration = Duration::from_secs(1);

/// The pool of a component's workers, which takes its requests.
pub(crate) type Workers = ProxyHandler<InstanceFactory>;

/// Creates instances of one component.
pub(crate) struct InstanceFactory {
    pub(crate) id: Arc<str>,
    pub(crate) engine: Engine,
    pub(crate) pre: ServicePre<State>,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) variables: Arc<ComponentVariables>,
    pub(crate) allowed_stores: Arc<BTreeSet<String>>,
    pub(crate) allowed_hosts: Arc<AllowedHosts>,
    pub(crate) stores: Arc<Stores>,
    pub(crate) logs: ComponentLogs,
    pub(crate) peak_memory: PeakMemory,
    pub(crate) chain: Weak<dyn ServiceChain>,
    pub(crate) connections: ConnectionPool,
    /// The stop signal: turns true, or loses its sender, when the host stops.
    pub(crate) stop: watch::Receiver<bool>,
    /// Every worker keeps a clone until it is gone; shutdown waits until the last clone is dropped.
    pub(crate) shutdown_complete: mpsc::Sender<()>,
}

impl InstanceFactory {
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
            outbound: OutboundHttp::new(
                self.id.clone(),
                self.allowed_hosts.clone(),
                self.logs.clone(),
                self.chain.clone(),
                self.connections.clone(),
            ),
            variables: self.variables.clone(),
            allowed_stores: self.allowed_stores.clone(),
            stores: self.stores.clone(),
            memory: MemoryGauge::new(self.peak_memory.clone()),
            write_counts: WriteCounts::default(),
        }
    }
}

impl HandlerState for InstanceFactory {
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
                _shutdown_complete: self.shutdown_complete.clone(),
            },
        })
    }
}

/// Decides whether a worker takes another request, and logs the end of its instance.
pub(crate) struct Worker {
    logs: ComponentLogs,
    stop: watch::Receiver<bool>,
    /// Number of requests that the worker has taken.
    requests: AtomicUsize,
    _shutdown_complete: mpsc::Sender<()>,
}

impl WorkerState for Worker {
    type StoreData = State;
    type RequestData = ();

    fn should_accept_request(&self, concurrent: usize, total: usize) -> ShouldAccept {
        if total >= MAX_REQUESTS_PER_INSTANCE {
            ShouldAccept::Never
        } else if concurrent >= MAX_CONCURRENT_REQUESTS {
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
            self.logs.host_line(&format!("trap: {error:#}"));
        }
        let state = store.data();
        let requests = self.requests.load(Ordering::Relaxed);
        self.logs.instance_ended(requests, state.memory.bytes(), state.write_counts.sets, state.write_counts.deletes);
        drop(store);
    }
}

fn has_stopped(stop: &watch::Receiver<bool>) -> bool {
    *stop.borrow() || stop.has_changed().is_err()
}

/// Ends a worker after [`IDLE_TIMEOUT`], or when the host stops.
pub(crate) struct Expiration {
    idle: Pin<Box<Sleep>>,
    stop: Pin<Box<dyn Future<Output = ()> + Send + Sync>>,
}

impl Expiration {
    fn new(mut stop: watch::Receiver<bool>) -> Self {
        Self {
            idle: Box::pin(tokio::time::sleep(IDLE_TIMEOUT)),
            // An error means that the sender was dropped together with the host.
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
