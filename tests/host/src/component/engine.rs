//! The wasmtime engine, and the linker with all that a component may import.

use std::path::Path;

use wasmtime::component::Linker;
use wasmtime::{Cache, CacheConfig, Config, Engine};

use super::{Interfaces, State};
use crate::bindings::spin;

/// An engine for asynchronous components, with compiled code kept in `cache_dir`.
///
/// # Errors
/// The cache's folder can't be used.
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

/// WASI 0.2 and 0.3 for the standard library, `wasi:http` 0.3 for outbound requests, and Spin's interfaces.
///
/// What a component imports beyond these is an error when it is linked, at start.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi::p3::add_to_linker(&mut linker)?;
    wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
    spin::key_value::key_value::add_to_linker::<State, Interfaces>(&mut linker, |state| state)?;
    spin::variables::variables::add_to_linker::<State, Interfaces>(&mut linker, |state| state)?;
    Ok(linker)
}
