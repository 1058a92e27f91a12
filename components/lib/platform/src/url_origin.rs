//! Origins of URLs (scheme, host and port) and patterns of them.

use crate::request_target::RequestTarget;
use http::Uri;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use url::Url;

/// Scheme, host and port of an absolute http or https URL. The host is in lower case, and a default port is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlOrigin(Url);

/// Why a text is not an origin. Quotes nothing of the text, since it may contain a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOrigin {
    /// It has no scheme, no host, or user information.
    #[error("is not the URL of a server; set it to a scheme and a host, such as https://example.com")]
    NotAServer,
    /// Something follows the host and the port.
    #[error("has a path, a query or a fragment; end it after the host or the port")]
    HasPath,
    /// An asterisk is not the first label of a pattern's host.
    #[error("has a * that is not the first label of its host; set it to a pattern such as https://*.example.com")]
    Wildcard,
}

impl UrlOrigin {
    /// Returns the origin of a URL; `None` for one of another scheme, without a host, or with user information.
    ///
    /// Requests are sent to an [`Uri`]. A URL in which it sees another host or port than the standard for browsers does is
    /// refused, so that the checked origin is the called one.
    pub fn of_url(text: &str) -> Option<Self> {
        let mut url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
        let uri: Uri = text.parse().ok()?;
        let authority = uri.authority()?;
        let default_port = if url.scheme() == "https" { 443 } else { 80 };
        let is_same = uri.scheme_str() == Some(url.scheme())
            && url.host_str().is_some_and(|host| authority.host().eq_ignore_ascii_case(host))
            && Some(authority.port_u16().unwrap_or(default_port)) == url.port_or_known_default();
        if !is_same || authority.as_str().contains('@') {
            return None;
        }
        url.set_path("");
        url.set_query(None);
        url.set_fragment(None);
        Some(Self(url))
    }

    /// Parses an origin. Only slashes may follow the host and the port.
    pub fn parse(text: &str) -> Result<Self, InvalidOrigin> {
        let text = text.trim_end_matches('/');
        let origin = Self::of_url(text).ok_or(InvalidOrigin::NotAServer)?;
        if text.contains('*') {
            return Err(InvalidOrigin::Wildcard);
        }
        let has_only_origin = Url::parse(text).is_ok_and(|url| url == origin.0);
        if has_only_origin { Ok(origin) } else { Err(InvalidOrigin::HasPath) }
    }

    /// Returns whether the scheme is https.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Returns the URL of a path and query at this origin.
    pub fn url(&self, target: &RequestTarget) -> Url {
        let mut url = self.0.clone();
        target.write_to(&mut url);
        url
    }
}

/// Without a slash at its end.
impl fmt::Display for UrlOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl Serialize for UrlOrigin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for UrlOrigin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// An origin, or the origins of all subdomains of a domain (`https://*.adobe.io`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginPattern {
    /// The origin; with a wildcard, that of the domain above the subdomains.
    origin: UrlOrigin,
    has_wildcard: bool,
}

impl OriginPattern {
    /// Parses a pattern: an origin whose host may begin with `*.`, for one or more labels.
    pub fn parse(text: &str) -> Result<Self, InvalidOrigin> {
        match text.split_once("://*.") {
            Some((scheme, domain)) => {
                Ok(Self { origin: UrlOrigin::parse(&format!("{scheme}://{domain}"))?, has_wildcard: true })
            }
            None => Ok(Self { origin: UrlOrigin::parse(text)?, has_wildcard: false }),
        }
    }

    /// Returns whether an origin matches.
    pub fn matches(&self, origin: &UrlOrigin) -> bool {
        if !self.has_wildcard {
            return self.origin == *origin;
        }
        let (url, domain) = (&origin.0, &self.origin.0);
        let label = url.host_str().zip(domain.host_str()).and_then(|(host, domain)| host.strip_suffix(domain));
        let label = label.and_then(|label| label.strip_suffix('.'));
        let is_below = label.is_some_and(|label| !label.is_empty() && !label.starts_with('.'));
        is_below && url.scheme() == domain.scheme() && url.port() == domain.port()
    }
}

/// A list of patterns, of which one has to match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginPatterns(Vec<OriginPattern>);

impl OriginPatterns {
    /// Parses patterns that are separated by commas. Spaces around them and empty ones are ignored.
    pub fn parse(text: &str) -> Result<Self, InvalidOrigin> {
        let texts = text.split(',').map(str::trim).filter(|text| !text.is_empty());
        let patterns: Vec<_> = texts.map(OriginPattern::parse).collect::<Result<_, _>>()?;
        if patterns.is_empty() { Err(InvalidOrigin::NotAServer) } else { Ok(Self(patterns)) }
    }

    /// Returns whether an origin matches a pattern.
    pub fn matches(&self, origin: &UrlOrigin) -> bool {
        self.0.iter().any(|pattern| pattern.matches(origin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_several_patterns_has_to_match() {
        let patterns = OriginPatterns::parse(" https://*.adobe.io,,http://127.0.0.1:4002, https://a.test/ ").unwrap();
        for (url, matches) in [
            ("https://mkto.adobe.io/cb", true),
            ("http://127.0.0.1:4002/cb", true),
            ("https://a.test/cb", true),
            ("http://a.test/cb", false),
            ("https://b.a.test/cb", false),
            ("https://127.0.0.1:4002/cb", false),
        ] {
            assert_eq!(patterns.matches(&UrlOrigin::of_url(url).unwrap()), matches, "{url}");
        }
        assert_eq!(OriginPatterns::parse(" , "), Err(InvalidOrigin::NotAServer));
        assert_eq!(OriginPatterns::parse("https://a.test,https://b.test/x"), Err(InvalidOrigin::HasPath));
    }

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
            assert_eq!(UrlOrigin::of_url(url).map(|origin| origin.to_string()).as_deref(), origin, "{url}");
        }
    }

    #[test]
    fn a_wildcard_matches_subdomains_only() {
        let pattern = OriginPattern::parse("https://*.adobe.io").unwrap();
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
            assert_eq!(UrlOrigin::of_url(url).is_some_and(|origin| pattern.matches(&origin)), matches, "{url}");
        }
        let local = OriginPattern::parse("http://127.0.0.1:4002").unwrap();
        assert!(local.matches(&UrlOrigin::of_url("http://127.0.0.1:4002/callback/1").unwrap()));
        assert!(!local.matches(&UrlOrigin::of_url("http://127.0.0.1:4003/callback/1").unwrap()));
    }

    #[test]
    fn an_origin_has_nothing_after_its_host_and_port() {
        let server = |text: &str| Ok(text.to_owned());
        for (text, origin) in [
            ("https://zoom.us", server("https://zoom.us")),
            ("https://123-ABC-456.mktorest.com/", server("https://123-abc-456.mktorest.com")),
            ("http://127.0.0.1:3000//", server("http://127.0.0.1:3000")),
            ("https://a/rest", Err(InvalidOrigin::HasPath)),
            ("https://a/rest/", Err(InvalidOrigin::HasPath)),
            ("https://a/rest/v1", Err(InvalidOrigin::HasPath)),
            ("https://a/identity", Err(InvalidOrigin::HasPath)),
            ("https://a?b", Err(InvalidOrigin::HasPath)),
            ("https://a/#b", Err(InvalidOrigin::HasPath)),
            ("https://user:secret@a", Err(InvalidOrigin::NotAServer)),
            ("zoom.us", Err(InvalidOrigin::NotAServer)),
            ("https://", Err(InvalidOrigin::NotAServer)),
            ("https://*.zoom.us", Err(InvalidOrigin::Wildcard)),
        ] {
            assert_eq!(UrlOrigin::parse(text).map(|origin| origin.to_string()), origin, "{text}");
        }
    }

    #[test]
    fn a_pattern_has_a_wildcard_at_the_beginning_of_its_host_only() {
        for (text, error) in [
            ("https://*.adobe.io/", None),
            ("http://127.0.0.1:4002", None),
            ("https://*", Some(InvalidOrigin::Wildcard)),
            ("https://a.*.io", Some(InvalidOrigin::Wildcard)),
            ("https://*.*.io", Some(InvalidOrigin::Wildcard)),
            ("https://*.adobe.io/callback", Some(InvalidOrigin::HasPath)),
            ("https://*.adobe.io,https://a.test", Some(InvalidOrigin::HasPath)),
            ("*.adobe.io", Some(InvalidOrigin::NotAServer)),
            ("https://*.", Some(InvalidOrigin::NotAServer)),
        ] {
            assert_eq!(OriginPattern::parse(text).err(), error, "{text}");
        }
    }

    #[test]
    fn an_origin_is_read_and_written_as_text() {
        let origin: UrlOrigin = serde_json::from_str(r#""https://api-eu.zoom.us/""#).unwrap();
        assert_eq!(serde_json::to_string(&origin).unwrap(), r#""https://api-eu.zoom.us""#);
        assert!(serde_json::from_str::<UrlOrigin>(r#""https://api.zoom.us/v2""#).is_err());
    }
}
