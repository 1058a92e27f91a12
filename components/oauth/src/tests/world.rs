//! The component in a world in memory.

use super::zoom::Zoom;
use axum::Router;
use base64::Engine;
use domain::ServiceId;
use http::{HeaderMap, Request, header};
use platform::Ports;
use platform::door;
use platform::memory::Memory;
use serde_json::Value;
use tower::ServiceExt;

pub(super) const ADMIN: &str = "Bearer admin-key";

pub(super) struct World {
    pub(super) memory: Memory,
    pub(super) zoom: Zoom,
    router: Router,
}

/// An answer, read.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The status and the problem's code.
    pub(super) fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        (self.status, self.json()["code"].as_str().unwrap().to_owned())
    }
}

pub(super) fn token_key(byte: u8) -> String {
    base64::engine::general_purpose::STANDARD.encode([byte; 32])
}

impl World {
    pub(super) fn new() -> Self {
        let (memory, zoom) = (Memory::default(), Zoom::new());
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
            memory.set(name, value);
        }
        memory.serve("zoom.test", zoom.router());
        let router = crate::router(memory.ports());
        Self { memory, zoom, router }
    }

    /// Another instance of the component over the same store.
    pub(super) fn another_instance(&self) -> Self {
        self.over(self.memory.ports())
    }

    /// The component over changed ports.
    pub(super) fn over(&self, ports: Ports) -> Self {
        Self { memory: self.memory.clone(), zoom: self.zoom.clone(), router: crate::router(ports) }
    }

    pub(super) async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(axum::body::Body::from(body.to_owned())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    /// As the admin.
    pub(super) async fn admin(&self, method: &str, path: &str, body: &str) -> Answer {
        self.send(method, path, &[("authorization", ADMIN)], body).await
    }

    /// As another component.
    pub(super) async fn internal(&self, path: &str, body: &str) -> Answer {
        self.send("POST", path, &[], body).await
    }

    /// As Zoom.
    pub(super) async fn event(&self, body: &Value) -> Answer {
        let (ports, body) = (self.memory.ports(), body.to_string());
        let timestamp = ports.clock.now().as_second().to_string();
        let signature = door::zoom_validation(&ports, &format!("v0:{timestamp}:{body}")).await.unwrap();
        let signature = format!("v0={signature}");
        let headers = [("x-zm-request-timestamp", timestamp.as_str()), ("x-zm-signature", signature.as_str())];
        self.send("POST", "/oauth/zoom-events", &headers, &body).await
    }

    /// Begins a sign-in: where the browser is sent, and its cookie.
    pub(super) async fn begin(&self, name: &str) -> (String, String) {
        let name: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
        let answer = self.admin("GET", &format!("/oauth/sign-in?service={name}"), "").await;
        assert_eq!(answer.status, 303, "{answer:?}");
        let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
        (answer.header("location").to_owned(), cookie)
    }

    /// The browser comes back from Zoom.
    pub(super) async fn come_back(&self, query: &str, cookie: &str) -> Answer {
        self.send("GET", &format!("/oauth/callback?{query}"), &[(header::COOKIE.as_str(), cookie)], "").await
    }

    /// Signs in; the service's id.
    pub(super) async fn sign_in(&self, name: &str) -> ServiceId {
        let (location, cookie) = self.begin(name).await;
        let code = self.zoom.allow(&location);
        let answer = self.come_back(&format!("code={code}&state={}", state_of(&location)), &cookie).await;
        assert_eq!((answer.status, answer.header("location")), (303, "https://app.test/"), "{answer:?}");
        let live = self.services().await.into_iter().find(|service| {
            service["name"] == name
                && service["account_id"] == self.zoom.lock().id.as_str()
                && service["state"] == "active"
        });
        ServiceId::parse(live.unwrap()["id"].as_str().unwrap()).unwrap()
    }

    pub(super) async fn services(&self) -> Vec<Value> {
        let answer = self.admin("GET", "/oauth/services", "").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["services"].as_array().unwrap().clone()
    }

    pub(super) async fn service(&self, id: &ServiceId) -> Value {
        self.services().await.into_iter().find(|service| service["id"] == id.as_str()).unwrap()
    }

    pub(super) async fn token(&self, id: &ServiceId) -> Answer {
        self.internal(&format!("/internal/token/{id}"), r#"{"refused":null}"#).await
    }

    /// The access token that is handed out.
    pub(super) async fn access_token(&self, id: &ServiceId) -> String {
        let answer = self.token(id).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }

    pub(super) async fn tick(&self) -> Value {
        let answer = self.internal("/internal/tick", "").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// The keys in the store.
    pub(super) fn keys(&self) -> Vec<String> {
        self.memory.dump().into_keys().collect()
    }
}

pub(super) fn state_of(authorize_url: &str) -> String {
    let url = url::Url::parse(authorize_url).unwrap();
    url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned()
}
