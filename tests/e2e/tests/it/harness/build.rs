//! Builds the components once per test run.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Path of the probe, relative to the workspace.
pub const PROBE: &str = "target/wasm32-wasip2/release/probe.wasm";

/// Path of the example extension, relative to the workspace.
pub const WORK_MAPPING: &str = "target/wasm32-wasip2/release/work_mapping.wasm";

/// Path of the faulty extension, relative to the workspace.
pub const BROKEN_MAPPING: &str = "target/wasm32-wasip2/release/broken_mapping.wasm";

/// Returns the workspace's folder.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// Builds the components and their test replacements. Fast when nothing changed.
pub fn build_components() {
    static BUILT: OnceLock<Result<(), String>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        // Not `eprintln!`, which the test harness captures: downloading a compiler takes a while.
        let mut progress = |line: &str| drop(writeln!(std::io::stderr(), "{line}"));
        let also = ["probe", "work-mapping", "broken-mapping"];
        host::build::packages(&workspace(), &also, &mut progress).map_err(|error| format!("{error:#}"))
    });
    if let Err(error) = built {
        panic!("{error}");
    }
}
