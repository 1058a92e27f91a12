//! Runs apt with a private configuration.
//!
//! This apt reads one suite of one mirror and keeps its state in its own folder. It does not change the machine's
//! packages, lists or sources. The proxies and credentials of the machine's configuration still apply, and apt still
//! verifies signatures and hashes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::packages::{self, Package};
use super::sources::Mirror;
use crate::build::process::{output, stream};

/// How long apt may print nothing before it counts as hanging. It prints its progress twice a second, and closes broken
/// connections itself.
const IDLE_TIMEOUT: Duration = Duration::from_secs(300);

/// The compiler's package. Its dependencies are left out: they include a C compiler, which the machine has.
const COMPILER: &str = "rustc";
/// The package of the standard library for WebAssembly, without dependencies.
const WASM_LIBRARIES: &str = "libstd-rust-dev-wasm32";
/// The package whose dependencies are the libraries that the compiler loads.
const WITH_DEPENDENCIES: &str = "libstd-rust-dev";

/// apt for packages of one architecture.
#[derive(Debug)]
pub(crate) struct Apt {
    folder: PathBuf,
    architecture: &'static str,
}

impl Apt {
    /// Writes the configuration into `folder`. `architecture` is Debian's name, such as `amd64`.
    ///
    /// # Errors
    /// The folder can't be written.
    pub(crate) fn new(folder: &Path, architecture: &'static str) -> io::Result<Self> {
        for part in ["state/lists/partial", "cache/archives/partial", "sources", "none"] {
            fs::create_dir_all(folder.join(part))?;
        }
        let apt = Self { folder: folder.to_owned(), architecture };
        // apt requires a list of installed packages; an empty list stands for a machine without packages.
        fs::write(folder.join("status"), "")?;
        fs::write(apt.config_path(), apt.config())?;
        Ok(apt)
    }

    fn config_path(&self) -> PathBuf {
        self.folder.join("apt.conf")
    }

    fn config(&self) -> String {
        let folder = self.folder.display();
        let architecture = self.architecture;
        // The cleared hooks clean up or index the system's caches. Run by root, apt would download as a sandbox user that
        // may not write to this folder.
        format!(
            r#"APT::Architecture "{architecture}";
#clear APT::Architectures;
APT::Architectures {{ "{architecture}"; }};
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
APT::Get::AllowUnauthenticated "false";
Acquire::AllowInsecureRepositories "false";
Acquire::Languages "none";
Dir::State "{folder}/state";
Dir::State::lists "{folder}/state/lists";
Dir::State::status "{folder}/status";
Dir::Cache "{folder}/cache";
Dir::Cache::archives "{folder}/cache/archives";
Dir::Cache::pkgcache "pkgcache.bin";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "{folder}/sources";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "{folder}/none";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
"#
        )
    }

    /// Downloads the package list of `suite` from `mirror`.
    ///
    /// # Errors
    /// apt can't download the list, or no trusted key has signed it. The error is apt's message.
    pub(crate) fn update(&self, mirror: &Mirror, suite: &str) -> Result<(), String> {
        let source = source(mirror, suite, self.architecture);
        let path = self.folder.join("sources/debian.sources");
        fs::write(&path, source).map_err(|error| format!("can't write {}: {error}", path.display()))?;
        let mut command = self.command("apt-get");
        command.args(["--quiet", "update"]);
        stream(command, IDLE_TIMEOUT, &mut |_| {})
    }

    /// Returns the packages of the compiler and its libraries, in the versions that apt would install.
    ///
    /// # Errors
    /// A package is missing. The error is apt's message.
    pub(crate) fn compiler_packages(&self) -> Result<Vec<Package>, String> {
        let mut depends = self.command("apt-cache");
        depends.args(["depends", "--recurse"]);
        // Leaves only the hard dependencies.
        for kind in ["recommends", "suggests", "conflicts", "breaks", "replaces", "enhances"] {
            depends.arg(format!("--no-{kind}"));
        }
        depends.arg(WITH_DEPENDENCIES);
        let names = packages::dependency_names(&output(&mut depends)?);

        let mut show = self.command("apt-cache");
        show.args(["show", "--no-all-versions", COMPILER, WASM_LIBRARIES]);
        show.args(&names);
        let packages = packages::parse_show(&output(&mut show)?);
        if packages.len() == names.len() + 2 {
            Ok(packages)
        } else {
            Err(format!("apt found {} of {} packages", packages.len(), names.len() + 2))
        }
    }

    /// Downloads the files of `packages` into the folder `into`. Calls `status` with the number of the current file and
    /// the downloaded fraction of all bytes.
    ///
    /// # Errors
    /// apt can't download a file, or its hash does not match the signed list. The error is apt's message.
    pub(crate) fn download(
        &self,
        packages: &[Package],
        into: &Path,
        status: &mut dyn FnMut(usize, f64),
    ) -> Result<(), String> {
        let mut command = self.command("apt-get");
        command.current_dir(into).args(["--quiet", "-o", "APT::Status-Fd=1", "download"]);
        for package in packages {
            command.arg(format!("{}={}", package.name, package.version));
        }
        stream(command, IDLE_TIMEOUT, &mut |line| {
            if let Some((file, fraction)) = packages::download_status(line) {
                status(file, fraction);
            }
        })
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        // apt reads this file after the machine's configuration, so these settings take precedence.
        command.arg("-c").arg(self.config_path());
        // The output is parsed, so it must not be translated.
        command.env("LC_ALL", "C");
        command
    }
}

/// Returns the mirror as an apt source in the deb822 format, for one suite and for package lists only.
fn source(mirror: &Mirror, suite: &str, architecture: &str) -> String {
    let mut source = format!(
        "Types: deb\nURIs: {}\nSuites: {suite}\nComponents: main\nArchitectures: {architecture}\n\
         Targets: Packages\nPDiffs: no\n",
        mirror.uri
    );
    if let Some(keys) = &mirror.signed_by {
        source.push_str(&format!("Signed-By: {}\n", keys.replace(',', " ")));
    }
    source
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_keeps_the_mirrors_uri_and_key() {
        let mirror = Mirror {
            uri: "http://mirror.example/debian".to_owned(),
            signed_by: Some("/keys/a.gpg,/keys/b.gpg".to_owned()),
        };
        assert_eq!(
            source(&mirror, "sid", "arm64"),
            "Types: deb\nURIs: http://mirror.example/debian\nSuites: sid\nComponents: main\nArchitectures: arm64\n\
             Targets: Packages\nPDiffs: no\nSigned-By: /keys/a.gpg /keys/b.gpg\n"
        );
        let unsigned = Mirror { signed_by: None, ..mirror };
        assert!(!source(&unsigned, "sid", "arm64").contains("Signed-By"));
    }

    #[test]
    fn the_configuration_stays_in_its_folder_and_verifies_signatures() {
        let folder = tempfile::tempdir().unwrap();
        let apt = Apt::new(folder.path(), "amd64").unwrap();
        let config = fs::read_to_string(apt.config_path()).unwrap();
        for line in config.lines().filter(|line| line.starts_with("Dir::")) {
            let value = line.split('"').nth(1).unwrap();
            assert!(
                value.starts_with(folder.path().to_str().unwrap()) || value == "/dev/null" || !value.starts_with('/'),
                "{line}"
            );
        }
        assert!(config.contains("Acquire::AllowInsecureRepositories \"false\";"));
        assert!(config.contains("APT::Get::AllowUnauthenticated \"false\";"));
    }
}
