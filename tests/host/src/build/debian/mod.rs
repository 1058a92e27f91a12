//! The fallback for a machine whose Rust has no `wasm32-wasip2` and cannot fetch it: Debian's packages of the compiler,
//! unpacked under `target/wasm-toolchain/`. Nothing is installed on the system, no right but to write there is needed.
//!
//! The newest compiler is in Debian's development suites, and so are the C libraries that it was built against; it is
//! therefore started with the loader and libraries that were unpacked with it, whatever release the machine runs.

mod apt;
mod packages;
mod sources;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use self::apt::Apt;
use self::packages::Package;
use self::sources::Archive;
use super::process::output;
use super::rustc::{Rustc, TARGET};

/// The suites to look in. Stable releases have a Rust too old for the Spin SDK; `sid` is the newest but is mixed for
/// some hours after an upload, which `testing` never is.
const SUITES: [&str; 2] = ["sid", "testing"];

/// Where the machine keeps its package sources.
const ETC_APT: &str = "/etc/apt";

/// The folder of everything here, in the workspace's `target`.
const FOLDER: &str = "target/wasm-toolchain";

/// What each file is called in the unpacked toolchain: the wrapper that starts the compiler, the folder that the
/// packages are unpacked into, and the list of the packages, which is written last.
const WRAPPER: &str = "rustc";
const ROOT: &str = "root";
const MARKER: &str = "packages.txt";

/// Bytes in the megabyte of progress lines.
const MEGABYTE: f64 = 1e6;

/// A progress line for each this many percent of the download.
const PROGRESS_STEP: f64 = 10.0;

/// How Debian names what Rust calls `x86_64-unknown-linux-gnu`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Architecture {
    name: &'static str,
    /// The folder of libraries in `/usr/lib`.
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

/// Where the lock lies that a process holds while it changes the toolchains of `workspace`.
pub(super) fn lock_path(workspace: &Path) -> PathBuf {
    workspace.join(FOLDER).join("lock")
}

/// The compiler that an earlier run unpacked for machines like `host`.
pub(super) fn unpacked(workspace: &Path, host: &str) -> Option<PathBuf> {
    let folder = workspace.join(FOLDER).join("debian");
    let marker = fs::read_to_string(folder.join(MARKER)).ok()?;
    (marker.lines().next() == Some(host)).then(|| folder.join(WRAPPER))
}

/// Fetches and unpacks the compiler for machines like `host`, and gives the path of the program to use as `RUSTC`.
/// The caller holds the lock. A run that is cut short leaves nothing that a later one would take for complete.
///
/// # Errors
/// One line that says which step cannot be done and why.
pub(super) fn fetch(workspace: &Path, host: &str, progress: &mut dyn FnMut(&str)) -> Result<PathBuf, String> {
    let architecture =
        Architecture::of_host(host).ok_or_else(|| format!("Debian has no packages that run on {host}"))?;
    let archives = sources::machine_archives(Path::new(ETC_APT));
    if archives.is_empty() {
        return Err(format!("no mirror of Debian's archive is named under {ETC_APT}"));
    }

    let folder = workspace.join(FOLDER);
    let partial = folder.join("partial");
    let complete = folder.join("debian");
    let failed = |what: &str| {
        let what = what.to_owned();
        move |error: io::Error| format!("{what}: {error}")
    };
    remove(&partial).map_err(failed("a cut-short run cannot be cleared away"))?;
    let debs = partial.join("debs");
    let tree = partial.join("tree");
    for part in [&debs, &tree] {
        fs::create_dir_all(part).map_err(failed("no folder can be made under target/"))?;
    }

    let apt =
        Apt::new(&partial.join("apt"), architecture.name).map_err(failed("apt cannot be set up under target/"))?;
    let (packages, suite) = choose(&apt, &archives, progress)?;
    download(&apt, &packages, &suite, &debs, progress)?;
    unpack(&packages, &debs, &tree.join(ROOT), progress)?;

    let wrapper = tree.join(WRAPPER);
    write_wrapper(&wrapper, architecture).map_err(failed("the wrapper cannot be written"))?;
    let compiler = Rustc::ask(wrapper.as_os_str(), workspace)?;
    if !compiler.has_wasm() {
        return Err(format!("the unpacked compiler has no {TARGET} either"));
    }
    write_marker(&tree.join(MARKER), host, &packages)
        .and_then(|()| remove(&complete))
        .and_then(|()| fs::rename(&tree, &complete))
        .and_then(|()| remove(&partial))
        .map_err(failed("the unpacked compiler cannot be put in place"))?;
    progress(&format!("the compiler is in {FOLDER}/debian and is used from now on"));
    Ok(complete.join(WRAPPER))
}

/// The packages of the first suite of the first archive that has a complete compiler.
fn choose(apt: &Apt, archives: &[Archive], progress: &mut dyn FnMut(&str)) -> Result<(Vec<Package>, String), String> {
    let mut refused = Vec::new();
    for archive in archives {
        for suite in SUITES {
            progress(&format!("reading the packages of Debian {suite} from {}", archive.uri));
            let packages = apt.update(archive, suite).and_then(|()| apt.compiler_packages()).and_then(|packages| {
                packages::rust_version(&packages)?;
                Ok(packages)
            });
            match packages {
                Ok(packages) => return Ok((packages, suite.to_owned())),
                Err(reason) => {
                    progress(&format!("Debian {suite} will not do: {reason}"));
                    refused.push(format!("{suite}: {reason}"));
                }
            }
        }
    }
    Err(refused.join("; "))
}

fn download(
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
    progress(&format!("fetching Rust {rust} from Debian {suite}: {count} packages, {megabytes:.0} MB"));
    let mut next = PROGRESS_STEP;
    apt.download(packages, debs, &mut |file, fraction| {
        if fraction * 100.0 >= next {
            let done = fraction * megabytes;
            progress(&format!("fetching package {file} of {count}, {done:.0} of {megabytes:.0} MB"));
            next = (fraction * 100.0 / PROGRESS_STEP).floor() * PROGRESS_STEP + PROGRESS_STEP;
        }
    })
}

fn unpack(packages: &[Package], debs: &Path, root: &Path, progress: &mut dyn FnMut(&str)) -> Result<(), String> {
    let listed = fs::read_dir(debs).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let files: Vec<PathBuf> = listed
        .map_err(|error| format!("the fetched packages cannot be listed: {error}"))?
        .into_iter()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .collect();
    if files.len() != packages.len() {
        return Err(format!("apt fetched {} of {} packages", files.len(), packages.len()));
    }
    progress(&format!("unpacking {} packages", files.len()));
    for file in files {
        output(Command::new("dpkg-deb").arg("-x").arg(&file).arg(root))?;
        // Half of the space that the rest needs: 190 MB that nobody reads again.
        fs::remove_file(&file).map_err(|error| format!("{} cannot be removed: {error}", file.display()))?;
    }
    Ok(())
}

/// The wrapper finds everything by its own place, so that it works before and after the folder is renamed. Cargo
/// calls it by its absolute path.
fn write_wrapper(path: &Path, architecture: Architecture) -> io::Result<()> {
    let Architecture { multiarch, loader, .. } = architecture;
    let script = format!(
        r#"#!/bin/sh
# Debian's rustc, run with the loader and the libraries that were unpacked with it.
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
    fn debian_has_its_own_names_for_architectures() {
        let names = |host| Architecture::of_host(host).map(|found| (found.name, found.multiarch, found.loader));
        assert_eq!(names("x86_64-unknown-linux-gnu"), Some(("amd64", "x86_64-linux-gnu", "ld-linux-x86-64.so.2")));
        assert_eq!(names("aarch64-unknown-linux-gnu"), Some(("arm64", "aarch64-linux-gnu", "ld-linux-aarch64.so.1")));
        assert_eq!(names("x86_64-unknown-linux-musl"), None);
        assert_eq!(names("aarch64-apple-darwin"), None);
    }

    #[test]
    fn only_a_complete_toolchain_of_this_host_is_used_again() {
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
    fn a_host_that_debian_does_not_build_for_is_refused() {
        let workspace = tempfile::tempdir().unwrap();
        let error = fetch(workspace.path(), "aarch64-apple-darwin", &mut |_| {}).unwrap_err();
        assert_eq!(error, "Debian has no packages that run on aarch64-apple-darwin");
    }
}
