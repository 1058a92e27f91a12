//! Invalid input on every endpoint gets a problem document (docs/API.md), and no component traps.

use crate::harness::App;
use fakes::env::{ADMIN_KEY, CRON_KEY, MARKETO_API_KEY};
use reqwest::{Client, Method, RequestBuilder, redirect};
use serde_json::Value;

/// What authenticates the caller of an endpoint.
#[derive(Clone, Copy, PartialEq)]
enum Caller {
    Admin,
    Marketo,
    Cron,
    Zoom,
    /// The key is in the body.
    Browser,
}

/// Every endpoint that needs authentication: method, path, caller, and whether it reads a body.
const ENDPOINTS: &[(&str, &str, Caller, bool)] = &[
    ("POST", "/console/session", Caller::Browser, true),
    ("GET", "/console/settings", Caller::Admin, false),
    ("GET", "/oauth/sign-in?service=x", Caller::Admin, false),
    ("GET", "/oauth/services", Caller::Admin, false),
    ("PUT", "/oauth/services/abc/users", Caller::Admin, true),
    ("DELETE", "/oauth/services/abc", Caller::Admin, false),
    ("POST", "/oauth/zoom-events", Caller::Zoom, true),
    ("GET", "/catalog/webinars?service=abc", Caller::Admin, false),
    ("GET", "/catalog/programs", Caller::Admin, false),
    ("GET", "/catalog/programs/1001", Caller::Admin, false),
    ("PUT", "/catalog/programs/1001", Caller::Admin, true),
    ("DELETE", "/catalog/programs/1001", Caller::Admin, false),
    ("POST", "/catalog/programs/1001/refresh", Caller::Admin, false),
    ("POST", "/catalog/programs/1001/check", Caller::Admin, false),
    ("GET", "/catalog/programs/1001/tokens", Caller::Admin, false),
    ("GET", "/console/export", Caller::Admin, false),
    ("POST", "/console/import", Caller::Admin, true),
    ("GET", "/flow-step/status", Caller::Marketo, false),
    ("GET", "/flow-step/brandIcon", Caller::Marketo, false),
    ("GET", "/flow-step/serviceIcon", Caller::Marketo, false),
    ("GET", "/flow-step/providerInstructions", Caller::Marketo, false),
    ("POST", "/flow-step/getPicklist", Caller::Marketo, true),
    ("POST", "/flow-step/submitAsyncAction", Caller::Marketo, true),
    ("POST", "/registration/webhook", Caller::Marketo, true),
    ("GET", "/registration/failures", Caller::Admin, false),
    ("POST", "/registration/failures/retry", Caller::Admin, true),
    ("POST", "/registration/failures/dismiss", Caller::Admin, true),
    ("GET", "/registration/programs/1001", Caller::Admin, false),
    ("POST", "/registration/programs/1001/reconcile", Caller::Admin, false),
    ("POST", "/registration/trace", Caller::Admin, true),
    ("POST", "/registration/forget", Caller::Admin, true),
    ("GET", "/registration/health", Caller::Admin, false),
    ("POST", "/zoom/events", Caller::Zoom, true),
    ("GET", "/attendance/programs/1001", Caller::Admin, false),
    ("POST", "/attendance/programs/1001/sync", Caller::Admin, false),
    ("POST", "/attendance/trace", Caller::Admin, true),
    ("GET", "/attendance/health", Caller::Admin, false),
    ("POST", "/attendance/tick", Caller::Cron, false),
    ("GET", "/metrics", Caller::Admin, false),
];

struct ApiClient<'a> {
    app: &'a App,
    client: Client,
}

impl ApiClient<'_> {
    fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.client.request(Method::from_bytes(method.as_bytes()).unwrap(), format!("{}{path}", self.app.url()))
    }

    /// Returns a request with valid credentials. Zoom's signature covers the body.
    fn authorized(&self, method: &str, path: &str, caller: Caller, body: &[u8]) -> RequestBuilder {
        let request = self.request(method, path).body(body.to_vec());
        match caller {
            Caller::Admin => request.bearer_auth(ADMIN_KEY),
            Caller::Cron => request.bearer_auth(CRON_KEY),
            Caller::Marketo => request.header("x-api-key", MARKETO_API_KEY),
            Caller::Browser => request,
            Caller::Zoom => {
                let (timestamp, signature) = self.app.env.zoom.sign(body);
                request.header("x-zm-request-timestamp", timestamp).header("x-zm-signature", signature)
            }
        }
    }

    /// Sends a request and expects a problem document with one of the statuses and codes.
    async fn expect(&self, what: &str, request: RequestBuilder, statuses: &[u16], codes: &[&str]) {
        let answer = request.send().await.unwrap_or_else(|error| panic!("{what}: {error}"));
        let status = answer.status().as_u16();
        let content_type = answer.headers().get("content-type").map(|v| v.to_str().unwrap().to_owned());
        let text = answer.text().await.unwrap();
        assert!(statuses.contains(&status), "{what}: {status} {text}");
        assert_eq!(content_type.as_deref(), Some("application/problem+json"), "{what}: {text}");
        let problem: Value = serde_json::from_str(&text).unwrap();
        assert!(codes.contains(&problem["code"].as_str().unwrap()), "{what}: {text}");
        assert_eq!(problem["status"], status, "{what}");
        assert!(problem["title"].is_string() && problem["detail"].is_string(), "{what}: {text}");
    }
}

#[tokio::test]
async fn missing_and_wrong_keys_are_unauthenticated() {
    let app = App::start().await;
    let client = Client::builder().redirect(redirect::Policy::none()).build().unwrap();
    let api = ApiClient { app: &app, client };
    for &(method, path, caller, has_body) in ENDPOINTS {
        let what = format!("{method} {path}");
        let body = if has_body { r#"{"key":"wrong"}"# } else { "" };
        let plain = api.request(method, path).body(body);
        api.expect(&format!("{what} without a key"), plain, &[401], &["UNAUTHENTICATED"]).await;
        let wrong = api
            .request(method, path)
            .body(body)
            .bearer_auth("wrong")
            .header("x-api-key", "wrong")
            .header("x-zm-request-timestamp", "1")
            .header("x-zm-signature", "v0=00");
        let codes = ["UNAUTHENTICATED"];
        // A wrong key gets the same response as a missing one.
        if caller != Caller::Browser {
            api.expect(&format!("{what} with a wrong key"), wrong, &[401], &codes).await;
        }
    }
    app.assert_no_trap();
}

#[tokio::test]
async fn malformed_bodies_are_invalid_requests() {
    let app = App::start().await;
    let client = Client::builder().redirect(redirect::Policy::none()).build().unwrap();
    let api = ApiClient { app: &app, client };
    let wrong_bodies: [(&str, Vec<u8>); 8] = [
        ("nothing", b"".to_vec()),
        ("not JSON", b"{\"a\":".to_vec()),
        ("not UTF-8", vec![0xff, 0xfe, b'{']),
        ("a list", b"[]".to_vec()),
        ("null", b"null".to_vec()),
        ("missing fields", b"{}".to_vec()),
        (
            "wrong types",
            br#"{"key":[],"users":"x","service":5,"webinar":{},"objectData":7,"program_id":[],"lead_id":{},"event":1,"name":[],"type":3,"payload":"x"}"#.to_vec(),
        ),
        ("deep nesting", "[".repeat(60_000).into_bytes()),
    ];
    for &(method, path, caller, has_body) in ENDPOINTS {
        if !has_body {
            continue;
        }
        for (kind, body) in &wrong_bodies {
            let what = format!("{method} {path} with {kind}");
            let request = api.authorized(method, path, caller, body);
            api.expect(&what, request, &[400], &["INVALID_REQUEST"]).await;
        }
        let limit = match path {
            "/flow-step/submitAsyncAction" | "/console/import" => 10 << 20,
            "/zoom/events" | "/oauth/zoom-events" | "/registration/webhook" => 1 << 20,
            "/flow-step/getPicklist" | "/registration/failures/retry" => 1 << 20,
            _ => 64 << 10,
        };
        for (size, status) in [(limit, 400), (limit + 1, 413)] {
            let request = api.authorized(method, path, caller, &vec![b' '; size]);
            api.expect(&format!("{method} {path} with {size} bytes"), request, &[status], &["INVALID_REQUEST"]).await;
        }
    }
    app.assert_no_trap();
}

#[tokio::test]
async fn unknown_resources_and_paths_are_not_found() {
    let app = App::start().await;
    let client = Client::builder().redirect(redirect::Policy::none()).build().unwrap();
    let api = ApiClient { app: &app, client };
    let not_found = &["NOT_FOUND", "SERVICE_NOT_FOUND", "PROGRAM_NOT_CONNECTED", "INVALID_REQUEST"];
    for (method, path, body) in [
        ("GET", "/oauth/nothing", ""),
        ("GET", "/catalog/nothing", ""),
        ("GET", "/flow-step/nothing", ""),
        ("GET", "/registration/nothing", ""),
        ("GET", "/attendance/nothing", ""),
        ("GET", "/console/nothing", ""),
        ("GET", "/catalog/programs/1001", ""),
        ("GET", "/catalog/programs/abc", ""),
        ("GET", "/catalog/programs/99999999999999999999999", ""),
        ("GET", "/catalog/webinars?service=unknown", ""),
        ("GET", "/catalog/webinars", ""),
        ("GET", "/attendance/programs/1001", ""),
        ("POST", "/attendance/programs/1001/sync", ""),
        ("PUT", "/oauth/services/unknown/users", r#"{"users":[]}"#),
        ("DELETE", "/oauth/services/unknown", ""),
        ("PUT", "/catalog/programs/1001", r#"{"service":"unknown","webinar":"1"}"#),
        ("POST", "/registration/failures/retry", r#"{"program_id":"1001"}"#),
        ("DELETE", "/oauth/services", ""),
    ] {
        let request = api.authorized(method, path, Caller::Admin, body.as_bytes());
        api.expect(&format!("{method} {path}"), request, &[400, 404, 405, 422], not_found).await;
    }
    app.assert_no_trap();
}
