//! Reads the machine's apt sources to find a mirror of the Debian archive and its signing key.
//!
//! Supports both formats of sources.list(5): one line per source (`*.list`) and deb822 stanzas (`*.sources`).

use std::path::Path;

/// A mirror of Debian's main archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mirror {
    /// The root URI, which contains `dists/`.
    pub(crate) uri: String,
    /// The machine's value of `Signed-By`: key files, fingerprints, or an embedded key with its line breaks. Without it,
    /// apt verifies with the keys that the machine trusts for all sources.
    pub(crate) signed_by: Option<String>,
}

/// One apt source of either format.
#[derive(Debug, Default, PartialEq, Eq)]
struct AptSource {
    uris: Vec<String>,
    suites: Vec<String>,
    components: Vec<String>,
    signed_by: Option<String>,
}

/// Returns the mirrors of Debian's main archive among the sources in `etc_apt` (`/etc/apt`), the most certain first.
/// Skips files that can't be read, as apt does.
pub(crate) fn configured_mirrors(etc_apt: &Path) -> Vec<Mirror> {
    let mut files = vec![etc_apt.join("sources.list")];
    if let Ok(folder) = std::fs::read_dir(etc_apt.join("sources.list.d")) {
        let mut parts: Vec<_> = folder.flatten().map(|entry| entry.path()).collect();
        parts.sort();
        files.extend(parts);
    }
    let mut sources = Vec::new();
    for file in files {
        let parse = match file.extension().and_then(|extension| extension.to_str()) {
            Some("list") => parse_lines,
            Some("sources") => parse_stanzas,
            _ => continue,
        };
        sources.extend(parse(&std::fs::read_to_string(&file).unwrap_or_default()));
    }
    mirrors(&sources)
}

/// Parses the one-line format: `deb [option=value ...] uri suite component ...`.
fn parse_lines(text: &str) -> Vec<AptSource> {
    text.lines().filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<AptSource> {
    let line = line.split('#').next().unwrap_or_default().trim();
    let rest = line.strip_prefix("deb")?;
    if !rest.starts_with([' ', '\t', '[']) {
        return None;
    }
    let rest = rest.trim_start();
    let (options, rest) = match rest.strip_prefix('[') {
        Some(bracketed) => bracketed.split_once(']')?,
        None => ("", rest),
    };
    let mut words = rest.split_whitespace().map(str::to_owned);
    let signed_by = options.split_whitespace().find_map(|option| option.strip_prefix("signed-by=")).map(str::to_owned);
    Some(AptSource { uris: vec![words.next()?], suites: vec![words.next()?], components: words.collect(), signed_by })
}

/// Parses the deb822 format: stanzas of `Field: value`, where a line that starts with a space continues the value.
fn parse_stanzas(text: &str) -> Vec<AptSource> {
    let mut sources = Vec::new();
    let mut fields: Vec<(String, String)> = Vec::new();
    // The added empty line ends the last stanza.
    for line in text.lines().chain([""]) {
        if line.starts_with('#') {
            continue;
        }
        if line.trim().is_empty() {
            sources.extend(source(&fields));
            fields.clear();
        } else if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut() {
                value.push('\n');
                value.push_str(line);
            }
        } else if let Some((name, value)) = line.split_once(':') {
            fields.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    sources
}

fn source(fields: &[(String, String)]) -> Option<AptSource> {
    let field = |key: &str| {
        let (_, value) = fields.iter().find(|(name, _)| name == key)?;
        Some(value.as_str())
    };
    let words = |key: &str| -> Vec<String> {
        let value = field(key).unwrap_or_default();
        value.split_whitespace().map(str::to_owned).collect()
    };
    let disabled = field("enabled").is_some_and(|value| {
        let off = ["no", "false", "without", "off", "disable"];
        off.contains(&value.to_ascii_lowercase().as_str())
    });
    if disabled || !words("types").contains(&"deb".to_owned()) {
        return None;
    }
    Some(AptSource {
        uris: words("uris"),
        suites: words("suites"),
        components: words("components"),
        signed_by: field("signed-by").map(str::to_owned),
    })
}

/// Selects the mirrors of Debian's main archive. A mirror has all suites, so the suites of the source do not matter.
/// Sources signed with Debian's own key come first, because a third party's archive can also end in `/debian`.
fn mirrors(sources: &[AptSource]) -> Vec<Mirror> {
    let mut certain = Vec::new();
    let mut likely = Vec::new();
    for source in sources {
        let security = source.suites.iter().all(|suite| suite.contains("security"));
        if security || !source.components.iter().any(|component| component == "main") {
            continue;
        }
        let debian_key = source.signed_by.as_ref().is_some_and(|keys| keys.contains("debian-archive"));
        for uri in &source.uris {
            let last = uri.trim_end_matches('/').rsplit('/').next();
            if uri.starts_with("cdrom:") || last == Some("debian-security") {
                continue;
            }
            let kind = match (debian_key, last) {
                (true, _) => &mut certain,
                (false, Some("debian")) => &mut likely,
                (false, _) => continue,
            };
            kind.push(Mirror { uri: uri.clone(), signed_by: source.signed_by.clone() });
        }
    }
    certain.append(&mut likely);
    let mut distinct: Vec<Mirror> = Vec::new();
    for mirror in certain {
        if !distinct.iter().any(|known| known.uri == mirror.uri) {
            distinct.push(mirror);
        }
    }
    distinct
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uris(sources: &[AptSource]) -> Vec<String> {
        mirrors(sources).into_iter().map(|mirror| mirror.uri).collect()
    }

    #[test]
    fn reads_uri_and_key_of_a_line() {
        let text = "\
# deb http://commented.example/debian sid main
deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.example/debian bookworm main contrib # mirror
deb-src http://sources.example/debian bookworm main
debug http://nonsense.example/debian bookworm main
";
        assert_eq!(
            mirrors(&parse_lines(text)),
            [Mirror {
                uri: "http://mirror.example/debian".to_owned(),
                signed_by: Some("/usr/share/keyrings/debian-archive-keyring.gpg".to_owned()),
            }]
        );
    }

    #[test]
    fn a_line_without_options_has_no_key() {
        assert_eq!(
            mirrors(&parse_lines("deb\thttp://mirror.example/debian/ trixie main")),
            [Mirror { uri: "http://mirror.example/debian/".to_owned(), signed_by: None }]
        );
    }

    #[test]
    fn a_stanza_can_have_several_uris_and_suites() {
        let text = "\
# The archive.
Types: deb deb-src
# a comment between the fields
URIs: http://a.example/debian
  https://b.example/mirrors/debian/
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
";
        assert_eq!(uris(&parse_stanzas(text)), ["http://a.example/debian", "https://b.example/mirrors/debian/"]);
    }

    #[test]
    fn keeps_a_key_embedded_in_a_stanza() {
        let text = "\
Types: deb
URIs: http://a.example/debian
Suites: bookworm
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mDMEZ
 -----END PGP PUBLIC KEY BLOCK-----
";
        let found = mirrors(&parse_stanzas(text));
        assert_eq!(
            found[0].signed_by.as_deref(),
            Some("\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mDMEZ\n -----END PGP PUBLIC KEY BLOCK-----")
        );
    }

    #[test]
    fn skips_disabled_and_source_stanzas() {
        let text = "\
Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: sid
Components: main

Types: deb-src
URIs: http://source.example/debian
Suites: sid
Components: main

Types: deb
URIs: http://on.example/debian
Suites: sid
Components: main
";
        assert_eq!(uris(&parse_stanzas(text)), ["http://on.example/debian"]);
    }

    #[test]
    fn skips_security_and_third_party_archives() {
        let text = "\
deb http://mirror.example/debian-security bookworm-security main
deb http://mirror.example/security/debian bookworm-security main
deb cdrom:[Debian 12]/debian bookworm main
deb https://tools.example/node_20.x nodistro main
deb https://tools.example/ bookworm main
deb https://tools.example/linux/debian bookworm stable
deb http://ubuntu.example/ubuntu noble main universe
";
        assert_eq!(uris(&parse_lines(text)), Vec::<String>::new());
    }

    #[test]
    fn the_mirror_with_debians_key_comes_first_and_once() {
        let text = "\
deb https://tools.example/debian bookworm main
deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.example/pub bookworm main
deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.example/pub bookworm-updates main
";
        assert_eq!(uris(&parse_lines(text)), ["http://mirror.example/pub", "https://tools.example/debian"]);
    }

    #[test]
    fn reads_both_formats_and_skips_disabled_files() {
        let etc_apt = tempfile::tempdir().unwrap();
        let parts = etc_apt.path().join("sources.list.d");
        std::fs::create_dir(&parts).unwrap();
        let write = |path: &Path, text: &str| std::fs::write(path, text).unwrap();
        write(&etc_apt.path().join("sources.list"), "deb http://one.example/debian sid main\n");
        write(&parts.join("a.sources"), "Types: deb\nURIs: http://two.example/debian\nSuites: sid\nComponents: main\n");
        write(&parts.join("b.list.disabled"), "deb http://off.example/debian sid main\n");
        let found: Vec<String> = configured_mirrors(etc_apt.path()).into_iter().map(|mirror| mirror.uri).collect();
        assert_eq!(found, ["http://one.example/debian", "http://two.example/debian"]);
    }
}
