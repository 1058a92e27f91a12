//! Bundles the modules in `assets/scripts` into one script, so that the page needs one request instead of one per module.
//! Each module becomes a function that is called once, after the modules that it imports:
//!
//! ```js
//! const $dom = (() => { ...; return { h, find }; })();
//! ```
//!
//! The bundler supports a subset of module syntax and rejects everything else: an import lists names from a neighbour on
//! one line; an export precedes a `const`, a `function`, an `async function` or a `class` at the start of a line.

use std::collections::BTreeMap;
use std::fmt::Write;

/// A parsed module.
struct Module {
    imports: Vec<String>,
    body: String,
}

/// Bundles modules, given as texts by name without `.js`.
///
/// # Errors
/// A sentence about the first statement that is not supported.
pub(crate) fn bundle(sources: &BTreeMap<String, String>) -> Result<String, String> {
    let mut modules = BTreeMap::new();
    for (name, text) in sources {
        modules.insert(name.as_str(), parse(name, text)?);
    }
    let mut order = Vec::new();
    for name in modules.keys() {
        append(name, &modules, &mut Vec::new(), &mut order)?;
    }
    let mut bundle = String::new();
    for name in order {
        bundle.push_str(&modules[name].body);
    }
    Ok(bundle)
}

fn parse(name: &str, text: &str) -> Result<Module, String> {
    let (mut imports, mut exports, mut body) = (Vec::new(), Vec::new(), String::new());
    for line in text.lines() {
        let unsupported = |what: &str| format!("{name}.js: {what}: {line}");
        if line.starts_with("import") {
            let (names, from) = import(line).ok_or_else(|| unsupported("unsupported import"))?;
            let _ = writeln!(body, "const {{{names}}} = {};", variable(from));
            imports.push(from.to_owned());
        } else if let Some(declared) = line.strip_prefix("export ") {
            exports.push(declared_name(declared).ok_or_else(|| unsupported("unsupported export"))?);
            let _ = writeln!(body, "{declared}");
        } else if !line.trim_start().starts_with("//") && !line.is_empty() {
            let _ = writeln!(body, "{line}");
        }
    }
    let exported = exports.join(", ");
    let body = format!("const {} = (() => {{\n{body}return {{ {exported} }};\n}})();\n", variable(name));
    Ok(Module { imports, body })
}

/// Parses `import { a, b } from "./name.js";` into the names and the module.
fn import(line: &str) -> Option<(&str, &str)> {
    let (names, from) = line.strip_prefix("import {")?.split_once("} from \"./")?;
    let from = from.strip_suffix(".js\";")?;
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == ',' || c == ' ';
    let is_supported = names.chars().all(is_allowed) && !names.contains(" as ");
    is_supported.then_some((names, from))
}

fn declared_name(declared: &str) -> Option<String> {
    let kinds = ["const ", "function ", "async function ", "class "];
    let rest = kinds.iter().find_map(|kind| declared.strip_prefix(kind))?;
    let name: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
    (!name.is_empty()).then_some(name)
}

/// Returns the module's variable in the bundle.
fn variable(name: &str) -> String {
    format!("${}", name.replace('-', "_"))
}

/// Appends a module to the order, after the modules that it imports.
fn append<'m>(
    name: &'m str,
    modules: &'m BTreeMap<&str, Module>,
    importing: &mut Vec<&'m str>,
    order: &mut Vec<&'m str>,
) -> Result<(), String> {
    if order.contains(&name) {
        return Ok(());
    }
    if importing.contains(&name) {
        return Err(format!("{} imports itself through {}", name, importing.join(", ")));
    }
    importing.push(name);
    let module = modules.get(name).ok_or_else(|| format!("there is no module {name}"))?;
    for import in &module.imports {
        append(import, modules, importing, order)?;
    }
    importing.pop();
    order.push(name);
    Ok(())
}
