//! Parses apt's output about packages: dependencies, versions, sizes and download progress.

use std::fmt;

/// A package that apt can download.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// The size of the package file in bytes.
    pub(crate) size: u64,
}

impl fmt::Display for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

/// Returns the package names in the output of `apt-cache depends --recurse`. A name is at the start of a line, its
/// dependencies are indented, and `<name>` is a virtual package without a file.
pub(crate) fn dependency_names(depends: &str) -> Vec<String> {
    depends
        .lines()
        .filter(|line| line.starts_with(|first: char| first.is_ascii_alphanumeric()))
        .map(|line| line.trim_end().to_owned())
        .collect()
}

/// Returns the packages in the output of `apt-cache show`, one for each stanza. Skips stanzas without a name, a version
/// or a size.
pub(crate) fn parse_show(show: &str) -> Vec<Package> {
    show.split("\n\n").filter_map(parse_stanza).collect()
}

fn parse_stanza(stanza: &str) -> Option<Package> {
    let field = |key: &str| {
        stanza
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find_map(|(name, value)| (name == key).then(|| value.trim()))
    };
    Some(Package {
        name: field("Package")?.to_owned(),
        version: field("Version")?.to_owned(),
        size: field("Size")?.parse().ok()?,
    })
}

/// Returns the version of Rust that all packages of the compiler share. A compiler reads only the libraries of its own
/// version, and the archive can have mixed versions for some hours after an upload, because Debian builds each
/// architecture separately.
///
/// # Errors
/// The versions differ, or the package `rustc` is missing.
pub(crate) fn rust_version(packages: &[Package]) -> Result<&str, String> {
    let rustc = packages.iter().find(|package| package.name == "rustc").ok_or("the package rustc is missing")?;
    let mismatched: Vec<String> = packages
        .iter()
        .filter(|package| package.name.starts_with("libstd-rust-") && package.version != rustc.version)
        .map(ToString::to_string)
        .collect();
    if mismatched.is_empty() {
        Ok(&rustc.version)
    } else {
        Err(format!("{rustc} does not match {}", mismatched.join(" and ")))
    }
}

/// Parses a line of apt's download progress with `APT::Status-Fd` (`dlstatus:FILE:PERCENT:text`). Returns the number of
/// the file, counted from 1, and the downloaded fraction of all bytes.
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
    fn unindented_lines_are_package_names() {
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
    fn parses_name_version_and_size() {
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
    fn accepts_packages_of_one_rust_version() {
        let packages = [
            package("rustc", "1.97.1-1"),
            package("libstd-rust-dev-wasm32", "1.97.1-1"),
            package("libstd-rust-1.97", "1.97.1-1"),
            package("libc6", "2.43-7"),
        ];
        assert_eq!(rust_version(&packages), Ok("1.97.1-1"));
    }

    #[test]
    fn rejects_mixed_versions_by_name() {
        let packages = [package("rustc", "1.97.1-1"), package("libstd-rust-dev-wasm32", "1.98.0-1")];
        assert_eq!(
            rust_version(&packages),
            Err("rustc 1.97.1-1 does not match libstd-rust-dev-wasm32 1.98.0-1".to_owned())
        );
        assert!(rust_version(&packages[1..]).is_err());
    }

    #[test]
    fn parses_the_download_progress() {
        let (file, fraction) = download_status("dlstatus:12:27.5000:Retrieving file 12 of 19").unwrap();
        assert_eq!(file, 12);
        assert!((fraction - 0.275).abs() < 1e-9);
        assert_eq!(download_status("Get:4 http://mirror.example sid/main amd64 libc6"), None);
        assert_eq!(download_status("dlstatus:x:y"), None);
    }
}
