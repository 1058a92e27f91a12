//! From a component's table in `spin.toml` to something that can be instantiated.

use std::path::Path;

use anyhow::Context;
use wasmtime::component::{Component, Linker};
use wasmtime_wasi_http::p3::bindings::ServicePre;

use super::State;
use crate::compose::{self, Source};
use crate::manifest;

/// Reads, composes, compiles and links a component; this computes for a while, so call it where that is fine.
///
/// # Errors
/// A file is missing or no component, a dependency does not fit, or something is imported that the host lacks.
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
            sources.push(Source { import, export, wasm: read(folder, &dependency.path)? });
        }
        wasm = compose::compose(id, wasm, sources)?;
    }
    let compiled = Component::from_binary(linker.engine(), &wasm).map_err(anyhow::Error::from).context("compiling")?;
    let linked = linker
        .instantiate_pre(&compiled)
        .map_err(anyhow::Error::from)
        .context("it imports something that this host does not have")?;
    ServicePre::new(linked)
        .map_err(anyhow::Error::from)
        .context("it does not export wasi:http/handler@0.3.0 (spin-sdk 7 does)")
}

fn read(folder: &Path, file: &str) -> anyhow::Result<Vec<u8>> {
    let path = folder.join(file);
    std::fs::read(&path).with_context(|| format!("can't read {} (has it been built?)", path.display()))
}

#[cfg(test)]
mod tests {
    use super::super::{engine, linker};
    use super::*;

    fn refusal(wat: Option<&str>) -> String {
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
    fn a_missing_file_is_named() {
        assert!(refusal(None).contains("oauth.wasm"));
    }

    #[test]
    fn a_module_is_no_component() {
        assert!(refusal(Some("(module)")).contains("compiling"));
    }

    #[test]
    fn an_import_that_the_host_lacks_is_named() {
        let sqlite = r#"(component (import "spin:sqlite/sqlite@3.1.0" (instance (export "f" (func)))))"#;
        let refused = refusal(Some(sqlite));
        assert!(refused.contains("does not have") && refused.contains("spin:sqlite/sqlite@3.1.0"), "{refused}");
    }

    #[test]
    fn a_component_without_a_handler_is_refused() {
        assert!(refusal(Some("(component)")).contains("wasi:http/handler@0.3.0"));
    }
}
