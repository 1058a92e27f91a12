//! What a Rust compiler says of itself.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::output;

/// The target that Spin's components are compiled for.
pub const TARGET: &str = "wasm32-wasip2";

/// The program that rustc links components with; rustup ships it with every toolchain.
const LINKER: &str = "wasm-component-ld";

/// A compiler and where its libraries are.
#[derive(Debug)]
pub(crate) struct Rustc {
    /// The machine that it runs on, as `x86_64-unknown-linux-gnu`.
    pub(crate) host: String,
    sysroot: PathBuf,
}

impl Rustc {
    /// The compiler that cargo uses when it is told nothing, and whether the environment names it.
    pub(crate) fn program() -> (OsString, bool) {
        ["RUSTC", "CARGO_BUILD_RUSTC"]
            .into_iter()
            .find_map(env::var_os)
            .map_or_else(|| ("rustc".into(), false), |named| (named, true))
    }

    /// Asks the compiler `program`, in the folder `workspace`, where a toolchain file or an override may apply.
    ///
    /// # Errors
    /// One line that says why it cannot be run.
    pub(crate) fn ask(program: &OsStr, workspace: &Path) -> Result<Self, String> {
        let mut command = Command::new(program);
        command.current_dir(workspace).args(["--print", "sysroot", "--print", "host-tuple"]);
        let said = output(&mut command)?;
        Self::parse(&said).ok_or_else(|| format!("`{}` does not tell its sysroot and host", program.to_string_lossy()))
    }

    fn parse(said: &str) -> Option<Self> {
        let mut lines = said.lines();
        let sysroot = PathBuf::from(lines.next()?);
        let host = lines.next()?.to_owned();
        sysroot.is_absolute().then_some(Self { host, sysroot })
    }

    /// Whether it has the standard library for [`TARGET`].
    pub(crate) fn has_wasm(&self) -> bool {
        let folder = self.sysroot.join("lib/rustlib").join(TARGET).join("lib");
        fs::read_dir(folder).is_ok_and(|entries| {
            entries.flatten().any(|entry| {
                let name = entry.file_name();
                let name = name.to_string_lossy();
                name.starts_with("libstd-") && name.ends_with(".rlib")
            })
        })
    }

    /// The folder of this compiler's own tools, if the linker for components is among them.
    pub(crate) fn wasm_linker_folder(&self) -> Option<PathBuf> {
        let folder = self.sysroot.join("lib/rustlib").join(&self.host).join("bin");
        folder.join(LINKER).is_file().then_some(folder)
    }
}

/// Whether the linker for components can be started by its name.
pub(crate) fn wasm_linker_on_path() -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(LINKER).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(sysroot: &Path) -> String {
        format!("{}\nx86_64-unknown-linux-gnu\n", sysroot.display())
    }

    #[test]
    fn sysroot_and_host_are_read() {
        let sysroot = tempfile::tempdir().unwrap();
        let rustc = Rustc::parse(&said(sysroot.path())).unwrap();
        assert_eq!(rustc.host, "x86_64-unknown-linux-gnu");
        assert_eq!(rustc.sysroot, sysroot.path());
        assert!(Rustc::parse("error: unknown option\n\n").is_none());
    }

    #[test]
    fn the_target_is_there_when_its_standard_library_is() {
        let sysroot = tempfile::tempdir().unwrap();
        let rustc = Rustc::parse(&said(sysroot.path())).unwrap();
        assert!(!rustc.has_wasm());
        let folder = sysroot.path().join("lib/rustlib/wasm32-wasip2/lib");
        fs::create_dir_all(&folder).unwrap();
        assert!(!rustc.has_wasm());
        fs::write(folder.join("libstd-0123.rlib"), "").unwrap();
        assert!(rustc.has_wasm());
    }

    #[test]
    fn the_linker_is_looked_for_among_the_compilers_tools() {
        let sysroot = tempfile::tempdir().unwrap();
        let rustc = Rustc::parse(&said(sysroot.path())).unwrap();
        assert_eq!(rustc.wasm_linker_folder(), None);
        let folder = sysroot.path().join("lib/rustlib/x86_64-unknown-linux-gnu/bin");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(LINKER), "").unwrap();
        assert_eq!(rustc.wasm_linker_folder(), Some(folder));
    }

    #[test]
    fn a_compiler_that_is_not_there_is_an_error() {
        let error = Rustc::ask(OsStr::new("no-such-rustc"), Path::new(".")).unwrap_err();
        assert_eq!(error, "`no-such-rustc` is not installed");
    }
}
