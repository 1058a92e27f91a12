//! Prepares requests for components: sets the full URI and Spin's headers.

use std::net::SocketAddr;

use http::header::{CONNECTION, HOST};
use http::uri::{Authority, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri};
use thiserror::Error;

use crate::allowed_hosts::chained_component;
use crate::routes::RouteMatch;

/// The host in `spin-full-url` for a request without a host, as in Spin.
const NO_HOST: &str = "localhost";

/// A request that reaches no component. The server closes the connection without an answer, as Spin does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum RequestRejection {
    /// A client used a host name that is reserved for service chaining.
    #[error("the host is in spin.internal, which is reserved for calls between components")]
    ServiceChainingHost,
    /// The `Host` header is missing, malformed, or contradicts the URI.
    #[error("the Host header is missing, malformed, or contradicts the request's URI")]
    InvalidHost,
}

/// Prepares a client's request for the matched component.
pub(crate) fn prepare_client_request<B>(
    request: &mut Request<B>,
    found: &RouteMatch,
    client: SocketAddr,
) -> Result<(), RequestRejection> {
    let authority = public_authority(request)?;
    set_uri(request, Scheme::HTTP, authority).ok_or(RequestRejection::InvalidHost)?;
    request.headers_mut().remove(CONNECTION);
    set_headers(request, found, client);
    Ok(())
}

/// Prepares a service chaining request for the called component. Leaves the caller's URI unchanged.
pub(crate) fn prepare_chained_request<B>(request: &mut Request<B>, found: &RouteMatch) {
    request.headers_mut().remove(HOST);
    request.headers_mut().remove(CONNECTION);
    // Spin's client address for such a call.
    set_headers(request, found, SocketAddr::from(([0, 0, 0, 0], 0)));
}

fn public_authority<B>(request: &Request<B>) -> Result<Authority, RequestRejection> {
    let from_header = match request.headers().get(HOST) {
        None => None,
        Some(host) => Some(host.to_str().ok().and_then(|host| host.parse().ok()).ok_or(RequestRejection::InvalidHost)?),
    };
    let from_uri = request.uri().authority().cloned();
    if [&from_header, &from_uri].into_iter().flatten().any(|a: &Authority| chained_component(a.host()).is_some()) {
        return Err(RequestRejection::ServiceChainingHost);
    }
    match (from_header, from_uri) {
        (Some(header), Some(uri)) if header != uri => Err(RequestRejection::InvalidHost),
        (Some(authority), _) | (None, Some(authority)) => Ok(authority),
        (None, None) => Err(RequestRejection::InvalidHost),
    }
}

fn set_uri<B>(request: &mut Request<B>, scheme: Scheme, authority: Authority) -> Option<()> {
    let mut parts = std::mem::take(request.uri_mut()).into_parts();
    parts.scheme = Some(scheme);
    parts.authority = Some(authority);
    *request.uri_mut() = Uri::from_parts(parts).ok()?;
    Some(())
}

/// Sets Spin's headers and replaces those that the client sent. Spin keeps the client's headers beside its own.
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

/// Sets a header. Removes it, and with it the client's header, if `value` is not a valid header value.
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

    fn rejection(uri: &str, headers: &[(&str, &str)]) -> Option<RequestRejection> {
        prepare_client_request(&mut request(uri, headers), &found("/...", "/"), ([127, 0, 0, 1], 9).into()).err()
    }

    #[test]
    fn sets_the_full_uri_and_spins_headers() {
        let mut request = request("/oauth/%2e%2e/x?a=1", &[("host", "app.example:3000"), ("connection", "close")]);
        prepare_client_request(&mut request, &found("/oauth/...", "/oauth/%2e%2e/x"), ([127, 0, 0, 1], 9).into())
            .unwrap();
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
    fn a_client_cannot_forge_spins_headers() {
        let forged = [("host", "a"), ("spin-client-addr", "1.2.3.4:5"), ("spin-client-addr", "6.7.8.9:1")];
        let mut request = request("/", &forged);
        prepare_client_request(&mut request, &found("/...", "/"), ([127, 0, 0, 1], 9).into()).unwrap();
        let values: Vec<_> = request.headers().get_all("spin-client-addr").iter().collect();
        assert_eq!(values, ["127.0.0.1:9"]);
    }

    #[test]
    fn rejects_spin_internal_hosts_from_clients() {
        for host in ["oauth.spin.internal", "oauth.spin.internal:80", "OAUTH.SPIN.INTERNAL"] {
            assert_eq!(rejection("/", &[("host", host)]), Some(RequestRejection::ServiceChainingHost), "{host}");
            assert_eq!(
                rejection(&format!("http://{host}/"), &[]),
                Some(RequestRejection::ServiceChainingHost),
                "{host}"
            );
            assert_eq!(
                rejection(&format!("http://{host}/"), &[("host", "a")]),
                Some(RequestRejection::ServiceChainingHost),
                "{host}"
            );
        }
    }

    #[test]
    fn rejects_a_missing_or_contradictory_host() {
        assert_eq!(rejection("/", &[]), Some(RequestRejection::InvalidHost));
        assert_eq!(rejection("http://a/", &[("host", "b")]), Some(RequestRejection::InvalidHost));
        assert_eq!(rejection("http://a/", &[("host", "a")]), None);
        assert_eq!(rejection("http://a/", &[]), None);
    }

    #[test]
    fn prepares_a_chained_request_as_spin_does() {
        let mut request = request("http://oauth.spin.internal/internal/token/1", &[("host", "oauth.spin.internal")]);
        prepare_chained_request(&mut request, &RouteMatch::chained("oauth", "/internal/token/1"));
        assert_eq!(request.uri(), "http://oauth.spin.internal/internal/token/1");
        assert_eq!(request.headers()["spin-matched-route"], "/...");
        assert_eq!(request.headers()["spin-path-info"], "/internal/token/1");
        assert_eq!(request.headers()["spin-client-addr"], "0.0.0.0:0");
        assert!(!request.headers().contains_key("host"));
    }
}
