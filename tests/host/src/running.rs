//! Starting an application and stopping it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use wasmtime::component::Linker;
use wasmtime_wasi_http::handler::ProxyHandler;
use wasmtime_wasi_http::p3::bindings::ServicePre;

use crate::allowed_hosts::AllowedHosts;
use crate::app::{self, App};
use crate::component::{Blueprint, Peak, State, engine, linker, load};
use crate::key_value::Database;
use crate::logs::ComponentLogs;
use crate::manifest::{self, Manifest};
use crate::options::Options;
use crate::routes::Router;
use crate::server;
use crate::variables::Variables;

/// An application that is running. Dropping it stops the application too, without waiting.
pub struct Running {
    address: SocketAddr,
    app: Arc<App>,
    /// Until its outcome was told.
    server: Option<JoinHandle<anyhow::Result<()>>>,
    stop: watch::Sender<bool>,
    /// Closed once every connection and every instance is gone.
    at_work: mpsc::Receiver<()>,
}

/// Starts the application and listens.
///
/// # Errors
/// The manifest asks for something that this host lacks, a required variable has no value, a component is missing or
/// does not link, the state directory can't be used, or the address is taken.
pub async fn start(options: Options) -> anyhow::Result<Running> {
    let manifest = Manifest::read(&options.manifest)?;
    let router = Router::new(&manifest.trigger.http)?;
    let variables = Variables::new(&manifest.variables, &options.variables)?;
    std::fs::create_dir_all(&options.state_dir)
        .with_context(|| format!("can't create the state directory {}", options.state_dir.display()))?;
    let database = Database::open(&options.state_dir)?;
    let engine = engine(options.cache_dir.as_deref()).map_err(anyhow::Error::from).context("starting wasmtime")?;
    let linker = linker(&engine)?;
    let folder = options.manifest.parent().unwrap_or_else(|| Path::new(""));
    let mut loaded = load_all(&linker, &manifest, folder).await?;

    let listener =
        TcpListener::bind(options.listen).await.with_context(|| format!("can't listen on {}", options.listen))?;
    let address = listener.local_addr()?;

    let (stop, stopped) = watch::channel(false);
    let (working, at_work) = mpsc::channel(1);
    let mut blueprints = Vec::new();
    for (id, component) in &manifest.component {
        let pre = loaded.remove(id).with_context(|| format!("component {id:?} was not loaded"))?;
        let context = || format!("component {id:?}");
        blueprints.push(Blueprint {
            id: id.as_str().into(),
            engine: engine.clone(),
            pre,
            environment: component.environment.clone(),
            variables: Arc::new(variables.of_component(&component.variables).with_context(context)?),
            key_value_stores: Arc::new(BTreeSet::from_iter(component.key_value_stores.iter().cloned())),
            allowed_hosts: Arc::new(
                AllowedHosts::new(&component.allowed_outbound_hosts, &variables).with_context(context)?,
            ),
            database: database.clone(),
            logs: ComponentLogs::open(&options.state_dir, id, options.logs)?,
            peak: Peak::default(),
            app: std::sync::Weak::new(),
            stop: stopped.clone(),
            at_work: working.clone(),
        });
    }
    let app = Arc::new_cyclic(|app| {
        let components = blueprints.into_iter().map(|blueprint| {
            let (id, logs, peak) = (blueprint.id.to_string(), blueprint.logs.clone(), blueprint.peak.clone());
            let workers = ProxyHandler::new(Blueprint { app: app.clone(), ..blueprint });
            (id, app::Component { workers, logs, peak })
        });
        App { router, components: components.collect() }
    });
    let server = tokio::spawn(server::serve(listener, app.clone(), stopped, working));
    Ok(Running { address, app, server: Some(server), stop, at_work })
}

/// Loads every component at the same time: compiling is what takes long.
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
    let pre = load(linker, &id, component, folder).with_context(|| format!("component {id:?} can't be run"))?;
    Ok((id, pre))
}

impl Running {
    /// The address that it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// The URL of its root, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The public routes, each with its component, for the message at start.
    pub fn routes(&self) -> Vec<(String, String)> {
        self.app.router.iter().map(|(route, component)| (route.to_owned(), component.to_owned())).collect()
    }

    /// The most linear memory, in bytes, that any one instance of `component` has had; `None` if there is no such
    /// component.
    pub fn peak_memory(&self, component: &str) -> Option<u64> {
        self.app.components.get(component).map(|component| component.peak.bytes())
    }

    /// Waits until the server fails; it does not end by itself. May be dropped and called again.
    ///
    /// # Errors
    /// Why it failed, or that this was told before.
    pub async fn stopped(&mut self) -> anyhow::Result<()> {
        let server = self.server.as_mut().context("the server has stopped before")?;
        let outcome = server.await;
        self.server = None;
        outcome?
    }

    /// Stops as Ctrl-C stops `spin up`: connections and instances are dropped, whatever they are doing. Returns once
    /// all are gone, so that the state directory can be used anew.
    pub async fn shutdown(self) {
        let Self { app, stop, mut at_work, .. } = self;
        stop.send_replace(true);
        // The components' workers hold on to `at_work` through it.
        drop(app);
        while at_work.recv().await.is_some() {}
    }
}
