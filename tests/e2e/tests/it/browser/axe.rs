//! axe-core, which checks a page's accessibility. npm fetches the version that `axe/package-lock.json` names, hash and
//! all, into `target/axe`; it stays what it is and is not part of this repository (its licence is MPL-2.0).

use super::chromium::Tab;
use crate::harness::workspace;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// Where npm puts it.
fn folder() -> PathBuf {
    workspace().join("target/axe")
}

/// Its text. None, with a line that says so, where npm cannot fetch it; in CI that is a failure.
fn source() -> Option<&'static str> {
    static SOURCE: OnceLock<Option<String>> = OnceLock::new();
    let source = SOURCE.get_or_init(|| match fetch() {
        Ok(source) => Some(source),
        Err(why) => {
            assert!(std::env::var_os("CI").is_none(), "axe-core cannot be had: {why}");
            // Not by `eprintln!`, which the test harness keeps to itself.
            let _ =
                writeln!(std::io::stderr(), "SKIPPED: the accessibility checks, since axe-core cannot be had: {why}");
            None
        }
    });
    source.as_deref()
}

/// Whether there is an axe-core.
pub fn is_there() -> bool {
    source().is_some()
}

fn fetch() -> Result<String, String> {
    let file = folder().join("node_modules/axe-core/axe.min.js");
    let wanted = workspace().join("tests/e2e/axe");
    let lock = std::fs::read(wanted.join("package-lock.json")).map_err(|error| error.to_string())?;
    let is_there = file.is_file() && std::fs::read(folder().join("package-lock.json")).is_ok_and(|had| had == lock);
    if !is_there {
        std::fs::create_dir_all(folder()).map_err(|error| error.to_string())?;
        for name in ["package.json", "package-lock.json"] {
            std::fs::copy(wanted.join(name), folder().join(name)).map_err(|error| error.to_string())?;
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(folder());
        let output = npm.output().map_err(|error| format!("npm: {error}"))?;
        if !output.status.success() {
            return Err(format!("npm ci: {}", String::from_utf8_lossy(&output.stderr)));
        }
    }
    std::fs::read_to_string(file).map_err(|error| error.to_string())
}

/// Whatever is seriously in the way, on the page as it is now, of somebody who cannot see it well, hear it, or use a
/// mouse; in light and in dark. Lesser findings are printed.
pub async fn findings(tab: &Tab, what: &str) -> Vec<String> {
    let Some(source) = source() else { return Vec::new() };
    let mut serious = Vec::new();
    for scheme in ["light", "dark"] {
        tab.scheme(scheme).await;
        // A colour that is just fading into another is neither.
        tab.evaluate(FADED).await;
        if tab.evaluate("typeof axe").await == "undefined" {
            tab.evaluate(&format!("{source}; true")).await;
        }
        let found = tab.evaluate(RUN).await;
        assert!(found["passes"].as_u64().is_some_and(|passes| passes > 5), "{what}: axe looked at nothing: {found}");
        for one in found["violations"].as_array().unwrap() {
            let told = format!("{what}, {scheme}: axe: {one}");
            match one["impact"].as_str() {
                Some("serious" | "critical") => serious.push(told),
                _ => println!("{told}"),
            }
        }
    }
    tab.scheme("light").await;
    serious
}

/// Waits until no colour moves any more; what turns for ever, such as a wheel, is not waited for.
const FADED: &str = "Promise.all(document.getAnimations()
  .filter((one) => Number.isFinite(one.effect.getComputedTiming().endTime)).map((one) => one.finished)).then(() => true)";

const RUN: &str = "axe.run(document, { preload: false }).then((found) => ({
  passes: found.passes.length,
  violations: found.violations.map((one) => ({ id: one.id, impact: one.impact, help: one.help,
    nodes: one.nodes.map((node) => node.html.slice(0, 200) + ' ' + (node.failureSummary ?? '')) })),
}))";
