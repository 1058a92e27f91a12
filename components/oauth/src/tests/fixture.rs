//! The component over in-memory ports, with a fake Zoom.

use super::fake_zoom::FakeZoom;
use axum::Router;
use base64::Engine;
use domain::ServiceId;
use http::{HeaderMap, Request, header};
use platform::Ports;
use platform::auth::verify;
use platform::testing::in_memory::InMemoryPorts;
use serde_json::Value;
use tower::ServiceExt;

pub(super) const ADMIN: &str = "Bearer admin-key";

pub(super) struct Fixture {
    pub(super) in_memory: InMemoryPorts,
    pub(super) zoom: FakeZoom,
    router: Router,
}

/// A response with its body.
#[derive(Debug)]
pub(super) struct TestResponse {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl TestResponse {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// Returns the status and the problem's code.
    pub(super) fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        (self.status, self.json()["code"].as_str().unwrap().to_owned())
    }
}

pub(super) fn token_key(byte: u8) -> String {
    base64::engine::general_purpose::STANDARD.encode([byte; 32])
}

impl Fixture {
    pub(super) fn new() -> Self {
        let (in_memory, zoom) = (InMemoryPorts::default(), FakeZoom::new());
        for (name, value) in [
            ("public_url", "https://app.test"),
            ("zoom_client_id", "client"),
            ("zoom_client_secret", "secret"),
            ("zoom_webhook_secret", "webhook-secret"),
            ("zoom_oauth_url", "http://zoom.test"),
            ("zoom_api_url", "http://zoom.test"),
            ("admin_key", "admin-key"),
            ("token_key", &token_key(1)),
        ] {
            in_memory.set(name, value);
        }
        in_memory.serve("zoom.test", zoom.router());
        let router = crate::router(in_memory.ports());
        Self { in_memory, zoom, router }
    }

    /// Starts another instance of the component over the same store.
    pub(super) fn another_instance(&self) -> Self {
        self.with_ports(self.in_memory.ports())
    }

    /// Starts an instance over other ports.
    pub(super) fn with_ports(&self, ports: Ports) -> Self {
        Self { in_memory: self.in_memory.clone(), zoom: self.zoom.clone(), router: crate::router(ports) }
    }

    pub(super) async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> TestResponse {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(axum::body::Body::from(body.to_owned())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        TestResponse {
            status: parts.status.as_u16(),
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    /// Sends a request as the admin.
    pub(super) async fn admin(&self, method: &str, path: &str, body: &str) -> TestResponse {
        self.send(method, path, &[("authorization", ADMIN)], body).await
    }

    /// Sends a request as another component.
    pub(super) async fn internal(&self, path: &str, body: &str) -> TestResponse {
        self.send("POST", path, &[], body).await
    }

    /// Sends a signed event as Zoom.
    pub(super) async fn send_event(&self, body: &Value) -> TestResponse {
        let (ports, body) = (self.in_memory.ports(), body.to_string());
        let timestamp = ports.clock.now().as_second().to_string();
        let signature = verify::zoom_validation(&ports, &format!("v0:{timestamp}:{body}")).await.unwrap();
        let signature = format!("v0={signature}");
        let headers = [("x-zm-request-timestamp", timestamp.as_str()), ("x-zm-signature", signature.as_str())];
        self.send("POST", "/oauth/zoom-events", &headers, &body).await
    }

    /// Begins a sign-in. Returns the URL at Zoom and the browser's cookie.
    pub(super) async fn begin_sign_in(&self, name: &str) -> (String, String) {
        let name: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
        let response = self.admin("GET", &format!("/oauth/sign-in?service={name}"), "").await;
        assert_eq!(response.status, 303, "{response:?}");
        let cookie = response.header("set-cookie").split(';').next().unwrap().to_owned();
        (response.header("location").to_owned(), cookie)
    }

    /// Sends the browser back from Zoom.
    pub(super) async fn send_callback(&self, query: &str, cookie: &str) -> TestResponse {
        self.send("GET", &format!("/oauth/callback?{query}"), &[(header::COOKIE.as_str(), cookie)], "").await
    }

    /// Signs in and returns the service's id.
    pub(super) async fn sign_in(&self, name: &str) -> ServiceId {
        let (location, cookie) = self.begin_sign_in(name).await;
        let code = self.zoom.authorize(&location);
        let response = self.send_callback(&format!("code={code}&state={}", state_of(&location)), &cookie).await;
        assert_eq!((response.status, response.header("location")), (303, "https://app.test/"), "{response:?}");
        let live = self.services().await.into_iter().find(|service| {
            service["name"] == name
                && service["account_id"] == self.zoom.account().id.as_str()
                && service["state"] == "active"
        });
        ServiceId::parse(live.unwrap()["id"].as_str().unwrap()).unwrap()
    }

    pub(super) async fn services(&self) -> Vec<Value> {
        let response = self.admin("GET", "/oauth/services", "").await;
        assert_eq!(response.status, 200, "{response:?}");
        response.json()["services"].as_array().unwrap().clone()
    }

    pub(super) async fn service(&self, id: &ServiceId) -> Value {
        self.services().await.into_iter().find(|service| service["id"] == id.as_str()).unwrap()
    }

    pub(super) async fn token(&self, id: &ServiceId) -> TestResponse {
        self.internal(&format!("/internal/token/{id}"), r#"{"refused":null}"#).await
    }

    /// Returns the access token that the component issues.
    pub(super) async fn access_token(&self, id: &ServiceId) -> String {
        let response = self.token(id).await;
        assert_eq!(response.status, 200, "{response:?}");
        response.json()["access_token"].as_str().unwrap().to_owned()
    }

    pub(super) async fn tick(&self) -> Value {
        let response = self.internal("/internal/tick", "").await;
        assert_eq!(response.status, 200, "{response:?}");
        response.json()
    }

    /// Returns the keys in the store.
    pub(super) fn keys(&self) -> Vec<String> {
        self.in_memory.dump().into_keys().collect()
    }
}

pub(super) fn state_of(authorize_url: &str) -> String {
    let url = url::Url::parse(authorize_url).unwrap();
    url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned()
}
