//! Where things are: the project, its manifest, compiled code, addresses.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::build;

/// The name of a manifest.
const MANIFEST: &str = "spin.toml";

/// The folder of the project that this program was compiled from.
pub(super) fn project() -> &'static Path {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    // The crate lies two folders deep.
    crate_folder.ancestors().nth(2).unwrap_or(crate_folder)
}

/// The manifest to run: the one named, by file or folder; else the one in the current folder; else the project's.
pub(super) fn manifest(named: Option<PathBuf>) -> PathBuf {
    match named {
        Some(folder) if folder.is_dir() => folder.join(MANIFEST),
        Some(file) => file,
        None if Path::new(MANIFEST).is_file() => PathBuf::from(MANIFEST),
        None => project().join(MANIFEST),
    }
}

/// The folder that a manifest's paths start from.
pub(super) fn folder_of(manifest: &Path) -> &Path {
    match manifest.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Where wasmtime keeps native code, so that only the first start after a change takes long.
pub(super) fn native_code() -> PathBuf {
    project().join("target/wasmtime")
}

/// Compiles the components of the project in `folder`. What is going on is told on standard error: standard output is
/// for what the application says.
///
/// # Errors
/// As [`build::components`].
pub(super) fn build(folder: &Path) -> anyhow::Result<()> {
    eprintln!("Building the components ...");
    build::components(folder, &mut |what| eprintln!("{what}"))
}

/// The address with its port settled, for who must know it before anything listens there. Between this and the
/// listening somebody else could take the port; then the start fails and says so.
///
/// # Errors
/// When no port is free.
pub(super) fn settled(address: SocketAddr) -> anyhow::Result<SocketAddr> {
    if address.port() != 0 {
        return Ok(address);
    }
    let listener = TcpListener::bind(address).with_context(|| format!("can't listen on {address}"))?;
    Ok(listener.local_addr()?)
}

/// The URL by which this machine reaches what listens at `address`.
pub(super) fn local_url(address: SocketAddr) -> String {
    let mut address = address;
    if address.ip().is_unspecified() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    format!("http://{address}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_has_a_manifest() {
        assert!(manifest(Some(project().to_owned())).is_file());
    }

    #[test]
    fn paths_start_beside_the_manifest() {
        assert_eq!(folder_of(Path::new("spin.toml")), Path::new("."));
        assert_eq!(folder_of(Path::new("app/spin.toml")), Path::new("app"));
    }

    #[test]
    fn a_free_port_is_settled_once() {
        let address = settled(([127, 0, 0, 1], 0).into()).unwrap();
        assert_ne!(address.port(), 0);
        assert_eq!(settled(address).unwrap(), address);
        assert_eq!(local_url(([0, 0, 0, 0], 3000).into()), "http://127.0.0.1:3000");
    }
}
