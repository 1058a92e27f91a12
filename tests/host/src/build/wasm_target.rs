//! The compiler for [`TARGET`] on any machine: the one that is there, the one that rustup completes, or Debian's,
//! which the module `debian` fetches.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::debian;
use super::lock::FileLock;
use super::process::watch;
use super::rustc::{Rustc, TARGET, wasm_linker_on_path};

/// rustup prints nothing while it downloads some 20 MB, and on a network that swallows packets it tries for long.
/// Whoever needs more time than this is told the command to run.
const RUSTUP_QUIET: Duration = Duration::from_secs(120);

/// What a `cargo build` for [`TARGET`] needs to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toolchain {
    /// The program to use as `RUSTC`; none when cargo's own choice will do.
    pub rustc: Option<PathBuf>,
    /// The folder to put first on `PATH`, where the linker is; none when rustc finds it by itself.
    pub path: Option<PathBuf>,
}

impl Toolchain {
    /// Has `command`, a cargo, use this toolchain.
    ///
    /// # Errors
    /// When the folder's name cannot stand in a `PATH`.
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

/// No compiler for [`TARGET`] can be had. Says what was tried, why each way failed, and what to install.
#[derive(Debug, thiserror::Error)]
#[error(
    "the components cannot be compiled: there is no Rust for {TARGET}\n{}\n\
     Run `rustup target add {TARGET}` where the network allows it, or set RUSTC to a Rust that has the target.",
    self.tried.iter().map(|reason| format!("  - {reason}")).collect::<Vec<_>>().join("\n")
)]
pub struct TargetMissing {
    tried: Vec<String>,
}

/// Finds a compiler for [`TARGET`], and fetches one if there is none: by rustup, or else from Debian's packages into
/// the `target` of `workspace`. `progress` is told what happens when it takes time. Quick when the compiler is there.
///
/// # Errors
/// When no way works; each is named with its reason.
pub fn find(workspace: &Path, progress: &mut dyn FnMut(&str)) -> Result<Toolchain, TargetMissing> {
    let (program, named) = Rustc::program();
    let missing = |tried| TargetMissing { tried };
    let installed = Rustc::ask(&program, workspace).map_err(|reason| missing(vec![reason]))?;
    if let Some(toolchain) = there(workspace, &installed) {
        return Ok(toolchain);
    }

    let _lock = FileLock::take(&debian::lock_path(workspace), || {
        progress("waiting for another process that fetches the compiler");
    })
    .map_err(|error| missing(vec![format!("no file can be locked under target/: {error}")]))?;
    // The process that had the lock may have fetched it.
    if let Some(toolchain) = there(workspace, &installed) {
        return Ok(toolchain);
    }

    let program = program.to_string_lossy().into_owned();
    let mut tried = vec![format!("`{program}` has no {TARGET}")];
    progress(&format!("{TARGET} is not installed for `{program}`"));
    if named {
        tried.push("rustup was not asked, because the environment names another rustc".to_owned());
    } else {
        match by_rustup(workspace, progress) {
            Ok(()) => return Ok(Toolchain { rustc: None, path: None }),
            Err(reason) => {
                progress(&reason);
                tried.push(reason);
            }
        }
    }
    progress("taking it from Debian's packages instead; nothing is installed on the system");
    match by_debian(workspace, &installed, progress) {
        Ok(toolchain) => Ok(toolchain),
        Err(reason) => {
            tried.push(format!("Debian's packages: {reason}"));
            Err(missing(tried))
        }
    }
}

/// The toolchain that needs no fetching.
fn there(workspace: &Path, installed: &Rustc) -> Option<Toolchain> {
    if installed.has_wasm() {
        return Some(Toolchain { rustc: None, path: None });
    }
    let rustc = debian::unpacked(workspace, &installed.host)?;
    let path = linker(installed).ok()?;
    Some(Toolchain { rustc: Some(rustc), path })
}

fn by_rustup(workspace: &Path, progress: &mut dyn FnMut(&str)) -> Result<(), String> {
    progress(&format!("trying `rustup target add {TARGET}`"));
    let mut command = Command::new("rustup");
    command.current_dir(workspace).args(["target", "add", TARGET]);
    watch(command, RUSTUP_QUIET, &mut |_| {})?;
    if Rustc::ask(OsStr::new("rustc"), workspace)?.has_wasm() {
        Ok(())
    } else {
        Err("`rustup` added the target to another toolchain than `rustc` is of".to_owned())
    }
}

fn by_debian(workspace: &Path, installed: &Rustc, progress: &mut dyn FnMut(&str)) -> Result<Toolchain, String> {
    // Before 190 MB are fetched in vain.
    let path = linker(installed)?;
    let rustc = debian::fetch(workspace, &installed.host, progress)?;
    Ok(Toolchain { rustc: Some(rustc), path })
}

/// Debian has no package of the linker for components; every toolchain of rustup brings it.
fn linker(installed: &Rustc) -> Result<Option<PathBuf>, String> {
    match installed.wasm_linker_folder() {
        Some(folder) => Ok(Some(folder)),
        None if wasm_linker_on_path() => Ok(None),
        None => Err(
            "wasm-component-ld is missing, which a Rust of rustup would have and `cargo install wasm-component-ld` gives"
                .to_owned(),
        ),
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
    fn a_fetched_toolchain_comes_before_the_machines_own() {
        let mut command = Command::new("cargo");
        let toolchain = Toolchain { rustc: Some("/fetched/rustc".into()), path: Some("/tools".into()) };
        toolchain.apply(&mut command).unwrap();
        assert_eq!(value(&command, "RUSTC").unwrap(), "/fetched/rustc");
        let path = value(&command, "PATH").unwrap();
        let folders: Vec<PathBuf> = env::split_paths(&path).collect();
        assert_eq!(folders[0], Path::new("/tools"));
        assert_eq!(folders.len(), 1 + env::split_paths(&env::var_os("PATH").unwrap()).count());
    }

    #[test]
    fn the_error_names_every_way_and_what_to_install() {
        let error = TargetMissing {
            tried: vec!["`rustc` has no wasm32-wasip2".to_owned(), "`rustup` is not installed".to_owned()],
        };
        assert_eq!(
            error.to_string(),
            "the components cannot be compiled: there is no Rust for wasm32-wasip2\n\
             \x20 - `rustc` has no wasm32-wasip2\n\
             \x20 - `rustup` is not installed\n\
             Run `rustup target add wasm32-wasip2` where the network allows it, or set RUSTC to a Rust that has the target."
        );
    }
}
