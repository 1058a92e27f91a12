//! Builds the components for WebAssembly from inside a program that cargo runs. `cargo run` and `cargo test` need the
//! compiled components, which a cargo manifest cannot express.

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

/// The packages of the components. `spin.toml` names only their compiled files, and cargo must not compile the other
/// members of the workspace for WebAssembly.
pub const COMPONENTS: [&str; 6] = ["oauth", "catalog", "registration", "attendance", "console", "registrant-mapping"];

/// Compiles the components of `workspace` into `target/wasm32-wasip2/release`, where `spin.toml` expects them.
///
/// Shows cargo's own progress on a terminal; otherwise shows cargo's output only when it fails. Calls `progress` with
/// each step of the search for a compiler. Cargo serializes concurrent builds.
///
/// # Errors
/// No compiler for WebAssembly is available ([`wasm_target::TargetMissing`]), or cargo fails; the error has its output.
pub fn components(workspace: &Path, progress: &mut dyn FnMut(&str)) -> Result<()> {
    packages(workspace, &[], progress)
}

/// Compiles the components and additional packages of the workspace, such as the test components.
///
/// # Errors
/// As [`components`].
pub fn packages(workspace: &Path, additional: &[&str], progress: &mut dyn FnMut(&str)) -> Result<()> {
    let toolchain = wasm_target::find(workspace, progress)?;
    let mut command = cargo(workspace);
    toolchain.apply(&mut command).context("the compiler's folder can't be added to PATH")?;
    // The cargo that runs this program has brought Cargo.lock up to date.
    command.args(["build", "--locked", "--release", "--target", TARGET, "--target-dir"]);
    command.arg(workspace.join("target"));
    for package in COMPONENTS.iter().chain(additional) {
        command.args(["-p", package]);
    }

    command.stdin(Stdio::null());
    if stderr().is_terminal() {
        let status = command.status().context("can't run cargo")?;
        if !status.success() {
            bail!("the components do not compile: cargo failed ({status})");
        }
    } else {
        let output = command.output().context("can't run cargo")?;
        if !output.status.success() {
            let messages = String::from_utf8_lossy(&output.stderr);
            bail!("the components do not compile:\n{}", messages.trim_end());
        }
    }
    Ok(())
}

/// Returns a command for the cargo that runs this program, or else for the one on `PATH`, without the environment of
/// the outer build.
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

/// Returns whether an environment variable belongs to the outer, native build: the variables that cargo sets for the
/// programs that it runs, and flags and folders for the native target. The user's cargo settings (network, registries,
/// profiles, number of jobs) do not belong to it.
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
    fn removes_the_outer_builds_variables_and_keeps_the_users_settings() {
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
