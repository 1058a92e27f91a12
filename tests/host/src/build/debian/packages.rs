//! What apt tells about packages: which are needed, of which version, how large.

use std::fmt;

/// A package as apt would fetch it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// Of the package file, in bytes.
    pub(crate) size: u64,
}

impl fmt::Display for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

/// The package names in the answer of `apt-cache depends --recurse`: they stand at the start of a line, what they
/// depend on is indented, and `<name>` is a virtual package that has no file.
pub(crate) fn dependency_names(depends: &str) -> Vec<String> {
    depends
        .lines()
        .filter(|line| line.starts_with(|first: char| first.is_ascii_alphanumeric()))
        .map(|line| line.trim_end().to_owned())
        .collect()
}

/// The packages in the answer of `apt-cache show`, one stanza each; a stanza without name, version or size is no
/// package.
pub(crate) fn parse_show(show: &str) -> Vec<Package> {
    show.split("\n\n").filter_map(parse_stanza).collect()
}

fn parse_stanza(stanza: &str) -> Option<Package> {
    let field = |wanted: &str| {
        stanza
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find_map(|(name, value)| (name == wanted).then(|| value.trim()))
    };
    Some(Package {
        name: field("Package")?.to_owned(),
        version: field("Version")?.to_owned(),
        size: field("Size")?.parse().ok()?,
    })
}

/// The version of Rust that all packages of the compiler share. A compiler reads only the libraries of its own build,
/// and the archive has mixed versions for some hours after an upload, since each architecture is built for itself.
///
/// # Errors
/// Names the packages whose versions differ, or says that there is no compiler.
pub(crate) fn rust_version(packages: &[Package]) -> Result<&str, String> {
    let rustc = packages.iter().find(|package| package.name == "rustc").ok_or("it has no package rustc")?;
    let strays: Vec<String> = packages
        .iter()
        .filter(|package| package.name.starts_with("libstd-rust-") && package.version != rustc.version)
        .map(ToString::to_string)
        .collect();
    if strays.is_empty() {
        Ok(&rustc.version)
    } else {
        Err(format!("its {rustc} does not fit its {}", strays.join(" and ")))
    }
}

/// How far a download is, from one line that apt prints with `APT::Status-Fd` (`dlstatus:FILE:PERCENT:text`): the
/// number of the file, counted from 1, and the fraction of all bytes.
pub(crate) fn download_status(line: &str) -> Option<(usize, f64)> {
    let mut fields = line.strip_prefix("dlstatus:")?.split(':');
    let file = fields.next()?.parse().ok()?;
    let percent: f64 = fields.next()?.parse().ok()?;
    Some((file, percent / 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, version: &str) -> Package {
        Package { name: name.to_owned(), version: version.to_owned(), size: 1 }
    }

    #[test]
    fn dependencies_are_the_lines_that_are_not_indented() {
        let depends = "\
libstd-rust-dev
  Depends: libstd-rust-1.97
libstd-rust-1.97
 |Depends: libc6
  Depends: <libc-virtual>
    libc6
<libc-virtual>
libc6
";
        assert_eq!(dependency_names(depends), ["libstd-rust-dev", "libstd-rust-1.97", "libc6"]);
    }

    #[test]
    fn show_gives_name_version_and_size() {
        let show = "\
Package: libllvm22
Source: llvm-toolchain-22
Version: 1:22.1.8-3
Installed-Size: 132000
Depends: libc6 (>= 2.38), libgcc-s1 (>= 3.4)
Size: 29441420
Description: Modular compiler
 Version: is not this indented line
 .

Package: zlib1g
Version: 1:1.3
Size: 92424

";
        assert_eq!(
            parse_show(show),
            [
                Package { name: "libllvm22".to_owned(), version: "1:22.1.8-3".to_owned(), size: 29_441_420 },
                Package { name: "zlib1g".to_owned(), version: "1:1.3".to_owned(), size: 92_424 },
            ]
        );
    }

    #[test]
    fn one_version_of_rust_is_accepted() {
        let packages = [
            package("rustc", "1.97.1-1"),
            package("libstd-rust-dev-wasm32", "1.97.1-1"),
            package("libstd-rust-1.97", "1.97.1-1"),
            package("libc6", "2.43-7"),
        ];
        assert_eq!(rust_version(&packages), Ok("1.97.1-1"));
    }

    #[test]
    fn mixed_versions_are_refused_and_named() {
        let packages = [package("rustc", "1.97.1-1"), package("libstd-rust-dev-wasm32", "1.98.0-1")];
        assert_eq!(
            rust_version(&packages),
            Err("its rustc 1.97.1-1 does not fit its libstd-rust-dev-wasm32 1.98.0-1".to_owned())
        );
        assert!(rust_version(&packages[1..]).is_err());
    }

    #[test]
    fn download_status_is_file_and_fraction() {
        let (file, fraction) = download_status("dlstatus:12:27.5000:Retrieving file 12 of 19").unwrap();
        assert_eq!(file, 12);
        assert!((fraction - 0.275).abs() < 1e-9);
        assert_eq!(download_status("Get:4 http://mirror.example sid/main amd64 libc6"), None);
        assert_eq!(download_status("dlstatus:x:y"), None);
    }
}
