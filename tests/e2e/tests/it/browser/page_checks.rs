//! Checks that every page must pass: accessibility (axe-core) and a viewport of a phone.
//!
//! npm downloads the version of axe-core that `axe/package-lock.json` pins, by its hash, into `target/axe`. It is used
//! unchanged and is not part of this repository (its license is MPL-2.0).

use super::chromium::{Chromium, Locator, Tab};
use crate::harness::workspace;
use fakes::zoom::{Options, Zoom};
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// The folder that npm installs into.
fn folder() -> PathBuf {
    workspace().join("target/axe")
}

/// Returns the source of axe-core. Prints that the checks are skipped and returns `None` where npm cannot download it;
/// with `CI` set, fails.
fn source() -> Option<&'static str> {
    static SOURCE: OnceLock<Option<String>> = OnceLock::new();
    let source = SOURCE.get_or_init(|| match fetch() {
        Ok(source) => Some(source),
        Err(why) => {
            assert!(std::env::var_os("CI").is_none(), "axe-core is unavailable: {why}");
            // Not `eprintln!`, which the test harness captures.
            let _ = writeln!(
                std::io::stderr(),
                "SKIPPED: the accessibility checks, because axe-core is unavailable: {why}"
            );
            None
        }
    });
    source.as_deref()
}

/// Returns whether axe-core is available.
pub fn axe_is_available() -> bool {
    source().is_some()
}

fn fetch() -> Result<String, String> {
    let file = folder().join("node_modules/axe-core/axe.min.js");
    let locator = workspace().join("tests/e2e/axe");
    let lock = std::fs::read(locator.join("package-lock.json")).map_err(|error| error.to_string())?;
    let is_there = file.is_file() && std::fs::read(folder().join("package-lock.json")).is_ok_and(|had| had == lock);
    if !is_there {
        std::fs::create_dir_all(folder()).map_err(|error| error.to_string())?;
        for name in ["package.json", "package-lock.json"] {
            std::fs::copy(locator.join(name), folder().join(name)).map_err(|error| error.to_string())?;
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

/// Returns the serious and critical accessibility violations of the current page, in light and dark colors. Prints
/// lesser ones.
pub async fn accessibility_violations(tab: &Tab, what: &str) -> Vec<String> {
    let Some(source) = source() else { return Vec::new() };
    let mut serious = Vec::new();
    for scheme in ["light", "dark"] {
        tab.set_color_scheme(scheme).await;
        // A transition between two colors has the contrast of neither.
        tab.evaluate(FADED).await;
        if tab.evaluate("typeof axe").await == "undefined" {
            tab.evaluate(&format!("{source}; true")).await;
        }
        let found = tab.evaluate(RUN).await;
        assert!(found["passes"].as_u64().is_some_and(|passes| passes > 5), "{what}: axe checked nothing: {found}");
        for one in found["violations"].as_array().unwrap() {
            let violation = format!("{what}, {scheme}: axe: {one}");
            match one["impact"].as_str() {
                Some("serious" | "critical") => serious.push(violation),
                _ => println!("{violation}"),
            }
        }
    }
    tab.set_color_scheme("light").await;
    serious
}

/// Waits for the end of every finite animation. Spinners never end.
const FADED: &str = "Promise.all(document.getAnimations()
  .filter((one) => Number.isFinite(one.effect.getComputedTiming().endTime)).map((one) => one.finished)).then(() => true)";

const RUN: &str = "axe.run(document, { preload: false }).then((found) => ({
  passes: found.passes.length,
  violations: found.violations.map((one) => ({ id: one.id, impact: one.impact, help: one.help,
    nodes: one.nodes.map((node) => node.html.slice(0, 200) + ' ' + (node.failureSummary ?? '')) })),
}))";

/// Width and height of a small phone in CSS pixels.
const SCREEN: (u32, u32) = (360, 640);

/// Roles of interactive elements.
const ROLES: [&str; 8] = ["link", "button", "textbox", "spinbutton", "checkbox", "combobox", "radio", "searchbox"];

/// Returns the faults of a page on a phone: horizontal scrolling, and elements that cannot be reached.
pub async fn phone_problems(tab: &Tab, what: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    tab.set_viewport(SCREEN.0, SCREEN.1, true).await;
    let widths = tab.evaluate("[document.scrollingElement.scrollWidth, innerWidth]").await;
    if widths.as_array().unwrap().iter().any(|width| width.as_u64() > Some(SCREEN.0.into())) {
        wrong.push(format!("{what} is wider than a phone: {widths}; {}", tab.evaluate(WIDE).await));
    }
    let mut reached = 0;
    for role in ROLES {
        for element in tab.all(&Locator::any(role)).await {
            if element.is("focusable") && !element.is("disabled") {
                reached += 1;
                if let Some(blocked) = tab.blocked(&element).await {
                    wrong.push(format!("{what}: {role} {} cannot be reached on a phone: {blocked}", element.name));
                }
            }
        }
    }
    assert!(reached > 0, "{what} has no interactive element");
    tab.set_viewport(1024, 768, false).await;
    wrong
}

/// Returns elements that overflow.
const WIDE: &str = "[...document.querySelectorAll('body *')].reverse()
  .filter((one) => one.getBoundingClientRect().right > 361 || one.scrollWidth > one.clientWidth + 1)
  .map((one) => one.outerHTML.slice(0, 150)).slice(0, 3)";

/// Scripts that cause a fault, and a part of the expected error.
const FAULTS: [(&str, &str); 4] = [
    ("console.error('an error in the console')", "an error in the console"),
    ("setTimeout(() => { throw new Error('an exception'); })", "an exception"),
    ("document.body.append(Object.assign(document.createElement('script'), { textContent: 'scripted=1' }))", "inline"),
    ("document.body.append(Object.assign(new Image(), { src: 'http://127.0.0.1:9/x.png', alt: '' }))", "img-src"),
];

#[tokio::test]
async fn page_checks_detect_each_kind_of_fault() {
    let Some(chromium) = Chromium::start().await else { return };
    let zoom = Zoom::start(Options::default()).await.unwrap();
    for (script, expected) in FAULTS {
        let tab = chromium.open().await;
        tab.go(&zoom.url()).await;
        assert_eq!(tab.page_errors(), Vec::<String>::new());
        tab.evaluate(&format!("{script}; true")).await;
        tab.wait_for_page_error(expected).await;
        assert_eq!(tab.evaluate("typeof scripted").await, "undefined", "{script}");
    }

    let tab = chromium.open().await;
    tab.go(&format!("{}/v2/users/me", zoom.url())).await;
    assert_eq!(tab.failed_requests(), ["GET /v2/users/me 401"]);

    tab.go(&zoom.url()).await;
    assert_eq!(accessibility_violations(&tab, "unchanged").await, Vec::<String>::new());
    assert_eq!(phone_problems(&tab, "unchanged").await, Vec::<String>::new());
    tab.evaluate("document.querySelector('h1').style.minWidth = '500px'; true").await;
    let wide = phone_problems(&tab, "too wide").await;
    assert!(wide.len() == 1 && wide[0].contains("wider than a phone"), "{wide:?}");
    tab.evaluate("document.querySelector('h1').style = 'color: #ddd'; true").await;
    let pale = accessibility_violations(&tab, "too pale").await;
    // Where axe-core is unavailable, the checks have already printed that they are skipped.
    assert!(!axe_is_available() || pale.iter().any(|one| one.contains("color-contrast")), "{pale:?}");
    tab.evaluate("document.querySelector('header').style = 'position: fixed; inset: 0'; true").await;
    let covered = phone_problems(&tab, "covered").await;
    assert!(covered.iter().any(|one| one.contains("cannot be reached")), "{covered:?}");
}
