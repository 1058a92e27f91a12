//! Starts and stops an application.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Weak};

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use wasmtime::component::Linker;
use wasmtime_wasi_http::handler::ProxyHandler;
use wasmtime_wasi_http::p3::bindings::ServicePre;

use crate::allowed_hosts::AllowedHosts;
use crate::app::{App, ComponentHandle};
use crate::component::{InstanceFactory, PeakMemory, State, engine, linker, load};
use crate::key_value::Stores;
use crate::logs::ComponentLogs;
use crate::manifest::{self, Manifest};
use crate::options::Options;
use crate::outbound::{ConnectionPool, ServiceChain};
use crate::routes::Router;
use crate::runtime_config::RuntimeConfig;
use crate::server;
use crate::variables::Variables;

/// A running application. Dropping it stops the application without waiting.
pub struct Running {
    address: SocketAddr,
    app: Arc<App>,
    default_store: String,
    /// `None` once [`Running::stopped`] has returned the server's result.
    server: Option<JoinHandle<anyhow::Result<()>>>,
    stop: watch::Sender<bool>,
    /// Closes once every connection and every instance is gone.
    shutdown_complete: mpsc::Receiver<()>,
}

/// Starts the application and listens for requests.
///
/// # Errors
/// The manifest or the runtime configuration has a setting that this host does not support, a required variable has no value, a component is missing
/// or does not link, the state directory is not usable, or the address is in use.
pub async fn start(options: Options) -> anyhow::Result<Running> {
    let manifest = Manifest::read(&options.manifest)?;
    let router = Router::new(&manifest.trigger.http)?;
    let variables = Variables::new(&manifest.variables, &options.variables)?;
    std::fs::create_dir_all(&options.state_dir)
        .with_context(|| format!("can't create the state directory {}", options.state_dir.display()))?;
    let config = options.runtime_config_file.as_deref().map(RuntimeConfig::read).transpose()?.unwrap_or_default();
    let stores = Stores::open(&config, &options.state_dir)?;
    stores.check_labels(&manifest)?;
    let stores = Arc::new(stores);
    let engine = engine(options.cache_dir.as_deref()).map_err(anyhow::Error::from).context("can't start wasmtime")?;
    let linker = linker(&engine)?;
    let folder = options.manifest.parent().unwrap_or_else(|| Path::new(""));
    let mut loaded = load_all(&linker, &manifest, folder).await?;

    let listener =
        TcpListener::bind(options.listen).await.with_context(|| format!("can't listen on {}", options.listen))?;
    let address = listener.local_addr()?;

    let (stop, stopped) = watch::channel(false);
    let (running, shutdown_complete) = mpsc::channel(1);
    let connections = ConnectionPool::new();
    let mut factories = Vec::new();
    for (id, component) in &manifest.component {
        let pre = loaded.remove(id).with_context(|| format!("component {id:?} was not loaded"))?;
        let context = || format!("component {id:?}");
        factories.push(InstanceFactory {
            id: id.as_str().into(),
            engine: engine.clone(),
            pre,
            environment: component.environment.clone(),
            variables: Arc::new(variables.of_component(&component.variables).with_context(context)?),
            allowed_stores: Arc::new(BTreeSet::from_iter(component.key_value_stores.iter().cloned())),
            allowed_hosts: Arc::new(
                AllowedHosts::new(&component.allowed_outbound_hosts, &variables).with_context(context)?,
            ),
            stores: stores.clone(),
            logs: ComponentLogs::open(&options.state_dir, id, options.logs)?,
            peak_memory: PeakMemory::default(),
            chain: Weak::<App>::new(),
            connections: connections.clone(),
            stop: stopped.clone(),
            shutdown_complete: running.clone(),
        });
    }
    let app = Arc::new_cyclic(|app: &Weak<App>| {
        let chain: Weak<dyn ServiceChain> = app.clone();
        let components = factories.into_iter().map(|factory| {
            let (id, logs) = (factory.id.to_string(), factory.logs.clone());
            let peak_memory = factory.peak_memory.clone();
            let workers = ProxyHandler::new(InstanceFactory { chain: chain.clone(), ..factory });
            (id, ComponentHandle { workers, logs, peak_memory })
        });
        App { router, components: components.collect() }
    });
    let server = tokio::spawn(server::serve(listener, app.clone(), stopped, running));
    let default_store = stores.default_location().unwrap_or_default();
    Ok(Running { address, app, default_store, server: Some(server), stop, shutdown_complete })
}

/// Loads all components concurrently, because compiling takes most of the start time.
async fn load_all(
    linker: &Linker<State>,
    manifest: &Manifest,
    folder: &Path,
) -> anyhow::Result<BTreeMap<String, ServicePre<State>>> {
    let mut loading = JoinSet::new();
    for (id, component) in &manifest.component {
        let (linker, id, component, folder) = (linker.clone(), id.clone(), component.clone(), folder.to_owned());
        loading.spawn_blocking(move || load_one(&linker, id, &component, &folder));
    }
    let mut loaded = BTreeMap::new();
    while let Some(result) = loading.join_next().await {
        let (id, pre) = result??;
        loaded.insert(id, pre);
    }
    Ok(loaded)
}

fn load_one(
    linker: &Linker<State>,
    id: String,
    component: &manifest::Component,
    folder: &Path,
) -> anyhow::Result<(String, ServicePre<State>)> {
    let pre = load(linker, &id, component, folder).with_context(|| format!("can't run component {id:?}"))?;
    Ok((id, pre))
}

impl Running {
    /// Returns the address that the server listens on.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// Returns the application's base URL without a trailing slash.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the public routes and their components.
    pub fn routes(&self) -> Vec<(String, String)> {
        self.app.router.iter().map(|(route, component)| (route.to_owned(), component.to_owned())).collect()
    }

    /// Returns where the data of the default key-value label is, without credentials.
    pub fn default_store(&self) -> &str {
        &self.default_store
    }

    /// Returns the peak linear memory, in bytes, of any single instance of `component`. Returns `None` if there is no
    /// such component.
    pub fn peak_memory(&self, component: &str) -> Option<u64> {
        self.app.components.get(component).map(|component| component.peak_memory.bytes())
    }

    /// Waits until the server fails; without an error it runs until [`Running::shutdown`]. Cancel safe.
    ///
    /// # Errors
    /// The reason of the failure, or that an earlier call has already returned it.
    pub async fn stopped(&mut self) -> anyhow::Result<()> {
        let server = self.server.as_mut().context("the server has already stopped")?;
        let outcome = server.await;
        self.server = None;
        outcome?
    }

    /// Stops the application as Ctrl-C stops `spin up`: drops connections and instances without waiting for their
    /// requests. Returns once all are gone, so that the state directory can be used again.
    pub async fn shutdown(self) {
        let Self { app, stop, mut shutdown_complete, .. } = self;
        stop.send_replace(true);
        // The components' instance factories keep senders of `shutdown_complete`.
        drop(app);
        while shutdown_complete.recv().await.is_some() {}
    }
}
