//! Runs the page's JavaScript tests (`assets/tests`) with Node.js.

use std::process::Command;

#[test]
fn the_javascript_tests_pass() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/tests");
    let tests = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    // A fixed time zone and language.
    let run =
        Command::new("node").arg("--test").args(tests).env("TZ", "Europe/Berlin").env("LC_ALL", "en_US.UTF-8").output();
    match run {
        Ok(run) => assert!(
            run.status.success(),
            "{}{}",
            String::from_utf8_lossy(&run.stdout),
            String::from_utf8_lossy(&run.stderr)
        ),
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "node cannot be run: {error}");
            println!("SKIPPED: the JavaScript tests did not run, because node cannot be run: {error}");
        }
    }
}
