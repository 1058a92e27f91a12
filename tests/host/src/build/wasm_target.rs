//! Finds or installs a compiler for [`TARGET`]: the installed one, else with the target added by rustup, else the one
//! from Debian's packages, which the module `debian` downloads.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::debian;
use super::lock::FileLock;
use super::process::stream;
use super::rustc::{Rustc, TARGET, wasm_linker_on_path};

/// How long rustup may print nothing. It is silent while it downloads about 20 MB, and on a broken network it retries
/// for minutes. After a timeout, the error shows the command to run by hand.
const RUSTUP_IDLE_TIMEOUT: Duration = Duration::from_secs(120);

/// The settings of a `cargo build` for [`TARGET`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toolchain {
    /// The value of `RUSTC`; `None` if cargo's default compiler works.
    pub rustc: Option<PathBuf>,
    /// The linker's folder, to be prepended to `PATH`; `None` if rustc finds the linker.
    pub path: Option<PathBuf>,
}

impl Toolchain {
    /// Sets the environment of the cargo `command` to use this toolchain.
    ///
    /// # Errors
    /// The folder's name is not valid in `PATH`.
    pub fn apply(&self, command: &mut Command) -> Result<(), env::JoinPathsError> {
        if let Some(rustc) = &self.rustc {
            command.env("RUSTC", rustc);
        }
        if let Some(folder) = &self.path {
            let rest = env::var_os("PATH").unwrap_or_default();
            let folders = std::iter::once(folder.clone()).chain(env::split_paths(&rest));
            command.env("PATH", env::join_paths(folders)?);
        }
        Ok(())
    }
}

/// No compiler for [`TARGET`] is available. The message lists each attempt with its error, and what to install.
#[derive(Debug, thiserror::Error)]
#[error(
    "can't compile the components: no Rust compiler for {TARGET} is available\n{}\n\
     Run `rustup target add {TARGET}` with network access, or set RUSTC to a Rust compiler that has the target.",
    self.attempts.iter().map(|reason| format!("  - {reason}")).collect::<Vec<_>>().join("\n")
)]
pub struct TargetMissing {
    attempts: Vec<String>,
}

/// Finds or installs a compiler for [`TARGET`].
///
/// If no compiler is available, adds the target with rustup, or else downloads Debian's packages into the `target`
/// folder of `workspace`. Calls `progress` with each step that takes time.
///
/// # Errors
/// Every attempt failed; the error lists each with its reason.
pub fn find(workspace: &Path, progress: &mut dyn FnMut(&str)) -> Result<Toolchain, TargetMissing> {
    let (program, named) = Rustc::program();
    let missing = |attempts| TargetMissing { attempts };
    let installed = Rustc::inspect(&program, workspace).map_err(|reason| missing(vec![reason]))?;
    if let Some(toolchain) = available(workspace, &installed) {
        return Ok(toolchain);
    }

    let _lock = FileLock::acquire(&debian::lock_path(workspace), || {
        progress("waiting for another process that downloads the compiler");
    })
    .map_err(|error| missing(vec![format!("can't lock a file in target/: {error}")]))?;
    // Another process may have downloaded the compiler while this one waited for the lock.
    if let Some(toolchain) = available(workspace, &installed) {
        return Ok(toolchain);
    }

    let program = program.to_string_lossy().into_owned();
    let mut attempts = vec![format!("`{program}` has no {TARGET}")];
    progress(&format!("{TARGET} is not installed for `{program}`"));
    if named {
        attempts.push("did not try rustup, because an environment variable names the compiler".to_owned());
    } else {
        match add_with_rustup(workspace, progress) {
            Ok(()) => return Ok(Toolchain { rustc: None, path: None }),
            Err(reason) => {
                progress(&reason);
                attempts.push(reason);
            }
        }
    }
    progress("downloading the compiler from Debian's packages into target/; nothing is installed on the system");
    match download_from_debian(workspace, &installed, progress) {
        Ok(toolchain) => Ok(toolchain),
        Err(reason) => {
            attempts.push(format!("Debian's packages: {reason}"));
            Err(missing(attempts))
        }
    }
}

/// Returns the toolchain that is already installed or downloaded.
fn available(workspace: &Path, installed: &Rustc) -> Option<Toolchain> {
    if installed.has_wasm_target() {
        return Some(Toolchain { rustc: None, path: None });
    }
    let rustc = debian::unpacked(workspace, &installed.host)?;
    let path = linker(installed).ok()?;
    Some(Toolchain { rustc: Some(rustc), path })
}

fn add_with_rustup(workspace: &Path, progress: &mut dyn FnMut(&str)) -> Result<(), String> {
    progress(&format!("running `rustup target add {TARGET}`"));
    let mut command = Command::new("rustup");
    command.current_dir(workspace).args(["target", "add", TARGET]);
    stream(command, RUSTUP_IDLE_TIMEOUT, &mut |_| {})?;
    if Rustc::inspect(OsStr::new("rustc"), workspace)?.has_wasm_target() {
        Ok(())
    } else {
        Err("`rustup` added the target to a toolchain other than that of `rustc`".to_owned())
    }
}

fn download_from_debian(
    workspace: &Path,
    installed: &Rustc,
    progress: &mut dyn FnMut(&str),
) -> Result<Toolchain, String> {
    // Checks the linker first, because the download of 190 MB is useless without it.
    let path = linker(installed)?;
    let rustc = debian::download(workspace, &installed.host, progress)?;
    Ok(Toolchain { rustc: Some(rustc), path })
}

/// Returns the folder of the linker for components, or `None` if the linker is on `PATH`. Debian has no package of the
/// linker; every rustup toolchain includes it.
fn linker(installed: &Rustc) -> Result<Option<PathBuf>, String> {
    match installed.wasm_linker_folder() {
        Some(folder) => Ok(Some(folder)),
        None if wasm_linker_on_path() => Ok(None),
        None => {
            Err("wasm-component-ld is missing: use a Rust from rustup, or run `cargo install wasm-component-ld`"
                .to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(command: &Command, wanted: &str) -> Option<std::ffi::OsString> {
        let (_, value) = command.get_envs().find(|(name, _)| *name == wanted)?;
        value.map(OsStr::to_owned)
    }

    #[test]
    fn the_installed_toolchain_changes_nothing() {
        let mut command = Command::new("cargo");
        let toolchain = Toolchain { rustc: None, path: None };
        toolchain.apply(&mut command).unwrap();
        assert_eq!(command.get_envs().count(), 0);
    }

    #[test]
    fn a_downloaded_toolchain_precedes_the_installed_one() {
        let mut command = Command::new("cargo");
        let toolchain = Toolchain { rustc: Some("/downloaded/rustc".into()), path: Some("/tools".into()) };
        toolchain.apply(&mut command).unwrap();
        assert_eq!(value(&command, "RUSTC").unwrap(), "/downloaded/rustc");
        let path = value(&command, "PATH").unwrap();
        let folders: Vec<PathBuf> = env::split_paths(&path).collect();
        assert_eq!(folders[0], Path::new("/tools"));
        assert_eq!(folders.len(), 1 + env::split_paths(&env::var_os("PATH").unwrap()).count());
    }

    #[test]
    fn the_error_lists_every_attempt_and_what_to_install() {
        let error = TargetMissing {
            attempts: vec!["`rustc` has no wasm32-wasip2".to_owned(), "`rustup` is not installed".to_owned()],
        };
        assert_eq!(
            error.to_string(),
            "can't compile the components: no Rust compiler for wasm32-wasip2 is available\n\
             \x20 - `rustc` has no wasm32-wasip2\n\
             \x20 - `rustup` is not installed\n\
             Run `rustup target add wasm32-wasip2` with network access, or set RUSTC to a Rust compiler that has the target."
        );
    }
}
