//! Manifests say what a package and the application are.

use anyhow::Context;
use repository::tree::Tree;
use std::fmt::Write;
use toml::{Table, Value};

fn table(tree: &Tree, file: &str) -> anyhow::Result<Table> {
    let text = tree.text(file).with_context(|| format!("{file} is missing"))?;
    toml::from_str(&text).with_context(|| format!("{file} can't be parsed"))
}

fn has_text(value: Option<&Value>) -> bool {
    value.and_then(Value::as_str).is_some_and(|text| !text.trim().is_empty())
}

#[test]
fn manifests_have_descriptions() -> anyhow::Result<()> {
    const SHARED: [&str; 3] = ["license", "repository", "authors"];
    let tree = Tree::open()?;
    let workspace = table(&tree, "Cargo.toml")?;
    let mut problems = String::new();
    for field in SHARED.iter().filter(|field| workspace["workspace"]["package"].get(field).is_none()) {
        write!(problems, "\n  Cargo.toml: workspace.package has no {field}")?;
    }
    let packages = tree.packages();
    assert!(!packages.is_empty(), "no package was found");
    for package in packages {
        let manifest = table(&tree, &format!("{package}/Cargo.toml"))?;
        if !has_text(manifest["package"].get("description")) {
            write!(problems, "\n  {package}/Cargo.toml: no description")?;
        }
        for field in SHARED {
            let inherited = manifest["package"].get(field).and_then(|value| value.get("workspace"));
            if inherited.and_then(Value::as_bool) != Some(true) {
                write!(problems, "\n  {package}/Cargo.toml: no {field}.workspace = true")?;
            }
        }
    }
    assert!(problems.is_empty(), "packages are not described:{problems}");
    Ok(())
}

#[test]
fn spin_toml_is_described() -> anyhow::Result<()> {
    let tree = Tree::open()?;
    let text = tree.text("spin.toml").context("spin.toml is missing")?;
    assert!(text.starts_with("#:schema https://"), "spin.toml does not begin with a #:schema line");
    let manifest = table(&tree, "spin.toml")?;
    let application = &manifest["application"];
    assert!(has_text(application.get("description")), "the application has no description");
    let authors = application.get("authors").and_then(Value::as_array);
    assert!(authors.is_some_and(|authors| !authors.is_empty()), "the application has no authors");
    for (name, component) in manifest["component"].as_table().context("there are no components")? {
        assert!(has_text(component.get("description")), "the component {name} has no description");
    }
    Ok(())
}
