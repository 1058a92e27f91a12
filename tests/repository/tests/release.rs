//! Builds take the locked dependencies, and all files of a release have one version.

use anyhow::Context;
use regex::Regex;
use repository::shell::command_lines;
use repository::tree::{Finding, Tree, format_findings};
use repository::yaml;
use serde_json::Value;
use std::process::Command;
use toml::Table;

/// Files with commands that machines run.
fn is_automation(file: &str) -> bool {
    let folders = [".ci/", ".github/", "deploy/"];
    file == "spin.toml" || (folders.iter().any(|folder| file.starts_with(folder)) && !file.ends_with(".md"))
}

/// Commands of cargo that resolve dependencies, and the word after them.
const RESOLVING: &str = r"\bcargo (?:bench|build|check|clippy|deny|doc|install|metadata|run|test) +(\S+)";

#[test]
fn cargo_uses_the_lock_file() -> anyhow::Result<()> {
    let tree = Tree::open()?;
    let resolving = Regex::new(RESOLVING)?;
    let (mut found, mut total) = (Vec::new(), 0);
    for file in tree.files().filter(|file| is_automation(file)) {
        let Some(text) = tree.text(file) else { continue };
        for command in command_lines(&text) {
            // Printing a version resolves nothing.
            let first = resolving.captures(&command.text).map(|found| found[1].to_owned());
            if first.is_none_or(|word| word == "--version") {
                continue;
            }
            total += 1;
            if !command.text.contains("--locked") {
                found.push(Finding { file: file.to_owned(), line: command.line, problem: command.text });
            }
        }
    }
    println!("release: {total} commands of cargo");
    assert!(total >= 12, "only {total} commands of cargo were found");
    assert!(found.is_empty(), "{} commands lack --locked:{}", found.len(), format_findings(&found));
    Ok(())
}

/// The tests build the components themselves.
#[test]
fn the_host_builds_components_with_the_lock_file() -> anyhow::Result<()> {
    let file = "tests/host/src/build/mod.rs";
    let text = Tree::open()?.text(file).with_context(|| format!("{file} is missing"))?;
    let lines = || text.lines().filter(|line| line.contains("args([\"build\""));
    assert!(lines().count() > 0, "{file} runs no cargo build");
    assert!(lines().all(|line| line.contains("\"--locked\"")), "{file} builds without --locked");
    Ok(())
}

#[test]
fn the_compilers_version_is_printed() -> anyhow::Result<()> {
    let tree = Tree::open()?;
    for file in [".ci/run", ".ci/release"] {
        let text = tree.text(file).with_context(|| format!("{file} is missing"))?;
        assert!(text.contains("rustc --version --verbose"), "{file} does not print the compiler's version");
    }
    Ok(())
}

#[test]
fn versions_agree() -> anyhow::Result<()> {
    let tree = Tree::open()?;
    let text = |file: &str| tree.text(file).with_context(|| format!("{file} is missing"));
    let manifest: Table = toml::from_str(&text("Cargo.toml")?)?;
    let version = manifest["workspace"]["package"]["version"].as_str().context("the workspace has no version")?;
    let application: Table = toml::from_str(&text("spin.toml")?)?;
    let openapi: Value = serde_json::from_str(&text("docs/openapi.json")?)?;
    let app = yaml::documents(&text("deploy/spinkube/app.yaml")?)?;
    let image = app[0]["spec"]["image"].as_str().context("the SpinApp has no image")?;
    let others = [
        ("spin.toml", application["application"]["version"].as_str()),
        ("docs/openapi.json", openapi["info"]["version"].as_str()),
        ("deploy/spinkube/app.yaml", image.rsplit_once(':').map(|(_, tag)| tag)),
    ];
    for (file, other) in others {
        assert_eq!(other, Some(version), "{file} has another version than Cargo.toml");
    }
    for package in tree.packages() {
        let manifest: Table = toml::from_str(&text(&format!("{package}/Cargo.toml"))?)?;
        let inherited = manifest["package"].get("version").and_then(|version| version.get("workspace"));
        assert_eq!(inherited.and_then(toml::Value::as_bool), Some(true), "{package} has a version of its own");
    }
    Ok(())
}

/// The script that makes a release refuses another tag than the version, before it builds anything.
#[test]
fn a_release_needs_the_tag_of_its_version() -> anyhow::Result<()> {
    let tree = Tree::open()?;
    let output = Command::new("bash").current_dir(tree.root()).args([".ci/release", "v999.0.0"]).output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && errors.contains("the tag v999.0.0 is not v"), "{errors}");
    Ok(())
}
