//! Dependencies come from one registry, have permissive licences and reasons, and are compiled once.

use anyhow::{Context, ensure};
use repository::tree::Tree;
use serde_json::Value;
use spdx::{Expression, Licensee, ParseMode};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use toml::Table;

fn table(tree: &Tree, file: &str) -> anyhow::Result<Table> {
    let text = tree.text(file).with_context(|| format!("{file} is missing"))?;
    toml::from_str(&text).with_context(|| format!("{file} can't be parsed"))
}

/// Runs cargo in the workspace and returns its output.
fn cargo(tree: &Tree, arguments: &[&str]) -> anyhow::Result<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo).current_dir(tree.root()).args(arguments).output().context("can't run cargo")?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "cargo {} failed: {errors}", arguments.join(" "));
    String::from_utf8(output.stdout).context("cargo's output is not UTF-8")
}

/// Parses a list of licences.
fn licences(list: &toml::Value) -> anyhow::Result<Vec<Licensee>> {
    let names = list.as_array().context("the licences are no list")?;
    names.iter().map(|name| Ok(Licensee::parse(name.as_str().context("a licence is no text")?)?)).collect()
}

#[test]
fn dependencies_come_from_one_registry() -> anyhow::Result<()> {
    let tree = Tree::open()?;
    let lock = table(&tree, "Cargo.lock")?;
    let mut sources = BTreeSet::new();
    for package in lock["package"].as_array().context("Cargo.lock has no packages")? {
        // A package of this workspace has no source.
        if let Some(source) = package.get("source").and_then(toml::Value::as_str) {
            assert!(package.get("checksum").is_some(), "a package has no checksum: {package:?}");
            sources.insert(source);
        }
    }
    let registries: Vec<_> = sources.iter().filter(|source| source.starts_with("registry+")).collect();
    assert!(sources.len() == 1 && registries.len() == 1, "dependencies come from more than one registry: {sources:?}");
    Ok(())
}

#[test]
fn dependencies_have_permissive_licences() -> anyhow::Result<()> {
    let tree = Tree::open()?;
    let rules = &table(&tree, "deny.toml")?["licenses"];
    let allowed = licences(&rules["allow"])?;
    let mut exceptions = BTreeMap::new();
    for exception in rules["exceptions"].as_array().context("the exceptions are no list")? {
        exceptions.insert(exception["crate"].as_str().context("no crate")?.to_owned(), licences(&exception["allow"])?);
    }
    let metadata: Value = serde_json::from_str(&cargo(&tree, &["metadata", "--locked", "--format-version", "1"])?)?;
    let packages = metadata["packages"].as_array().context("there are no packages")?;
    let mut refused = BTreeSet::new();
    for package in packages {
        let name = package["name"].as_str().context("a package has no name")?;
        let licence = package["license"].as_str().unwrap_or("no licence");
        let exception = exceptions.get(name).map_or(&[][..], Vec::as_slice);
        let permissive = Expression::parse_mode(licence, ParseMode::LAX).is_ok_and(|expression| {
            expression.evaluate(|wanted| allowed.iter().chain(exception).any(|licence| licence.satisfies(wanted)))
        });
        if !permissive {
            refused.insert(format!("{name} ({licence})"));
        }
    }
    println!("{} packages have licences that deny.toml allows", packages.len() - refused.len());
    assert!(refused.is_empty(), "deny.toml does not allow the licences of {refused:?}");
    Ok(())
}

/// Features of each version of a crate that cargo compiles for a command: a set of them for each time.
fn features(tree: &Tree, selection: &[&str]) -> anyhow::Result<BTreeMap<String, BTreeSet<String>>> {
    let arguments = [&["tree", "--locked", "--prefix", "none", "--format", "{p}|{f}"], selection].concat();
    let mut features = BTreeMap::<String, BTreeSet<String>>::new();
    for line in cargo(tree, &arguments)?.lines() {
        let (package, set) = line.split_once('|').unwrap_or((line, ""));
        let set = set.trim_end_matches("(*)").trim().to_owned();
        features.entry(package.to_owned()).or_default().insert(set);
    }
    Ok(features)
}

#[test]
fn dependencies_are_compiled_once() -> anyhow::Result<()> {
    let tree = Tree::open()?;
    let run = features(&tree, &["-p", "host", "--edges", "normal,build"])?;
    let test = features(&tree, &["--workspace", "--edges", "normal,build,dev"])?;
    let third_party = |package: &&String| !package.contains("(/");
    let mut again = BTreeSet::new();
    for package in run.keys().filter(third_party) {
        let added = test.get(package).into_iter().flatten().filter(|set| !run[package].contains(*set));
        again.extend(added.map(|set| format!("\n  {package} with {set}, after {:?}", run[package])));
    }
    println!("{} crates are compiled for `cargo run`, {} for `cargo test`", run.len(), test.len());
    assert!(
        again.is_empty(),
        "`cargo test` compiles crates again after `cargo run`, with other features; \
         select the same in tests/features/Cargo.toml:{}",
        again.into_iter().collect::<String>()
    );
    Ok(())
}

#[test]
fn dependencies_have_reasons() -> anyhow::Result<()> {
    let tree = Tree::open()?;
    let text = tree.text("Cargo.toml").context("Cargo.toml is missing")?;
    let (_, dependencies) = text.split_once("[workspace.dependencies]").context("there are no dependencies")?;
    let (dependencies, _) = dependencies.split_once("\n[").context("there is nothing after the dependencies")?;
    let lines: Vec<_> = dependencies.lines().collect();
    let unexplained: Vec<_> = lines
        .windows(2)
        .filter(|pair| pair[1].contains(" = ") && !pair[1].contains("path = ") && !pair[0].starts_with('#'))
        .map(|pair| pair[1])
        .collect();
    assert!(unexplained.is_empty(), "Cargo.toml gives no reason above {unexplained:?}");
    Ok(())
}
