//! Building the components for WebAssembly from inside a program that cargo runs: `cargo run` and `cargo test` need
//! them compiled, and cargo has no way to say so.

mod debian;
mod lock;
mod process;
mod rustc;
pub mod wasm_target;

use std::env;
use std::io::{IsTerminal, stderr};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

pub use self::rustc::TARGET;

/// The packages that are components. `spin.toml` names their compiled files but not their packages, and cargo has to
/// know that the other members of the workspace are not for WebAssembly.
pub const COMPONENTS: [&str; 6] = ["oauth", "catalog", "registration", "attendance", "console", "registrant-mapping"];

/// Compiles the components of `workspace` into `target/wasm32-wasip2/release`, where `spin.toml` looks for them.
/// Quick when nothing changed. A person sees cargo's own progress; otherwise cargo is heard only when it fails.
/// `progress` is told what is done to find a compiler. Of processes that build at once, cargo lets one after the
/// other.
///
/// # Errors
/// When there is no compiler for WebAssembly ([`wasm_target::TargetMissing`]), or with cargo's messages when it fails.
pub fn components(workspace: &Path, progress: &mut dyn FnMut(&str)) -> Result<()> {
    packages(workspace, &[], progress)
}

/// Compiles the components and some more packages of the workspace beside them: what tests put in their place.
///
/// # Errors
/// As [`components`].
pub fn packages(workspace: &Path, also: &[&str], progress: &mut dyn FnMut(&str)) -> Result<()> {
    let toolchain = wasm_target::find(workspace, progress)?;
    let mut command = cargo(workspace);
    toolchain.apply(&mut command).context("the compiler's folder cannot stand in PATH")?;
    command.args(["build", "--release", "--target", TARGET, "--target-dir"]);
    command.arg(workspace.join("target"));
    for package in COMPONENTS.iter().chain(also) {
        command.args(["-p", package]);
    }

    command.stdin(Stdio::null());
    if stderr().is_terminal() {
        let status = command.status().context("cargo cannot be run")?;
        if !status.success() {
            bail!("the components do not compile: cargo ended with {status}");
        }
    } else {
        let output = command.output().context("cargo cannot be run")?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("the components do not compile:\n{}", said.trim_end());
        }
    }
    Ok(())
}

/// The cargo that runs us, or else the one on `PATH`, freed from what was meant for us.
fn cargo(workspace: &Path) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace);
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(is_of_outer_build) {
            command.env_remove(name);
        }
    }
    command
}

/// Whether an environment variable tells about the native build that is going on: what cargo sets for the programs
/// that it runs, and flags and folders that suit the native target only. A person's settings of cargo (network,
/// registries, profiles, number of jobs) are not among them.
fn is_of_outer_build(variable: &str) -> bool {
    const NAMES: [&str; 14] = [
        "CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER",
        "CARGO_BUILD_RUSTFLAGS",
        "CARGO_BUILD_TARGET",
        "CARGO_BUILD_TARGET_DIR",
        "CARGO_CRATE_NAME",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_MAKEFLAGS",
        "CARGO_MANIFEST_DIR",
        "CARGO_MANIFEST_PATH",
        "CARGO_PRIMARY_PACKAGE",
        "CARGO_TARGET_DIR",
        "CARGO_TARGET_TMPDIR",
        "RUSTC_WORKSPACE_WRAPPER",
        "RUSTFLAGS",
    ];
    const PREFIXES: [&str; 2] = ["CARGO_PKG_", "CARGO_BIN_"];
    NAMES.contains(&variable) || PREFIXES.iter().any(|prefix| variable.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outer_build_is_forgotten_and_a_persons_settings_are_kept() {
        for variable in ["CARGO_PKG_NAME", "CARGO_BIN_EXE_host", "CARGO_MANIFEST_DIR", "RUSTFLAGS"] {
            assert!(is_of_outer_build(variable), "{variable}");
        }
        for variable in [
            "CARGO_HOME",
            "CARGO_NET_OFFLINE",
            "CARGO_REGISTRIES_OURS_TOKEN",
            "CARGO_BUILD_JOBS",
            "CARGO_TERM_COLOR",
            "RUSTC_WRAPPER",
            "PATH",
        ] {
            assert!(!is_of_outer_build(variable), "{variable}");
        }
    }

    #[test]
    fn cargo_runs_in_the_workspace() {
        assert_eq!(cargo(Path::new("/somewhere")).get_current_dir(), Some(Path::new("/somewhere")));
    }
}
