//! Origins of URLs: scheme, host and port. Read by the very code that sends requests, not by a URL library: what is
//! checked is what is called, and that library's tables of international names would be 200 kB in each component.

use http::Uri;
use std::fmt;

/// Scheme, host and port of an absolute http or https URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    https: bool,
    host: String,
    port: u16,
}

impl Origin {
    /// The origin of a URL; `None` for one of another scheme, without a host, or with user information in it.
    pub fn of(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let https = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let authority = uri.authority()?;
        if authority.as_str().contains('@') || authority.host().is_empty() {
            return None;
        }
        let port = authority.port_u16().unwrap_or(if https { 443 } else { 80 });
        Some(Self { https, host: authority.host().to_ascii_lowercase(), port })
    }

    /// Whether it is reached by https.
    pub const fn is_https(&self) -> bool {
        self.https
    }

    /// Whether it fits a pattern: an origin whose host may begin with `*.`, which stands for one or more labels.
    pub fn fits(&self, pattern: &str) -> bool {
        let Some((scheme, suffix)) = pattern.split_once("://*.") else {
            return Self::of(pattern).is_some_and(|exact| exact == *self);
        };
        let Some(rest) = Self::of(&format!("{scheme}://{suffix}")) else { return false };
        let label = self.host.strip_suffix(&rest.host).and_then(|label| label.strip_suffix('.'));
        let below = label.is_some_and(|label| !label.is_empty() && !label.starts_with('.'));
        below && self.https == rest.https && self.port == rest.port
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { https, host, port } = self;
        match (https, port) {
            (true, 443) => write!(f, "https://{host}"),
            (false, 80) => write!(f, "http://{host}"),
            (true, port) => write!(f, "https://{host}:{port}"),
            (false, port) => write!(f, "http://{host}:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_scheme_host_and_port() {
        for (url, origin) in [
            ("https://Api-EU.zoom.us/v2?x#y", Some("https://api-eu.zoom.us")),
            ("https://a:443/", Some("https://a")),
            ("http://127.0.0.1:4000", Some("http://127.0.0.1:4000")),
            ("http://a:443", Some("http://a:443")),
            ("ftp://a", None),
            ("javascript:alert(1)", None),
            ("//a/b", None),
            ("/a", None),
            ("https://user@a/", None),
            ("https://", None),
            ("", None),
        ] {
            assert_eq!(Origin::of(url).map(|origin| origin.to_string()).as_deref(), origin, "{url}");
        }
    }

    #[test]
    fn a_pattern_takes_hosts_below_it_and_nothing_else() {
        let pattern = "https://*.adobe.io";
        for (url, fits) in [
            ("https://mkto.adobe.io/cb/1?x=1", true),
            ("https://a.b.adobe.io:443/", true),
            ("https://adobe.io/", false),
            ("https://evil-adobe.io/", false),
            ("https://adobe.io.evil.example/", false),
            ("http://mkto.adobe.io/", false),
            ("https://mkto.adobe.io:8443/", false),
            ("https://evil.example/?https://mkto.adobe.io", false),
        ] {
            assert_eq!(Origin::of(url).is_some_and(|origin| origin.fits(pattern)), fits, "{url}");
        }
        assert!(Origin::of("http://127.0.0.1:4002/callback/1").unwrap().fits("http://127.0.0.1:4002"));
        assert!(!Origin::of("http://127.0.0.1:4003/callback/1").unwrap().fits("http://127.0.0.1:4002"));
    }
}
