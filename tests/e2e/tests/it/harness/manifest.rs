//! The application's manifest, unmodified or changed by a test.

use super::build::{PROBE, workspace};
use std::path::{Path, PathBuf};

/// A manifest to start.
pub struct Manifest {
    path: PathBuf,
    /// The folder of a modified manifest, deleted on drop.
    _folder: Option<tempfile::TempDir>,
}

impl Manifest {
    /// Returns the unmodified manifest.
    pub fn original() -> Self {
        Self { path: workspace().join("spin.toml"), _folder: None }
    }

    /// Replaces some components by the probe.
    pub fn with_probe_for(components: &[&str]) -> Self {
        let mut current = String::new();
        let mut lines = Vec::new();
        for line in text().lines() {
            if let Some(table) = line.strip_prefix("[component.") {
                current = table.split(['.', ']']).next().unwrap().to_owned();
            } else if line.starts_with('[') {
                current.clear();
            }
            let probed = components.contains(&current.as_str());
            // The probe imports no extension, and an unused dependency is an error.
            let dependency = line.contains("dependencies]") || line.contains("{ path = ");
            match line.strip_prefix("source = ") {
                Some(_) if probed => lines.push(format!("source = {:?}", workspace().join(PROBE))),
                _ if probed && dependency => {}
                _ => lines.push(line.to_owned()),
            }
        }
        Self::written(&lines.join("\n"))
    }

    /// Allows its components to call another host besides Zoom's regions.
    pub fn with_allowed_host(url: &str) -> Self {
        let regions = "\"https://*.zoom.us\"";
        assert!(text().contains(regions));
        Self::written(&text().replace(regions, &format!("{regions}, {url:?}")))
    }

    /// Replaces the extension.
    pub fn with_extension(wasm: &str) -> Self {
        let default = "target/wasm32-wasip2/release/registrant_mapping.wasm";
        assert!(text().contains(default));
        Self::written(&text().replace(default, wasm))
    }

    /// Returns the manifest's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn written(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spin.toml");
        // Paths in a manifest are relative to its folder.
        let target = workspace().join("target");
        std::fs::write(&path, text.replace("\"target/", &format!("\"{}/", target.display()))).unwrap();
        Self { path, _folder: Some(folder) }
    }
}

fn text() -> String {
    std::fs::read_to_string(workspace().join("spin.toml")).unwrap()
}
