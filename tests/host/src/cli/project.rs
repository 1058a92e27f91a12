//! The project's paths, and the build of its components.

use std::path::{Path, PathBuf};

use crate::build;

/// The name of the manifest file.
const MANIFEST: &str = "spin.toml";

/// Returns the folder of the project that this program was compiled from.
pub(super) fn root() -> &'static Path {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    // This crate is two folders below the root.
    crate_folder.ancestors().nth(2).unwrap_or(crate_folder)
}

/// Returns the manifest of this project.
pub(super) fn manifest() -> PathBuf {
    root().join(MANIFEST)
}

/// Returns the manifest to run: the given file or the one in the given folder, else the one in the current folder, else
/// the project's.
pub(super) fn manifest_or_default(given: Option<PathBuf>) -> PathBuf {
    match given {
        Some(folder) if folder.is_dir() => folder.join(MANIFEST),
        Some(file) => file,
        None if Path::new(MANIFEST).is_file() => PathBuf::from(MANIFEST),
        None => manifest(),
    }
}

/// Returns the folder of a manifest, to which the manifest's paths are relative.
pub(super) fn folder_of(manifest: &Path) -> &Path {
    match manifest.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Returns the folder of wasmtime's cache. The cache makes every start fast except the first one after a change.
pub(super) fn code_cache() -> PathBuf {
    root().join("target/wasmtime")
}

/// Compiles the components of the project in `folder`. Prints progress to standard error, because standard output is
/// for the application's own output.
///
/// # Errors
/// As [`build::components`].
pub(super) fn build(folder: &Path) -> anyhow::Result<()> {
    eprintln!("Building the components ...");
    build::components(folder, &mut |line| eprintln!("{line}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_projects_manifest() {
        assert!(manifest_or_default(Some(root().to_owned())).is_file());
        assert!(manifest().is_file());
    }

    #[test]
    fn paths_are_relative_to_the_manifests_folder() {
        assert_eq!(folder_of(Path::new("spin.toml")), Path::new("."));
        assert_eq!(folder_of(Path::new("app/spin.toml")), Path::new("app"));
    }
}
