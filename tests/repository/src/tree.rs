//! The files of the repository, and what a check prints about them.

use anyhow::{Context, ensure};
use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A place in the repository that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Path from the root of the repository.
    pub file: String,
    /// Line, counted from 1.
    pub line: usize,
    /// The problem.
    pub problem: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.problem)
    }
}

/// Formats findings, one per line.
pub fn format_findings(findings: &[Finding]) -> String {
    findings.iter().map(|finding| format!("\n  {finding}")).collect()
}

/// The repository on disk.
#[derive(Debug)]
pub struct Tree {
    root: PathBuf,
    files: BTreeSet<String>,
}

impl Tree {
    /// Lists the files that git tracks in this repository.
    ///
    /// # Errors
    /// Git is missing, or the sources are no git work tree.
    pub fn open() -> anyhow::Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().context("no workspace root")?;
        let output = Command::new("git").arg("-C").arg(&root).args(["ls-files", "-z"]).output().context("no git")?;
        ensure!(output.status.success(), "git ls-files failed: {}", String::from_utf8_lossy(&output.stderr));
        let names = String::from_utf8(output.stdout).context("a file name is not UTF-8")?;
        // A file that is deleted but not committed yet is still listed.
        let files = names.split_terminator('\0').filter(|name| root.join(name).is_file()).map(str::to_owned).collect();
        Ok(Self { root, files })
    }

    /// Directory of the workspace.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Paths of all tracked files, from the root.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(String::as_str)
    }

    /// Returns whether `path` is a tracked file or a directory of one. The root itself is "".
    pub fn has(&self, path: &str) -> bool {
        let directory = format!("{path}/");
        path.is_empty() || self.files.contains(path) || self.files.iter().any(|file| file.starts_with(&directory))
    }

    /// Reads a file; none if it does not exist or is not UTF-8 text.
    pub fn text(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(self.root.join(path)).ok()
    }

    /// Tracked text files with one of the `extensions`, each with its text.
    pub fn texts<'a>(&'a self, extensions: &'a [&str]) -> impl Iterator<Item = (&'a str, String)> {
        self.files()
            .filter(move |file| file.rsplit_once('.').is_some_and(|(_, extension)| extensions.contains(&extension)))
            .filter_map(|file| Some((file, self.text(file)?)))
    }

    /// Directories of the workspace's packages.
    pub fn packages(&self) -> Vec<&str> {
        self.files().filter_map(|file| file.strip_suffix("/Cargo.toml")).collect()
    }

    /// Directories of the packages that ship, and of those that run or imitate their surroundings.
    pub fn shipped_packages(&self) -> Vec<&str> {
        let shipped =
            |package: &&str| package.starts_with("components/") || ["tests/host", "tests/fakes"].contains(package);
        self.packages().into_iter().filter(shipped).collect()
    }

    /// Root source files of a package: its library, its programs and its build script.
    pub fn crate_roots(&self, package: &str) -> Vec<String> {
        let programs = format!("{package}/src/bin/");
        let fixed = ["src/lib.rs", "src/main.rs", "build.rs"].map(|root| format!("{package}/{root}"));
        let is_root = |file: &&str| fixed.iter().any(|root| root == file) || file.starts_with(&programs);
        self.files().filter(is_root).map(str::to_owned).collect()
    }
}

/// Joins a relative path to a directory of the repository; none if it leads out of the repository.
pub fn join(directory: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = directory.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::join;

    #[test]
    fn joins_relative_paths() {
        assert_eq!(join("a/b", "../c.md").as_deref(), Some("a/c.md"));
        assert_eq!(join("", "./README.md").as_deref(), Some("README.md"));
        assert_eq!(join("a", "../../c.md"), None);
    }
}
