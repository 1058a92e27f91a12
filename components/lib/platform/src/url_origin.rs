//! Origins of URLs (scheme, host and port) and patterns of them.

use http::Uri;
use std::fmt;
use url::{Origin, Url};

/// Scheme, host and port of an absolute http or https URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlOrigin(Origin);

impl UrlOrigin {
    /// Returns the origin of a URL; `None` for one of another scheme, without a host, or with user information.
    ///
    /// Requests are sent to an [`Uri`]. A URL in which it sees another host or port than the standard for browsers does is
    /// refused, so that the checked origin is the called one.
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
        let uri: Uri = text.parse().ok()?;
        let authority = uri.authority()?;
        let default_port = if url.scheme() == "https" { 443 } else { 80 };
        let is_same = uri.scheme_str() == Some(url.scheme())
            && url.host_str().is_some_and(|host| authority.host().eq_ignore_ascii_case(host))
            && Some(authority.port_u16().unwrap_or(default_port)) == url.port_or_known_default();
        (is_same && !authority.as_str().contains('@')).then(|| Self(url.origin()))
    }

    /// Returns whether the scheme is https.
    pub fn is_https(&self) -> bool {
        matches!(&self.0, Origin::Tuple(scheme, ..) if scheme == "https")
    }

    /// Returns whether the origin matches a pattern: an origin whose host may begin with `*.`, for one or more labels.
    pub fn matches(&self, pattern: &str) -> bool {
        let Some((scheme, suffix)) = pattern.split_once("://*.") else {
            return Self::parse(pattern).is_some_and(|exact| exact == *self);
        };
        let rest = Self::parse(&format!("{scheme}://{suffix}")).map(|rest| rest.0);
        let (Origin::Tuple(scheme, host, port), Some(Origin::Tuple(rest_scheme, rest_host, rest_port))) =
            (&self.0, rest)
        else {
            return false;
        };
        let host = host.to_string();
        let label = host.strip_suffix(&rest_host.to_string()).and_then(|label| label.strip_suffix('.'));
        let below = label.is_some_and(|label| !label.is_empty() && !label.starts_with('.'));
        below && *scheme == rest_scheme && *port == rest_port
    }
}

impl fmt::Display for UrlOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.ascii_serialization())
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
            // The request would go to another host than a browser's parser sees, or to none.
            ("https:///a/", None),
            ("https:\\\\a\\b", None),
            ("https://a\\@b/", None),
            ("https://a\t.b/", None),
            ("http://0x7f.1/", None),
            ("http://[::1]:4000/", Some("http://[::1]:4000")),
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
