//! Origins of URLs (scheme, host and port) and patterns of them. Parsed by `http::Uri`, which also sends the requests, so
//! that the checked origin is the called one.

use http::Uri;
use std::fmt;

/// Scheme, host and port of an absolute http or https URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlOrigin {
    https: bool,
    host: String,
    port: u16,
}

impl UrlOrigin {
    /// Returns the origin of a URL; `None` for one of another scheme, without a host, or with user information.
    pub fn parse(url: &str) -> Option<Self> {
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

    /// Returns whether the scheme is https.
    pub const fn is_https(&self) -> bool {
        self.https
    }

    /// Returns whether the origin matches a pattern: an origin whose host may begin with `*.`, for one or more labels.
    pub fn matches(&self, pattern: &str) -> bool {
        let Some((scheme, suffix)) = pattern.split_once("://*.") else {
            return Self::parse(pattern).is_some_and(|exact| exact == *self);
        };
        let Some(rest) = Self::parse(&format!("{scheme}://{suffix}")) else { return false };
        let label = self.host.strip_suffix(&rest.host).and_then(|label| label.strip_suffix('.'));
        let below = label.is_some_and(|label| !label.is_empty() && !label.starts_with('.'));
        below && self.https == rest.https && self.port == rest.port
    }
}

impl fmt::Display for UrlOrigin {
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
            assert_eq!(UrlOrigin::parse(url).map(|origin| origin.to_string()).as_deref(), origin, "{url}");
        }
    }

    #[test]
    fn a_wildcard_matches_subdomains_only() {
        let pattern = "https://*.adobe.io";
        for (url, matches) in [
            ("https://mkto.adobe.io/cb/1?x=1", true),
            ("https://a.b.adobe.io:443/", true),
            ("https://adobe.io/", false),
            ("https://evil-adobe.io/", false),
            ("https://adobe.io.evil.example/", false),
            ("http://mkto.adobe.io/", false),
            ("https://mkto.adobe.io:8443/", false),
            ("https://evil.example/?https://mkto.adobe.io", false),
        ] {
            assert_eq!(UrlOrigin::parse(url).is_some_and(|origin| origin.matches(pattern)), matches, "{url}");
        }
        assert!(UrlOrigin::parse("http://127.0.0.1:4002/callback/1").unwrap().matches("http://127.0.0.1:4002"));
        assert!(!UrlOrigin::parse("http://127.0.0.1:4003/callback/1").unwrap().matches("http://127.0.0.1:4002"));
    }
}
