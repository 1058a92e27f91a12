//! Composes a component with its dependencies into one component with `wac-graph`, as Spin does.
//!
//! A dependency inherits no network, no key-value store and no variables. Spin satisfies such imports with stubs that
//! deny every call; this host rejects a dependency that has them at start. A dependency may import what a standard
//! library needs: clocks, randomness, standard output, and a file system without files.

use anyhow::{Context, bail};
use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions, PackageId};

/// The packages from which a dependency may import.
const ALLOWED_PACKAGES: [&str; 5] = ["wasi:cli/", "wasi:clocks/", "wasi:filesystem/", "wasi:io/", "wasi:random/"];

/// A dependency that satisfies an import.
pub(crate) struct DependencySource<'a> {
    /// Full name of the depending component's import: `package:name/interface@version`.
    pub(crate) import: &'a str,
    /// Full name of the dependency's export.
    pub(crate) export: &'a str,
    /// The dependency's component.
    pub(crate) wasm: Vec<u8>,
}

/// Composes the component `id` with its dependencies.
///
/// # Errors
/// A file is not a component, an import or export does not exist, their types differ, or a dependency imports more than
/// it may.
pub(crate) fn compose(id: &str, wasm: Vec<u8>, dependencies: Vec<DependencySource<'_>>) -> anyhow::Result<Vec<u8>> {
    let mut graph = CompositionGraph::new();
    let component = register(&mut graph, id, wasm)?;
    let instance = graph.instantiate(component);
    for dependency in dependencies {
        let DependencySource { import, export, wasm } = dependency;
        if !imports(&graph, component).any(|name| name == import) {
            let names: Vec<_> = imports(&graph, component).collect();
            bail!("the component does not import the dependency {import:?}; its imports are {names:?}");
        }
        let package = register(&mut graph, import, wasm)?;
        if let Some(import) = imports(&graph, package).find(|name| !is_allowed(name)) {
            bail!("the dependency for {export:?} imports {import:?}, which a dependency may not use");
        }
        let provider = graph.instantiate(package);
        let provided = graph
            .alias_instance_export(provider, export)
            .with_context(|| format!("the dependency does not export {export:?}"))?;
        graph
            .set_instantiation_argument(instance, import, provided)
            .with_context(|| format!("the dependency's export {export:?} does not fit the import"))?;
    }
    let exports: Vec<_> = graph.types()[graph[component].ty()].exports.keys().cloned().collect();
    for name in exports {
        let export = graph.alias_instance_export(instance, &name)?;
        graph.export(export, &name)?;
    }
    graph.encode(EncodeOptions::default()).context("can't compose the component with its dependencies")
}

fn register(graph: &mut CompositionGraph, name: &str, wasm: Vec<u8>) -> anyhow::Result<PackageId> {
    let package = Package::from_bytes(name, None, wasm, graph.types_mut())
        .with_context(|| format!("the file for {name:?} is not a component"))?;
    Ok(graph.register_package(package)?)
}

fn imports(graph: &CompositionGraph, package: PackageId) -> impl Iterator<Item = &str> {
    graph.types()[graph[package].ty()].imports.keys().map(String::as_str)
}

fn is_allowed(import: &str) -> bool {
    ALLOWED_PACKAGES.iter().any(|package| import.starts_with(package))
}

#[cfg(test)]
mod tests {
    use super::*;

    const IMPORT: &str = "test:greeting/words@0.1.0";

    /// A component that calls `words` and exports the result.
    const COMPONENT: &str = r#"(component
        (import "test:greeting/words@0.1.0" (instance $words (export "number" (func (result u32)))))
        (core func $number (canon lower (func $words "number")))
        (core module $m (import "" "number" (func $n (result i32))) (func (export "run") (result i32) call $n))
        (core instance $i (instantiate $m (with "" (instance (export "number" (func $number))))))
        (func $run (result u32) (canon lift (core func $i "run")))
        (export "run" (func $run)))"#;

    /// A component that exports `words` and has the given import.
    fn dependency(import: &str, result: &str) -> String {
        format!(
            r#"(component {import}
            (core module $m (func (export "number") (result i32) i32.const 7))
            (core instance $i (instantiate $m))
            (func $number (result {result}) (canon lift (core func $i "number")))
            (instance $words (export "number" (func $number)))
            (export "test:greeting/words@0.1.0" (instance $words)))"#
        )
    }

    fn composed(import: &str, export: &str, dependency: &str) -> Result<Vec<u8>, String> {
        let source = DependencySource { import, export, wasm: wat::parse_str(dependency).unwrap() };
        let component = wat::parse_str(COMPONENT).unwrap();
        compose("main", component, vec![source]).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn satisfies_the_import() {
        let wasm = composed(IMPORT, IMPORT, &dependency("", "u32")).unwrap();
        let engine = wasmtime::Engine::default();
        let component = wasmtime::component::Component::from_binary(&engine, &wasm).unwrap();
        assert_eq!(component.component_type().imports(&engine).count(), 0);
        let mut store = wasmtime::Store::new(&engine, ());
        let instance = wasmtime::component::Linker::new(&engine).instantiate(&mut store, &component).unwrap();
        let run = instance.get_typed_func::<(), (u32,)>(&mut store, "run").unwrap();
        assert_eq!(run.call(&mut store, ()).unwrap(), (7,));
    }

    #[test]
    fn rejects_a_dependency_that_imports_more_than_it_may() {
        for import in ["wasi:http/client@0.3.0", "wasi:sockets/types@0.3.0", "spin:key-value/key-value@3.0.0"] {
            let wasm = dependency(&format!(r#"(import "{import}" (instance))"#), "u32");
            let error = composed(IMPORT, IMPORT, &wasm).unwrap_err();
            assert!(error.contains(import), "{error}");
        }
        let harmless = dependency(r#"(import "wasi:cli/stderr@0.2.0" (instance))"#, "u32");
        assert!(composed(IMPORT, IMPORT, &harmless).is_ok());
    }

    #[test]
    fn rejects_mismatched_imports_and_exports() {
        let plain = dependency("", "u32");
        assert!(composed("test:other/words@0.1.0", IMPORT, &plain).unwrap_err().contains("does not import"));
        assert!(composed(IMPORT, "test:other/words@0.1.0", &plain).unwrap_err().contains("does not export"));
        assert!(composed(IMPORT, IMPORT, &dependency("", "s32")).unwrap_err().contains("does not fit"));
        assert!(composed(IMPORT, IMPORT, "(module)").unwrap_err().contains("not a component"));
    }
}
