//! Makes one script of the modules in `assets/scripts`, so that the page starts with one request and not with one per
//! module. Each module becomes a function that is called once, in the order in which they need each other:
//!
//! ```js
//! const $dom = (() => { ...; return { h, find }; })();
//! ```
//!
//! That is right for modules of a plain kind, and anything else is refused: an import names what it takes from a
//! neighbour, on one line; an export stands before a `const`, a `function` or an `async function`, at the start of a line.

use std::collections::BTreeMap;
use std::fmt::Write;

/// One module as it was written.
struct Module {
    imports: Vec<String>,
    body: String,
}

/// The bundle of some modules (name without `.js`, text). `Err` says what is not plain.
pub(crate) fn bundle(sources: &BTreeMap<String, String>) -> Result<String, String> {
    let mut modules = BTreeMap::new();
    for (name, text) in sources {
        modules.insert(name.as_str(), read(name, text)?);
    }
    let mut order = Vec::new();
    for name in modules.keys() {
        place(name, &modules, &mut Vec::new(), &mut order)?;
    }
    let mut bundle = String::new();
    for name in order {
        bundle.push_str(&modules[name].body);
    }
    Ok(bundle)
}

fn read(name: &str, text: &str) -> Result<Module, String> {
    let (mut imports, mut exports, mut body) = (Vec::new(), Vec::new(), String::new());
    for line in text.lines() {
        let wrong = |what: &str| format!("{name}.js: {what}: {line}");
        if line.starts_with("import") {
            let (names, from) = import(line).ok_or_else(|| wrong("this import is not plain"))?;
            let _ = writeln!(body, "const {{{names}}} = {};", variable(from));
            imports.push(from.to_owned());
        } else if let Some(declared) = line.strip_prefix("export ") {
            exports.push(declared_name(declared).ok_or_else(|| wrong("this export is not plain"))?);
            let _ = writeln!(body, "{declared}");
        } else if !line.trim_start().starts_with("//") && !line.is_empty() {
            let _ = writeln!(body, "{line}");
        }
    }
    let exported = exports.join(", ");
    let body = format!("const {} = (() => {{\n{body}return {{ {exported} }};\n}})();\n", variable(name));
    Ok(Module { imports, body })
}

/// `import { a, b } from "./name.js";` as what is imported and from where.
fn import(line: &str) -> Option<(&str, &str)> {
    let (names, from) = line.strip_prefix("import {")?.split_once("} from \"./")?;
    let from = from.strip_suffix(".js\";")?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == ',' || c == ' ';
    let is_plain = names.chars().all(plain) && !names.contains(" as ");
    is_plain.then_some((names, from))
}

fn declared_name(declared: &str) -> Option<String> {
    let kinds = ["const ", "function ", "async function ", "class "];
    let rest = kinds.iter().find_map(|kind| declared.strip_prefix(kind))?;
    let name: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
    (!name.is_empty()).then_some(name)
}

/// The bundle's name for a module.
fn variable(name: &str) -> String {
    format!("${}", name.replace('-', "_"))
}

/// Puts a module after those that it needs.
fn place<'m>(
    name: &'m str,
    modules: &'m BTreeMap<&str, Module>,
    needing: &mut Vec<&'m str>,
    order: &mut Vec<&'m str>,
) -> Result<(), String> {
    if order.contains(&name) {
        return Ok(());
    }
    if needing.contains(&name) {
        return Err(format!("{} needs itself, by way of {}", name, needing.join(", ")));
    }
    needing.push(name);
    let module = modules.get(name).ok_or_else(|| format!("there is no module {name}"))?;
    for import in &module.imports {
        place(import, modules, needing, order)?;
    }
    needing.pop();
    order.push(name);
    Ok(())
}
