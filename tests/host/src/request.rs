//! A request as a component gets it: with a full URI and Spin's headers.

use std::net::SocketAddr;

use http::header::{CONNECTION, HOST};
use http::uri::{Authority, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri};
use thiserror::Error;

use crate::allowed_hosts::chained_component;
use crate::routes::RouteMatch;

/// The host that Spin puts into `spin-full-url` where a request has none.
const NO_HOST: &str = "localhost";

/// A request that no component gets to see. Spin ends the connection without an answer, and so does this host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum Refused {
    /// From outside, to a host name that is for service chaining.
    #[error("the host is one of spin.internal, which is for calls between components only")]
    Spoofed,
    /// No `Host`, or one that is no authority, or one that contradicts the URI.
    #[error("the request does not tell its host clearly")]
    NoHost,
}

/// Makes a request from outside what the matched component gets.
pub(crate) fn from_outside<B>(request: &mut Request<B>, found: &RouteMatch, client: SocketAddr) -> Result<(), Refused> {
    let authority = public_authority(request)?;
    set_uri(request, Scheme::HTTP, authority).ok_or(Refused::NoHost)?;
    request.headers_mut().remove(CONNECTION);
    set_headers(request, found, client);
    Ok(())
}

/// Makes a request by service chaining what the called component gets; its URI is left as the caller wrote it.
pub(crate) fn from_component<B>(request: &mut Request<B>, found: &RouteMatch) {
    request.headers_mut().remove(HOST);
    request.headers_mut().remove(CONNECTION);
    // The address that Spin shows for such a call.
    set_headers(request, found, SocketAddr::from(([0, 0, 0, 0], 0)));
}

fn public_authority<B>(request: &Request<B>) -> Result<Authority, Refused> {
    let from_header = match request.headers().get(HOST) {
        None => None,
        Some(host) => Some(host.to_str().ok().and_then(|host| host.parse().ok()).ok_or(Refused::NoHost)?),
    };
    let from_uri = request.uri().authority().cloned();
    if [&from_header, &from_uri].into_iter().flatten().any(|a: &Authority| chained_component(a.host()).is_some()) {
        return Err(Refused::Spoofed);
    }
    match (from_header, from_uri) {
        (Some(header), Some(uri)) if header != uri => Err(Refused::NoHost),
        (Some(authority), _) | (None, Some(authority)) => Ok(authority),
        (None, None) => Err(Refused::NoHost),
    }
}

fn set_uri<B>(request: &mut Request<B>, scheme: Scheme, authority: Authority) -> Option<()> {
    let mut parts = std::mem::take(request.uri_mut()).into_parts();
    parts.scheme = Some(scheme);
    parts.authority = Some(authority);
    *request.uri_mut() = Uri::from_parts(parts).ok()?;
    Some(())
}

/// Sets Spin's headers. What the client sent under these names is replaced; Spin would keep it beside its own.
fn set_headers<B>(request: &mut Request<B>, found: &RouteMatch, client: SocketAddr) {
    let uri = request.uri();
    let scheme = uri.scheme_str().unwrap_or("http");
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or(NO_HOST);
    let full_url = format!("{scheme}://{host}{path}");

    let headers = request.headers_mut();
    set(headers, "spin-full-url", &full_url);
    set(headers, "spin-path-info", &found.path_info);
    set(headers, "spin-matched-route", &found.matched_route());
    set(headers, "spin-component-route", found.component_route());
    set(headers, "spin-raw-component-route", &found.route);
    set(headers, "spin-base-path", "/");
    set(headers, "spin-client-addr", &client.to_string());
    for (name, value) in &found.parameters {
        set(headers, &format!("spin-path-match-{}", name.to_ascii_lowercase()), value);
    }
}

/// Sets a header, or removes it if its value (a part of a strange path) can't be one; then the client's is gone too.
fn set(headers: &mut HeaderMap, name: &str, value: &str) {
    let Ok(name) = name.parse::<HeaderName>() else { return };
    match HeaderValue::from_bytes(value.as_bytes()) {
        Ok(value) => drop(headers.insert(name, value)),
        Err(_) => drop(headers.remove(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{HttpTrigger, Route};
    use crate::routes::Router;

    fn request(uri: &str, headers: &[(&str, &str)]) -> Request<()> {
        let builder = Request::builder().uri(uri);
        headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value)).body(()).unwrap()
    }

    fn found(route: &str, path: &str) -> RouteMatch {
        let trigger = HttpTrigger { route: Route::Public(route.to_owned()), component: "c".to_owned() };
        Router::new(&[trigger]).unwrap().find(path).unwrap()
    }

    fn refused(uri: &str, headers: &[(&str, &str)]) -> Option<Refused> {
        from_outside(&mut request(uri, headers), &found("/...", "/"), ([127, 0, 0, 1], 9).into()).err()
    }

    #[test]
    fn a_component_gets_the_full_uri_and_spins_headers() {
        let mut request = request("/oauth/%2e%2e/x?a=1", &[("host", "app.example:3000"), ("connection", "close")]);
        from_outside(&mut request, &found("/oauth/...", "/oauth/%2e%2e/x"), ([127, 0, 0, 1], 9).into()).unwrap();
        assert_eq!(request.uri(), "http://app.example:3000/oauth/%2e%2e/x?a=1");
        for (name, value) in [
            ("host", "app.example:3000"),
            ("spin-full-url", "http://app.example:3000/oauth/%2e%2e/x?a=1"),
            ("spin-path-info", "/%2e%2e/x"),
            ("spin-matched-route", "/oauth/..."),
            ("spin-component-route", "/oauth"),
            ("spin-raw-component-route", "/oauth/..."),
            ("spin-base-path", "/"),
            ("spin-client-addr", "127.0.0.1:9"),
        ] {
            assert_eq!(request.headers()[name], value, "{name}");
        }
        assert!(!request.headers().contains_key("connection"));
    }

    #[test]
    fn a_client_can_t_forge_spins_headers() {
        let forged = [("host", "a"), ("spin-client-addr", "1.2.3.4:5"), ("spin-client-addr", "6.7.8.9:1")];
        let mut request = request("/", &forged);
        from_outside(&mut request, &found("/...", "/"), ([127, 0, 0, 1], 9).into()).unwrap();
        let values: Vec<_> = request.headers().get_all("spin-client-addr").iter().collect();
        assert_eq!(values, ["127.0.0.1:9"]);
    }

    #[test]
    fn hosts_of_spin_internal_are_refused_from_outside() {
        for host in ["oauth.spin.internal", "oauth.spin.internal:80", "OAUTH.SPIN.INTERNAL"] {
            assert_eq!(refused("/", &[("host", host)]), Some(Refused::Spoofed), "{host}");
            assert_eq!(refused(&format!("http://{host}/"), &[]), Some(Refused::Spoofed), "{host}");
            assert_eq!(refused(&format!("http://{host}/"), &[("host", "a")]), Some(Refused::Spoofed), "{host}");
        }
    }

    #[test]
    fn the_host_must_be_clear() {
        assert_eq!(refused("/", &[]), Some(Refused::NoHost));
        assert_eq!(refused("http://a/", &[("host", "b")]), Some(Refused::NoHost));
        assert_eq!(refused("http://a/", &[("host", "a")]), None);
        assert_eq!(refused("http://a/", &[]), None);
    }

    #[test]
    fn a_chained_call_looks_as_in_spin() {
        let mut request = request("http://oauth.spin.internal/internal/token/1", &[("host", "oauth.spin.internal")]);
        from_component(&mut request, &RouteMatch::chained("oauth", "/internal/token/1"));
        assert_eq!(request.uri(), "http://oauth.spin.internal/internal/token/1");
        assert_eq!(request.headers()["spin-matched-route"], "/...");
        assert_eq!(request.headers()["spin-path-info"], "/internal/token/1");
        assert_eq!(request.headers()["spin-client-addr"], "0.0.0.0:0");
        assert!(!request.headers().contains_key("host"));
    }
}
