//! apt with a configuration of its own: it reads one suite of one archive, keeps its state in a folder of ours and
//! leaves the machine's packages, lists and sources alone. Proxies and credentials of the machine's configuration
//! stay in force, and so do apt's checks of signatures and hashes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::packages::{self, Package};
use super::sources::Archive;
use crate::build::process::{output, watch};

/// apt tells its progress twice a second and gives a dead connection up by itself; silence of this length is a hang.
const QUIET: Duration = Duration::from_secs(300);

/// What the compiler is unpacked from: these two by name (`rustc` would draw in a C compiler, which the machine has)
/// and everything that the third needs to be loaded.
const COMPILER: &str = "rustc";
const WASM_LIBRARIES: &str = "libstd-rust-dev-wasm32";
const WITH_DEPENDENCIES: &str = "libstd-rust-dev";

/// apt, reading packages of one architecture.
#[derive(Debug)]
pub(crate) struct Apt {
    folder: PathBuf,
    architecture: &'static str,
}

impl Apt {
    /// Writes the configuration into `folder`. `architecture` is Debian's name, as `amd64`.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub(crate) fn new(folder: &Path, architecture: &'static str) -> io::Result<Self> {
        for part in ["state/lists/partial", "cache/archives/partial", "sources", "none"] {
            fs::create_dir_all(folder.join(part))?;
        }
        let apt = Self { folder: folder.to_owned(), architecture };
        // apt wants a list of what is installed; an empty one makes it think of a machine that has nothing.
        fs::write(folder.join("status"), "")?;
        fs::write(apt.configuration(), apt.settings())?;
        Ok(apt)
    }

    fn configuration(&self) -> PathBuf {
        self.folder.join("apt.conf")
    }

    fn settings(&self) -> String {
        let folder = self.folder.display();
        let architecture = self.architecture;
        // The hooks that are cleared clean up or index the system's own caches. As root, apt would fetch as a user that
        // may not write here.
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

    /// Reads which packages `suite` of `archive` has.
    ///
    /// # Errors
    /// What apt says when the suite cannot be fetched or its signature is not by a trusted key.
    pub(crate) fn update(&self, archive: &Archive, suite: &str) -> Result<(), String> {
        let source = source(archive, suite, self.architecture);
        let path = self.folder.join("sources/debian.sources");
        fs::write(&path, source).map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
        let mut command = self.command("apt-get");
        command.args(["--quiet", "update"]);
        watch(command, QUIET, &mut |_| {})
    }

    /// The packages that make up the compiler and its libraries, in the version that apt would install.
    ///
    /// # Errors
    /// What apt says when a package is missing.
    pub(crate) fn compiler_packages(&self) -> Result<Vec<Package>, String> {
        let mut depends = self.command("apt-cache");
        depends.args(["depends", "--recurse"]);
        // Only what must be there.
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
            Err(format!("apt knows only {} of the packages", packages.len()))
        }
    }

    /// Fetches the files of `packages` into the folder `into`; `status` is told the number of the file and the
    /// fraction of all bytes.
    ///
    /// # Errors
    /// What apt says when a file cannot be fetched or is not the one that the signed index names.
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
        watch(command, QUIET, &mut |line| {
            if let Some((file, fraction)) = packages::download_status(line) {
                status(file, fraction);
            }
        })
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        // Read after the machine's configuration, so that ours has the last word.
        command.arg("-c").arg(self.configuration());
        // Its messages are parsed.
        command.env("LC_ALL", "C");
        command
    }
}

/// The archive as a source in the deb822 format, the suite changed and nothing but the list of packages asked for.
fn source(archive: &Archive, suite: &str, architecture: &str) -> String {
    let mut source = format!(
        "Types: deb\nURIs: {}\nSuites: {suite}\nComponents: main\nArchitectures: {architecture}\n\
         Targets: Packages\nPDiffs: no\n",
        archive.uri
    );
    if let Some(keys) = &archive.signed_by {
        source.push_str(&format!("Signed-By: {}\n", keys.replace(',', " ")));
    }
    source
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_keeps_mirror_and_key_and_changes_the_suite() {
        let archive = Archive {
            uri: "http://mirror.example/debian".to_owned(),
            signed_by: Some("/keys/a.gpg,/keys/b.gpg".to_owned()),
        };
        assert_eq!(
            source(&archive, "sid", "arm64"),
            "Types: deb\nURIs: http://mirror.example/debian\nSuites: sid\nComponents: main\nArchitectures: arm64\n\
             Targets: Packages\nPDiffs: no\nSigned-By: /keys/a.gpg /keys/b.gpg\n"
        );
        let unsigned = Archive { signed_by: None, ..archive };
        assert!(!source(&unsigned, "sid", "arm64").contains("Signed-By"));
    }

    #[test]
    fn the_configuration_keeps_to_its_folder_and_checks_signatures() {
        let folder = tempfile::tempdir().unwrap();
        let apt = Apt::new(folder.path(), "amd64").unwrap();
        let settings = fs::read_to_string(apt.configuration()).unwrap();
        for line in settings.lines().filter(|line| line.starts_with("Dir::")) {
            let value = line.split('"').nth(1).unwrap();
            assert!(
                value.starts_with(folder.path().to_str().unwrap()) || value == "/dev/null" || !value.starts_with('/'),
                "{line}"
            );
        }
        assert!(settings.contains("Acquire::AllowInsecureRepositories \"false\";"));
        assert!(settings.contains("APT::Get::AllowUnauthenticated \"false\";"));
    }
}
