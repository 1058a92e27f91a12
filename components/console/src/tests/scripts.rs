//! The page's pure rules have tests of their own in JavaScript, which Node.js runs (`assets/tests`).

use std::process::Command;

#[test]
fn the_scripts_own_tests_pass() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/tests");
    let tests = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    // The zone and the language are those of one viewer.
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
            println!("SKIPPED: the page's JavaScript is not tested, since node cannot be run: {error}");
        }
    }
}
