//! Building the components, once per test run.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Where the probe's wasm is, within the workspace.
pub const PROBE: &str = "target/wasm32-wasip2/release/probe.wasm";

/// Where the example extension's is.
pub const WORK_MAPPING: &str = "target/wasm32-wasip2/release/work_mapping.wasm";

/// Where that of the extension that does wrong is.
pub const BROKEN_MAPPING: &str = "target/wasm32-wasip2/release/broken_mapping.wasm";

/// The workspace.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// Builds the components, and what tests put in their place. Quick when nothing changed.
pub fn once() {
    static BUILT: OnceLock<Result<(), String>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        // Not by `eprintln!`, which the test harness keeps to itself: fetching a compiler takes a while.
        let mut progress = |line: &str| drop(writeln!(std::io::stderr(), "{line}"));
        let also = ["probe", "work-mapping", "broken-mapping"];
        host::build::packages(&workspace(), &also, &mut progress).map_err(|error| format!("{error:#}"))
    });
    if let Err(error) = built {
        panic!("{error}");
    }
}
