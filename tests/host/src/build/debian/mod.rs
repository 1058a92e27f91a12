//! Downloads the compiler from Debian's packages and unpacks it under `target/wasm-toolchain/`.
//!
//! This is the fallback for a machine whose Rust has no `wasm32-wasip2` and where rustup can't add it. Nothing is
//! installed on the system, and no privileges are required.
//!
//! The newest compiler is in Debian's development suites and needs the C libraries of those suites. A wrapper therefore
//! starts it with the loader and the libraries that were unpacked with it, on any release of Debian.

mod apt;
mod packages;
mod sources;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use self::apt::Apt;
use self::packages::Package;
use self::sources::Mirror;
use super::process::output;
use super::rustc::{Rustc, TARGET};

/// The suites to try in order. The Rust of stable releases is too old for the Spin SDK. `sid` has the newest Rust, but
/// mixed versions for some hours after an upload; `testing` never has.
const SUITES: [&str; 2] = ["sid", "testing"];

/// The folder of the machine's package sources.
const ETC_APT: &str = "/etc/apt";

/// The folder of the toolchain in the workspace.
const FOLDER: &str = "target/wasm-toolchain";

/// The wrapper that starts the compiler.
const WRAPPER: &str = "rustc";
/// The folder into which the packages are unpacked.
const ROOT: &str = "root";
/// The list of packages, written last: it marks a complete toolchain.
const MARKER: &str = "packages.txt";

/// Number of bytes in a megabyte.
const MEGABYTE: f64 = 1e6;

/// Percentage of the download between two progress lines.
const PROGRESS_STEP: f64 = 10.0;

/// Debian's names for a Rust host triple.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Architecture {
    name: &'static str,
    /// The folder of its libraries in `/usr/lib`.
    multiarch: &'static str,
    /// The dynamic loader in that folder.
    loader: &'static str,
}

impl Architecture {
    fn of_host(host: &str) -> Option<Self> {
        match host {
            "x86_64-unknown-linux-gnu" => {
                Some(Self { name: "amd64", multiarch: "x86_64-linux-gnu", loader: "ld-linux-x86-64.so.2" })
            }
            "aarch64-unknown-linux-gnu" => {
                Some(Self { name: "arm64", multiarch: "aarch64-linux-gnu", loader: "ld-linux-aarch64.so.1" })
            }
            _ => None,
        }
    }
}

/// Returns the path of the lock file for changes of the toolchain in `workspace`.
pub(super) fn lock_path(workspace: &Path) -> PathBuf {
    workspace.join(FOLDER).join("lock")
}

/// Returns the compiler that an earlier run unpacked for the host triple `host`.
pub(super) fn unpacked(workspace: &Path, host: &str) -> Option<PathBuf> {
    let folder = workspace.join(FOLDER).join("debian");
    let marker = fs::read_to_string(folder.join(MARKER)).ok()?;
    (marker.lines().next() == Some(host)).then(|| folder.join(WRAPPER))
}

/// Downloads and unpacks the compiler for the host triple `host`, and returns the program to use as `RUSTC`.
///
/// The caller must have the lock. An interrupted run leaves no toolchain that a later run mistakes for a complete one.
///
/// # Errors
/// A step failed. The error is one line with the step and the reason.
pub(super) fn download(workspace: &Path, host: &str, progress: &mut dyn FnMut(&str)) -> Result<PathBuf, String> {
    let architecture =
        Architecture::of_host(host).ok_or_else(|| format!("Debian has no packages that run on {host}"))?;
    let mirrors = sources::configured_mirrors(Path::new(ETC_APT));
    if mirrors.is_empty() {
        return Err(format!("no mirror of Debian's archive is configured in {ETC_APT}"));
    }

    let folder = workspace.join(FOLDER);
    let partial = folder.join("partial");
    let complete = folder.join("debian");
    let failed = |step: &str| {
        let step = step.to_owned();
        move |error: io::Error| format!("{step}: {error}")
    };
    remove(&partial).map_err(failed("can't remove the files of an interrupted run"))?;
    let debs = partial.join("debs");
    let tree = partial.join("tree");
    for part in [&debs, &tree] {
        fs::create_dir_all(part).map_err(failed("can't create a folder in target/"))?;
    }

    let apt = Apt::new(&partial.join("apt"), architecture.name).map_err(failed("can't set up apt in target/"))?;
    let (packages, suite) = select_packages(&apt, &mirrors, progress)?;
    download_packages(&apt, &packages, &suite, &debs, progress)?;
    unpack(&packages, &debs, &tree.join(ROOT), progress)?;

    let wrapper = tree.join(WRAPPER);
    write_wrapper(&wrapper, architecture).map_err(failed("can't write the wrapper of the compiler"))?;
    let compiler = Rustc::inspect(wrapper.as_os_str(), workspace)?;
    if !compiler.has_wasm_target() {
        return Err(format!("the downloaded compiler has no {TARGET}"));
    }
    write_marker(&tree.join(MARKER), host, &packages)
        .and_then(|()| remove(&complete))
        .and_then(|()| fs::rename(&tree, &complete))
        .and_then(|()| remove(&partial))
        .map_err(failed("can't move the downloaded compiler into place"))?;
    progress(&format!("downloaded the compiler into {FOLDER}/debian; later builds use it"));
    Ok(complete.join(WRAPPER))
}

/// Returns the packages of the first suite that has a complete compiler, and the suite.
fn select_packages(
    apt: &Apt,
    mirrors: &[Mirror],
    progress: &mut dyn FnMut(&str),
) -> Result<(Vec<Package>, String), String> {
    let mut rejected = Vec::new();
    for mirror in mirrors {
        for suite in SUITES {
            progress(&format!("reading the packages of Debian {suite} from {}", mirror.uri));
            let packages = apt.update(mirror, suite).and_then(|()| apt.compiler_packages()).and_then(|packages| {
                packages::rust_version(&packages)?;
                Ok(packages)
            });
            match packages {
                Ok(packages) => return Ok((packages, suite.to_owned())),
                Err(reason) => {
                    progress(&format!("can't use Debian {suite}: {reason}"));
                    rejected.push(format!("{suite}: {reason}"));
                }
            }
        }
    }
    Err(rejected.join("; "))
}

fn download_packages(
    apt: &Apt,
    packages: &[Package],
    suite: &str,
    debs: &Path,
    progress: &mut dyn FnMut(&str),
) -> Result<(), String> {
    let count = packages.len();
    let bytes: u64 = packages.iter().map(|package| package.size).sum();
    let megabytes = bytes as f64 / MEGABYTE;
    let rust = packages::rust_version(packages)?;
    progress(&format!("downloading Rust {rust} from Debian {suite}: {count} packages, {megabytes:.0} MB"));
    let mut next = PROGRESS_STEP;
    apt.download(packages, debs, &mut |file, fraction| {
        if fraction * 100.0 >= next {
            let done = fraction * megabytes;
            progress(&format!("downloading package {file} of {count}, {done:.0} of {megabytes:.0} MB"));
            next = (fraction * 100.0 / PROGRESS_STEP).floor() * PROGRESS_STEP + PROGRESS_STEP;
        }
    })
}

fn unpack(packages: &[Package], debs: &Path, root: &Path, progress: &mut dyn FnMut(&str)) -> Result<(), String> {
    let listed = fs::read_dir(debs).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let files: Vec<PathBuf> = listed
        .map_err(|error| format!("can't list the downloaded packages: {error}"))?
        .into_iter()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .collect();
    if files.len() != packages.len() {
        return Err(format!("apt downloaded {} of {} packages", files.len(), packages.len()));
    }
    progress(&format!("unpacking {} packages", files.len()));
    for file in files {
        output(Command::new("dpkg-deb").arg("-x").arg(&file).arg(root))?;
        // Frees the 190 MB of packages, which are not needed after unpacking.
        fs::remove_file(&file).map_err(|error| format!("can't remove {}: {error}", file.display()))?;
    }
    Ok(())
}

/// Writes the wrapper script that starts the compiler. Its paths are relative to the script, so it works before and
/// after the folder is renamed. Cargo calls it by its absolute path.
fn write_wrapper(path: &Path, architecture: Architecture) -> io::Result<()> {
    let Architecture { multiarch, loader, .. } = architecture;
    let script = format!(
        r#"#!/bin/sh
# Starts Debian's rustc with the loader and the libraries that were unpacked with it.
root="${{0%/*}}/{ROOT}"
libraries="$root/usr/lib/{multiarch}"
exec "$libraries/{loader}" --library-path "$libraries" --argv0 "$root/usr/bin/rustc" \
  "$root/usr/bin/rustc" --sysroot "$root/usr" "$@"
"#
    );
    fs::write(path, script)?;
    make_executable(path)
}

#[cfg(unix)]
fn make_executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_path: &Path) -> io::Result<()> {
    Ok(())
}

fn write_marker(path: &Path, host: &str, packages: &[Package]) -> io::Result<()> {
    let mut text = format!("{host}\n");
    for package in packages {
        text.push_str(&format!("{package}\n"));
    }
    fs::write(path, text)
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_rust_hosts_to_debian_architectures() {
        let names = |host| Architecture::of_host(host).map(|found| (found.name, found.multiarch, found.loader));
        assert_eq!(names("x86_64-unknown-linux-gnu"), Some(("amd64", "x86_64-linux-gnu", "ld-linux-x86-64.so.2")));
        assert_eq!(names("aarch64-unknown-linux-gnu"), Some(("arm64", "aarch64-linux-gnu", "ld-linux-aarch64.so.1")));
        assert_eq!(names("x86_64-unknown-linux-musl"), None);
        assert_eq!(names("aarch64-apple-darwin"), None);
    }

    #[test]
    fn reuses_only_a_complete_toolchain_of_the_same_host() {
        let workspace = tempfile::tempdir().unwrap();
        let folder = workspace.path().join(FOLDER).join("debian");
        let host = "x86_64-unknown-linux-gnu";
        fs::create_dir_all(&folder).unwrap();
        assert_eq!(unpacked(workspace.path(), host), None);
        let packages = [Package { name: "rustc".to_owned(), version: "1.97.1".to_owned(), size: 1 }];
        write_marker(&folder.join(MARKER), host, &packages).unwrap();
        assert_eq!(unpacked(workspace.path(), host), Some(folder.join(WRAPPER)));
        assert_eq!(unpacked(workspace.path(), "aarch64-unknown-linux-gnu"), None);
    }

    #[test]
    fn rejects_a_host_that_debian_does_not_support() {
        let workspace = tempfile::tempdir().unwrap();
        let error = download(workspace.path(), "aarch64-apple-darwin", &mut |_| {}).unwrap_err();
        assert_eq!(error, "Debian has no packages that run on aarch64-apple-darwin");
    }
}
