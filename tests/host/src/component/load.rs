//! Creates the wasmtime engine and linker, and loads components: read, compose, compile, link.

use std::path::Path;

use anyhow::Context;
use wasmtime::component::{Component, Linker};
use wasmtime::{Cache, CacheConfig, Config, Engine};
use wasmtime_wasi_http::p3::bindings::ServicePre;

use super::spin_interfaces;
use super::state::State;
use crate::compose::{self, DependencySource};
use crate::manifest;

/// Returns an engine for asynchronous components that caches compiled code in `cache_dir`.
///
/// # Errors
/// The cache's folder is not usable.
pub(crate) fn engine(cache_dir: Option<&Path>) -> wasmtime::Result<Engine> {
    let mut config = Config::new();
    config.wasm_component_model_async(true);
    if let Some(folder) = cache_dir {
        let mut cache = CacheConfig::new();
        cache.with_directory(std::path::absolute(folder)?);
        config.cache(Some(Cache::new(cache)?));
    }
    Engine::new(&config)
}

/// Returns a linker with WASI 0.2 and 0.3 for the standard library, `wasi:http` 0.3 for outbound requests, and Spin's
/// interfaces.
///
/// A component that imports anything else fails to link at start.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi::p3::add_to_linker(&mut linker)?;
    wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
    spin_interfaces::add_to_linker(&mut linker)?;
    Ok(linker)
}

/// Reads, composes, compiles and links the component `id`. Compiling blocks the thread for a while, so call this where
/// blocking is allowed.
///
/// # Errors
/// A file is missing or is not a component, a dependency does not fit, or the host does not support an import.
pub(crate) fn load(
    linker: &Linker<State>,
    id: &str,
    component: &manifest::Component,
    folder: &Path,
) -> anyhow::Result<ServicePre<State>> {
    let mut wasm = read(folder, &component.source)?;
    if !component.dependencies.is_empty() {
        let mut sources = Vec::new();
        for (import, dependency) in &component.dependencies {
            let export = dependency.export.as_deref().unwrap_or(import);
            sources.push(DependencySource { import, export, wasm: read(folder, &dependency.path)? });
        }
        wasm = compose::compose(id, wasm, sources)?;
    }
    let compiled = Component::from_binary(linker.engine(), &wasm)
        .map_err(anyhow::Error::from)
        .context("can't compile the component")?;
    let linked = linker
        .instantiate_pre(&compiled)
        .map_err(anyhow::Error::from)
        .context("the component imports an interface that this host does not support")?;
    ServicePre::new(linked)
        .map_err(anyhow::Error::from)
        .context("the component does not export wasi:http/handler@0.3.0; compile it with spin-sdk 7")
}

fn read(folder: &Path, file: &str) -> anyhow::Result<Vec<u8>> {
    let path = folder.join(file);
    std::fs::read(&path).with_context(|| format!("can't read {}; build the components first", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load_error(wat: Option<&str>) -> String {
        let folder = tempfile::tempdir().unwrap();
        if let Some(wat) = wat {
            std::fs::write(folder.path().join("oauth.wasm"), wat::parse_str(wat).unwrap()).unwrap();
        }
        let linker = linker(&engine(None).unwrap()).unwrap();
        let component: manifest::Component = toml::from_str("source = 'oauth.wasm'").unwrap();
        match load(&linker, "oauth", &component, folder.path()) {
            Ok(_) => panic!("loaded"),
            Err(error) => format!("{error:#}"),
        }
    }

    #[test]
    fn names_a_missing_file() {
        assert!(load_error(None).contains("oauth.wasm"));
    }

    #[test]
    fn rejects_a_core_module() {
        assert!(load_error(Some("(module)")).contains("can't compile"));
    }

    #[test]
    fn names_an_import_that_the_host_lacks() {
        let sqlite = r#"(component (import "spin:sqlite/sqlite@3.1.0" (instance (export "f" (func)))))"#;
        let error = load_error(Some(sqlite));
        assert!(error.contains("does not support") && error.contains("spin:sqlite/sqlite@3.1.0"), "{error}");
    }

    #[test]
    fn rejects_a_component_without_an_http_handler() {
        assert!(load_error(Some("(component)")).contains("wasi:http/handler@0.3.0"));
    }
}
