//! `allowed_outbound_hosts`: the destinations to which a component may send requests.

use anyhow::{Context, bail, ensure};
use http::Uri;
use url::Host;

use crate::variables::Variables;

/// The domain of the components' host names, for service chaining.
const CHAINING_DOMAIN: &str = "spin.internal";

/// The destinations that one component may reach. An empty list allows none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct AllowedHosts {
    rules: Vec<AllowedHost>,
}

/// One `scheme://host[:port]`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct AllowedHost {
    /// `None` means `*`.
    scheme: Option<String>,
    host: HostPattern,
    /// The first and the last port.
    ports: (u16, u16),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum HostPattern {
    /// `*`.
    Any,
    /// `*.domain`, stored with its leading dot.
    Subdomain(String),
    /// `*.spin.internal`: every component of this application.
    AnyComponent,
    /// One domain or address.
    Exact(Host),
}

impl AllowedHosts {
    /// Parses a component's list after filling in the variables of its templates.
    ///
    /// As in Spin, an item that is empty after its variables are filled in is skipped, and an item may end with a slash
    /// but may not have a path.
    ///
    /// # Errors
    /// An item is malformed. The error quotes the template and not the filled-in text, which may be a secret.
    pub(crate) fn new(items: &[String], variables: &Variables) -> anyhow::Result<Self> {
        let mut rules = Vec::new();
        for item in items {
            let filled = variables.fill(item).with_context(|| format!("the allowed outbound host {item:?}"))?;
            if filled != *item && matches!(filled.as_str(), "" | "http://" | "https://") {
                continue;
            }
            rules.push(AllowedHost::parse(&filled).with_context(|| format!("the allowed outbound host {item:?}"))?);
        }
        Ok(Self { rules })
    }

    /// Returns whether a request to `uri` is allowed. A URI without a scheme or an authority is not.
    pub(crate) fn allow(&self, uri: &Uri) -> bool {
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return false };
        let Ok(host) = Host::parse(authority.host()) else { return false };
        let Some(port) = authority.port_u16().or_else(|| default_port(scheme)) else { return false };
        self.rules.iter().any(|rule| rule.allow(scheme, &host, port))
    }
}

impl AllowedHost {
    fn parse(text: &str) -> anyhow::Result<Self> {
        let (scheme, rest) =
            text.trim().split_once("://").context("must have the form scheme://host[:port]; '*' may stand for each")?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        ensure!(!rest.contains('/'), "must not have a path");
        let (host, port) = match rest.rsplit_once(':') {
            // The colons of an IPv6 address are inside brackets.
            Some((host, port)) if !port.ends_with(']') => (host, Some(port).filter(|port| !port.is_empty())),
            _ => (rest, None),
        };
        Ok(Self {
            scheme: match scheme {
                "*" => None,
                _ if scheme.chars().all(char::is_alphabetic) => Some(scheme.to_owned()),
                _ => bail!("has a scheme that is not supported"),
            },
            host: HostPattern::parse(host)?,
            ports: ports(port, scheme)?,
        })
    }

    fn allow(&self, scheme: &str, host: &Host, port: u16) -> bool {
        self.scheme.as_deref().is_none_or(|allowed| allowed == scheme)
            && self.host.allow(host)
            && (self.ports.0..=self.ports.1).contains(&port)
    }
}

impl HostPattern {
    fn parse(host: &str) -> anyhow::Result<Self> {
        ensure!(host != "self" && host != "self.alt", "requests to `self` are not supported, use service chaining");
        if host == "*" {
            return Ok(Self::Any);
        }
        if let Some(domain) = host.strip_prefix("*.") {
            let Ok(Host::Domain(domain)) = Host::parse(domain) else { bail!("must have a domain after '*.'") };
            ensure!(!domain.contains('*'), "may have '*' as its first label only");
            return Ok(if domain == CHAINING_DOMAIN {
                Self::AnyComponent
            } else {
                Self::Subdomain(format!(".{domain}"))
            });
        }
        ensure!(!host.contains('*'), "may have '*' as its first label only");
        Ok(Self::Exact(Host::parse(host).context("must have a host: a domain or an address (no range of addresses)")?))
    }

    fn allow(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::Any, _) => true,
            (Self::Subdomain(suffix), Host::Domain(domain)) => domain.ends_with(suffix),
            (Self::AnyComponent, Host::Domain(domain)) => chained_component(domain).is_some(),
            (Self::Exact(allowed), host) => allowed == host,
            _ => false,
        }
    }
}

fn ports(port: Option<&str>, scheme: &str) -> anyhow::Result<(u16, u16)> {
    let number = |text: &str| text.parse::<u16>().context("must have a number, a range or '*' as its port");
    match port {
        None => {
            let port = default_port(scheme).context("must have a port, because its scheme has no default port")?;
            Ok((port, port))
        }
        Some("*") => Ok((0, u16::MAX)),
        Some(port) => match port.split_once("..") {
            // Spin's ranges exclude their end, as Rust's do.
            Some((first, end)) => Ok((
                number(first)?,
                number(end)?.checked_sub(1).context("must have a range of ports that is not empty")?,
            )),
            None => Ok((number(port)?, number(port)?)),
        },
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

/// Returns the component that a service chaining host name stands for, or `None` for other hosts. Ignores a port.
pub(crate) fn chained_component(host: &str) -> Option<&str> {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let (component, domain) = name.split_once('.')?;
    domain.eq_ignore_ascii_case(CHAINING_DOMAIN).then_some(component)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::manifest::Variable;

    fn hosts(items: &[&str], value: &str) -> anyhow::Result<AllowedHosts> {
        let variable = Variable { default: Some(value.to_owned()), ..Variable::default() };
        let variables = Variables::new(&BTreeMap::from([("url".to_owned(), variable)]), &BTreeMap::new()).unwrap();
        let items: Vec<_> = items.iter().map(|item| (*item).to_owned()).collect();
        AllowedHosts::new(&items, &variables)
    }

    fn allowed(item: &str, uri: &str) -> bool {
        hosts(&[item], "").unwrap().allow(&uri.parse().unwrap())
    }

    #[test]
    fn scheme_host_and_port_must_match() {
        assert!(allowed("https://api.zoom.us", "https://api.zoom.us/v2/users"));
        assert!(allowed("https://api.zoom.us/", "https://API.zoom.us:443/"));
        assert!(!allowed("https://api.zoom.us", "http://api.zoom.us/"));
        assert!(!allowed("https://api.zoom.us", "https://api.zoom.us:8443/"));
        assert!(!allowed("https://api.zoom.us", "https://zoom.us/"));
        assert!(!allowed("https://api.zoom.us", "https://api.zoom.us@evil.example/"));
    }

    #[test]
    fn matches_wildcards_and_port_ranges() {
        assert!(allowed("https://*.adobe.io", "https://a.b.adobe.io/"));
        assert!(!allowed("https://*.adobe.io", "https://adobe.io/"));
        assert!(!allowed("https://*.adobe.io", "https://eviladobe.io/"));
        assert!(allowed("http://127.0.0.1:*", "http://127.0.0.1:40123/"));
        assert!(!allowed("http://127.0.0.1:*", "http://127.0.0.2:40123/"));
        assert!(allowed("*://*:*", "https://anything.example:1/"));
        assert!(allowed("http://localhost:3000..3002", "http://localhost:3001/"));
        assert!(!allowed("http://localhost:3000..3002", "http://localhost:3002/"));
        assert!(allowed("http://[::1]:8080", "http://[::1]:8080/"));
        assert!(allowed("http://[::1]", "http://[::1]/"));
    }

    #[test]
    fn matches_components_for_service_chaining() {
        assert!(allowed("http://oauth.spin.internal", "http://oauth.spin.internal/internal/token/1"));
        assert!(!allowed("http://oauth.spin.internal", "http://catalog.spin.internal/"));
        assert!(allowed("http://*.spin.internal", "http://catalog.spin.internal/"));
        assert!(!allowed("http://*.spin.internal", "http://a.b.spin.internal/"));
        assert_eq!(chained_component("oauth.spin.internal:80"), Some("oauth"));
        assert_eq!(chained_component("OAuth.Spin.Internal"), Some("OAuth"));
        assert_eq!(chained_component("oauth.spin.internal.example"), None);
        assert_eq!(chained_component("spin.internal"), None);
    }

    #[test]
    fn fills_templates_and_skips_empty_items() {
        let uri = "http://127.0.0.1:9000/v2".parse().unwrap();
        for value in ["http://127.0.0.1:9000", "http://127.0.0.1:9000/"] {
            assert!(hosts(&["{{ url }}"], value).unwrap().allow(&uri), "{value}");
        }
        for empty in ["{{ url }}", "http://{{ url }}"] {
            assert_eq!(hosts(&[empty], "").unwrap(), AllowedHosts::default());
        }
    }

    /// A list in a variable cannot be one item. Spin refuses it too.
    #[test]
    fn an_item_is_one_host() {
        for list in ["https://*.adobe.io,https://*.marketo.com", "http://127.0.0.1:9000,http://127.0.0.1:9001"] {
            assert!(hosts(&["{{ url }}"], list).is_err(), "{list}");
        }
    }

    #[test]
    fn errors_do_not_show_a_variables_value() {
        let error = format!("{:#}", hosts(&["{{ url }}"], "https://example.com/a/path").unwrap_err());
        assert!(error.contains("{{ url }}") && error.contains("path") && !error.contains("example.com"), "{error}");
    }

    #[test]
    fn rejects_malformed_items() {
        for item in [
            "*",
            "",
            "zoom.us",
            "https://a.*.us",
            "https://10.0.0.0/8",
            "http://self",
            "ftp://h",
            "http://h:x",
            "http://",
        ] {
            assert!(hosts(&[item], "").is_err(), "{item}");
        }
    }
}
