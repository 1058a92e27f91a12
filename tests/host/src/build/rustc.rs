//! Inspects a Rust compiler: its host, its sysroot and its targets.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::output;

/// The compilation target of Spin components.
pub const TARGET: &str = "wasm32-wasip2";

/// The linker for components. Every rustup toolchain includes it.
const LINKER: &str = "wasm-component-ld";

/// A Rust compiler.
#[derive(Debug)]
pub(crate) struct Rustc {
    /// The host triple, such as `x86_64-unknown-linux-gnu`.
    pub(crate) host: String,
    sysroot: PathBuf,
}

impl Rustc {
    /// Returns the compiler that cargo uses by default, and whether an environment variable names it.
    pub(crate) fn program() -> (OsString, bool) {
        ["RUSTC", "CARGO_BUILD_RUSTC"]
            .into_iter()
            .find_map(env::var_os)
            .map_or_else(|| ("rustc".into(), false), |named| (named, true))
    }

    /// Runs the compiler `program` for its sysroot and host. Runs it in the folder `workspace`, because a toolchain file
    /// or an override may apply there.
    ///
    /// # Errors
    /// The compiler can't be run or has unexpected output. The error is one line.
    pub(crate) fn inspect(program: &OsStr, workspace: &Path) -> Result<Self, String> {
        let mut command = Command::new(program);
        command.current_dir(workspace).args(["--print", "sysroot", "--print", "host-tuple"]);
        let printed = output(&mut command)?;
        Self::parse(&printed)
            .ok_or_else(|| format!("`{}` does not print its sysroot and host", program.to_string_lossy()))
    }

    fn parse(printed: &str) -> Option<Self> {
        let mut lines = printed.lines();
        let sysroot = PathBuf::from(lines.next()?);
        let host = lines.next()?.to_owned();
        sysroot.is_absolute().then_some(Self { host, sysroot })
    }

    /// Returns whether the compiler has the standard library for [`TARGET`].
    pub(crate) fn has_wasm_target(&self) -> bool {
        let folder = self.sysroot.join("lib/rustlib").join(TARGET).join("lib");
        fs::read_dir(folder).is_ok_and(|entries| {
            entries.flatten().any(|entry| {
                let name = entry.file_name();
                let name = name.to_string_lossy();
                name.starts_with("libstd-") && name.ends_with(".rlib")
            })
        })
    }

    /// Returns the folder of this compiler's own tools if it contains the linker for components.
    pub(crate) fn wasm_linker_folder(&self) -> Option<PathBuf> {
        let folder = self.sysroot.join("lib/rustlib").join(&self.host).join("bin");
        folder.join(LINKER).is_file().then_some(folder)
    }
}

/// Returns whether the linker for components is on `PATH`.
pub(crate) fn wasm_linker_on_path() -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(LINKER).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(sysroot: &Path) -> String {
        format!("{}\nx86_64-unknown-linux-gnu\n", sysroot.display())
    }

    #[test]
    fn reads_sysroot_and_host() {
        let sysroot = tempfile::tempdir().unwrap();
        let rustc = Rustc::parse(&printed(sysroot.path())).unwrap();
        assert_eq!(rustc.host, "x86_64-unknown-linux-gnu");
        assert_eq!(rustc.sysroot, sysroot.path());
        assert!(Rustc::parse("error: unknown option\n\n").is_none());
    }

    #[test]
    fn has_the_target_if_its_standard_library_exists() {
        let sysroot = tempfile::tempdir().unwrap();
        let rustc = Rustc::parse(&printed(sysroot.path())).unwrap();
        assert!(!rustc.has_wasm_target());
        let folder = sysroot.path().join("lib/rustlib/wasm32-wasip2/lib");
        fs::create_dir_all(&folder).unwrap();
        assert!(!rustc.has_wasm_target());
        fs::write(folder.join("libstd-0123.rlib"), "").unwrap();
        assert!(rustc.has_wasm_target());
    }

    #[test]
    fn finds_the_linker_among_the_compilers_tools() {
        let sysroot = tempfile::tempdir().unwrap();
        let rustc = Rustc::parse(&printed(sysroot.path())).unwrap();
        assert_eq!(rustc.wasm_linker_folder(), None);
        let folder = sysroot.path().join("lib/rustlib/x86_64-unknown-linux-gnu/bin");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(LINKER), "").unwrap();
        assert_eq!(rustc.wasm_linker_folder(), Some(folder));
    }

    #[test]
    fn a_missing_compiler_is_an_error() {
        let error = Rustc::inspect(OsStr::new("no-such-rustc"), Path::new(".")).unwrap_err();
        assert_eq!(error, "`no-such-rustc` is not installed");
    }
}
