//! The machine's own apt sources: which mirror of the Debian archive does it use, and which key vouches for it?
//!
//! Both formats of sources.list(5) are read: one line per source (`*.list`) and deb822 stanzas (`*.sources`).

use std::path::Path;

/// A mirror of Debian's main archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Archive {
    /// Its root, under which `dists/` lies.
    pub(crate) uri: String,
    /// The value of `Signed-By`, as the machine has it: key files, fingerprints or a whole key with its line breaks.
    /// Without one, apt checks against the keys that the machine trusts for everything.
    pub(crate) signed_by: Option<String>,
}

/// One source of packages, of either format, as far as we care.
#[derive(Debug, Default, PartialEq, Eq)]
struct Source {
    uris: Vec<String>,
    suites: Vec<String>,
    components: Vec<String>,
    signed_by: Option<String>,
}

/// The mirrors of Debian's main archive among the sources under `etc_apt` (`/etc/apt`), the surest first.
/// Files that cannot be read count as empty: apt itself would not use them either.
pub(crate) fn machine_archives(etc_apt: &Path) -> Vec<Archive> {
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
    archives(&sources)
}

/// The one-line format: `deb [option=value ...] uri suite component ...`.
fn parse_lines(text: &str) -> Vec<Source> {
    text.lines().filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<Source> {
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
    Some(Source { uris: vec![words.next()?], suites: vec![words.next()?], components: words.collect(), signed_by })
}

/// The deb822 format: stanzas of `Field: value`, where a line that starts with a space goes on with the value.
fn parse_stanzas(text: &str) -> Vec<Source> {
    let mut sources = Vec::new();
    let mut fields: Vec<(String, String)> = Vec::new();
    // The empty line after the end closes the last stanza.
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

fn source(fields: &[(String, String)]) -> Option<Source> {
    let field = |wanted: &str| {
        let (_, value) = fields.iter().find(|(name, _)| name == wanted)?;
        Some(value.as_str())
    };
    let words = |wanted: &str| -> Vec<String> {
        let value = field(wanted).unwrap_or_default();
        value.split_whitespace().map(str::to_owned).collect()
    };
    let disabled = field("enabled").is_some_and(|value| {
        let off = ["no", "false", "without", "off", "disable"];
        off.contains(&value.to_ascii_lowercase().as_str())
    });
    if disabled || !words("types").contains(&"deb".to_owned()) {
        return None;
    }
    Some(Source {
        uris: words("uris"),
        suites: words("suites"),
        components: words("components"),
        signed_by: field("signed-by").map(str::to_owned),
    })
}

/// What lies in the main archive's folder lies there for all suites, so which suite the machine follows is no matter.
/// A source signed by Debian's own key comes first: other people's archives may end in `/debian` as well.
fn archives(sources: &[Source]) -> Vec<Archive> {
    let mut sure = Vec::new();
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
                (true, _) => &mut sure,
                (false, Some("debian")) => &mut likely,
                (false, _) => continue,
            };
            kind.push(Archive { uri: uri.clone(), signed_by: source.signed_by.clone() });
        }
    }
    sure.append(&mut likely);
    let mut distinct: Vec<Archive> = Vec::new();
    for archive in sure {
        if !distinct.iter().any(|known| known.uri == archive.uri) {
            distinct.push(archive);
        }
    }
    distinct
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uris(sources: &[Source]) -> Vec<String> {
        archives(sources).into_iter().map(|archive| archive.uri).collect()
    }

    #[test]
    fn a_line_gives_its_uri_and_key() {
        let text = "\
# deb http://commented.example/debian sid main
deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.example/debian bookworm main contrib # ours
deb-src http://sources.example/debian bookworm main
debug http://nonsense.example/debian bookworm main
";
        assert_eq!(
            archives(&parse_lines(text)),
            [Archive {
                uri: "http://mirror.example/debian".to_owned(),
                signed_by: Some("/usr/share/keyrings/debian-archive-keyring.gpg".to_owned()),
            }]
        );
    }

    #[test]
    fn a_line_without_options_is_checked_by_the_machines_keys() {
        assert_eq!(
            archives(&parse_lines("deb\thttp://mirror.example/debian/ trixie main")),
            [Archive { uri: "http://mirror.example/debian/".to_owned(), signed_by: None }]
        );
    }

    #[test]
    fn a_stanza_may_name_several_uris_and_suites() {
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
    fn a_key_within_the_stanza_is_kept_as_it_is() {
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
        let found = archives(&parse_stanzas(text));
        assert_eq!(
            found[0].signed_by.as_deref(),
            Some("\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mDMEZ\n -----END PGP PUBLIC KEY BLOCK-----")
        );
    }

    #[test]
    fn a_disabled_stanza_is_left_out() {
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
    fn security_and_other_peoples_archives_are_never_chosen() {
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
    fn the_archive_with_debians_key_comes_first_and_once() {
        let text = "\
deb https://tools.example/debian bookworm main
deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.example/pub bookworm main
deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.example/pub bookworm-updates main
";
        assert_eq!(uris(&parse_lines(text)), ["http://mirror.example/pub", "https://tools.example/debian"]);
    }

    #[test]
    fn both_formats_are_read_from_the_machine_and_switched_off_files_are_not() {
        let etc_apt = tempfile::tempdir().unwrap();
        let parts = etc_apt.path().join("sources.list.d");
        std::fs::create_dir(&parts).unwrap();
        let write = |path: &Path, text: &str| std::fs::write(path, text).unwrap();
        write(&etc_apt.path().join("sources.list"), "deb http://one.example/debian sid main\n");
        write(&parts.join("a.sources"), "Types: deb\nURIs: http://two.example/debian\nSuites: sid\nComponents: main\n");
        write(&parts.join("b.list.disabled"), "deb http://off.example/debian sid main\n");
        let found: Vec<String> = machine_archives(etc_apt.path()).into_iter().map(|archive| archive.uri).collect();
        assert_eq!(found, ["http://one.example/debian", "http://two.example/debian"]);
    }
}
