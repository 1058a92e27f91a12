//! `allowed_outbound_hosts`: where a component may send requests.

use anyhow::{Context, bail, ensure};
use http::Uri;
use url::Host;

use crate::variables::Variables;

/// The domain below which every component has a name, for service chaining.
const CHAINING_DOMAIN: &str = "spin.internal";

/// The destinations that one component may reach; none unless listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct AllowedHosts {
    rules: Vec<Rule>,
}

/// One `scheme://host[:port]`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    /// `None` is `*`.
    scheme: Option<String>,
    host: HostRule,
    /// First and last; `*` is everything.
    ports: (u16, u16),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum HostRule {
    Any,
    /// `*.domain`, kept with its leading dot.
    Below(String),
    /// `*.spin.internal`: every component of this application.
    AnyComponent,
    Is(Host),
}

impl AllowedHosts {
    /// Reads a component's list, with the variables in its templates replaced.
    ///
    /// As in Spin, an item that is empty once its variables are replaced is skipped, and an item may end with a slash
    /// but have no path.
    ///
    /// # Errors
    /// An item that is not of this form. The error quotes the template, not what it became: that may be a secret.
    pub(crate) fn new(items: &[String], variables: &Variables) -> anyhow::Result<Self> {
        let mut rules = Vec::new();
        for item in items {
            let filled = variables.fill(item).with_context(|| format!("the allowed outbound host {item:?}"))?;
            if filled != *item && matches!(filled.as_str(), "" | "http://" | "https://") {
                continue;
            }
            rules.push(Rule::parse(&filled).with_context(|| format!("the allowed outbound host {item:?}"))?);
        }
        Ok(Self { rules })
    }

    /// Whether a request to `uri`, which has a scheme and an authority, is allowed.
    pub(crate) fn allow(&self, uri: &Uri) -> bool {
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return false };
        let Ok(host) = Host::parse(authority.host()) else { return false };
        let Some(port) = authority.port_u16().or_else(|| default_port(scheme)) else { return false };
        self.rules.iter().any(|rule| rule.allow(scheme, &host, port))
    }
}

impl Rule {
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
            host: HostRule::parse(host)?,
            ports: ports(port, scheme)?,
        })
    }

    fn allow(&self, scheme: &str, host: &Host, port: u16) -> bool {
        self.scheme.as_deref().is_none_or(|allowed| allowed == scheme)
            && self.host.allow(host)
            && (self.ports.0..=self.ports.1).contains(&port)
    }
}

impl HostRule {
    fn parse(host: &str) -> anyhow::Result<Self> {
        ensure!(host != "self" && host != "self.alt", "requests to `self` are not supported, use service chaining");
        if host == "*" {
            return Ok(Self::Any);
        }
        if let Some(domain) = host.strip_prefix("*.") {
            let Ok(Host::Domain(domain)) = Host::parse(domain) else { bail!("must have a domain after '*.'") };
            ensure!(!domain.contains('*'), "may have '*' as its first label only");
            return Ok(if domain == CHAINING_DOMAIN { Self::AnyComponent } else { Self::Below(format!(".{domain}")) });
        }
        ensure!(!host.contains('*'), "may have '*' as its first label only");
        Ok(Self::Is(Host::parse(host).context("must have a host: a domain or an address (no range of addresses)")?))
    }

    fn allow(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::Any, _) => true,
            (Self::Below(suffix), Host::Domain(domain)) => domain.ends_with(suffix),
            (Self::AnyComponent, Host::Domain(domain)) => chained_component(domain).is_some(),
            (Self::Is(allowed), host) => allowed == host,
            _ => false,
        }
    }
}

fn ports(port: Option<&str>, scheme: &str) -> anyhow::Result<(u16, u16)> {
    let number = |text: &str| text.parse::<u16>().context("must have a number, a range or '*' as its port");
    match port {
        None => {
            let port = default_port(scheme).context("must have a port, since its scheme has no usual one")?;
            Ok((port, port))
        }
        Some("*") => Ok((0, u16::MAX)),
        Some(port) => match port.split_once("..") {
            // Like Rust's, Spin's ranges end before their last number.
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

/// The component that a host name means, if it is one for service chaining; a port after it does not matter.
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
    fn scheme_host_and_port_must_agree() {
        assert!(allowed("https://api.zoom.us", "https://api.zoom.us/v2/users"));
        assert!(allowed("https://api.zoom.us/", "https://API.zoom.us:443/"));
        assert!(!allowed("https://api.zoom.us", "http://api.zoom.us/"));
        assert!(!allowed("https://api.zoom.us", "https://api.zoom.us:8443/"));
        assert!(!allowed("https://api.zoom.us", "https://zoom.us/"));
        assert!(!allowed("https://api.zoom.us", "https://api.zoom.us@evil.example/"));
    }

    #[test]
    fn wildcards() {
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
    fn service_chaining() {
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
    fn templates() {
        let uri = "http://127.0.0.1:9000/v2".parse().unwrap();
        for value in ["http://127.0.0.1:9000", "http://127.0.0.1:9000/"] {
            assert!(hosts(&["{{ url }}"], value).unwrap().allow(&uri), "{value}");
        }
        for empty in ["{{ url }}", "http://{{ url }}"] {
            assert_eq!(hosts(&[empty], "").unwrap(), AllowedHosts::default());
        }
    }

    #[test]
    fn refusals_don_t_show_a_variable() {
        let error = format!("{:#}", hosts(&["{{ url }}"], "https://example.com/a/path").unwrap_err());
        assert!(error.contains("{{ url }}") && error.contains("path") && !error.contains("example.com"), "{error}");
    }

    #[test]
    fn refuses_what_it_can_t_judge() {
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
