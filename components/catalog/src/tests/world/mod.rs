//! A world for one test: the router under test, the stand-ins, and calls as the admin, Marketo and other components.

mod marketo;
mod zoom;

pub(crate) use marketo::Marketo;
pub(crate) use zoom::Zoom;

use axum::Router;
use axum::body::{Body, to_bytes};
use domain::Email;
use domain::records::{Service, ServiceKey, ServiceState, Services, ServicesKey, VERSION};
use domain::time::Timestamp;
use http::Request;
use platform::Ports;
use platform::memory::Memory;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard};
use tower::ServiceExt;

/// The program that Marketo has from the start.
pub(crate) const PROGRAM: &str = "/catalog/programs/1001";

/// Everything a test needs.
pub(crate) struct World {
    pub(crate) memory: Memory,
    zoom: Arc<Mutex<Zoom>>,
    marketo: Arc<Mutex<Marketo>>,
    router: Router,
}

impl World {
    /// A world with an active service `s1` of Ada's, who enabled Bob.
    pub(crate) async fn new() -> Self {
        let memory = Memory::default();
        for (name, value) in [
            ("admin_key", "admin"),
            ("marketo_api_key", "marketo"),
            ("marketo_url", "http://marketo.test"),
            ("marketo_client_id", "id"),
            ("marketo_client_secret", "secret"),
            ("public_url", "http://app.test"),
        ] {
            memory.set(name, value);
        }
        let (zoom, marketo) = (Arc::new(Mutex::new(Zoom::default())), Arc::new(Mutex::new(Marketo::default())));
        memory.serve("zoom.test", zoom::router(zoom.clone()));
        memory.serve("marketo.test", marketo::router(marketo.clone()));
        memory.serve("oauth.spin.internal", zoom::oauth(zoom.clone(), memory.ports().clock.now()));
        let router = crate::router(memory.ports());
        let world = Self { memory, zoom, marketo, router };
        world.add_service("s1", "ada@x.test", &["bob@x.test"]).await;
        world
    }

    pub(crate) fn ports(&self) -> Ports {
        self.memory.ports()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ports().clock.now()
    }

    pub(crate) fn zoom(&self) -> MutexGuard<'_, Zoom> {
        self.zoom.lock().unwrap()
    }

    pub(crate) fn marketo(&self) -> MutexGuard<'_, Marketo> {
        self.marketo.lock().unwrap()
    }

    /// How many lists, details and tokens were asked for until now.
    pub(crate) fn calls(&self) -> (usize, usize, usize) {
        let zoom = self.zoom();
        (zoom.lists, zoom.details, zoom.tokens)
    }

    /// The value of a My Token of Marketo's; empty where there is none.
    pub(crate) fn token(&self, name: &str) -> String {
        self.marketo().tokens.get(name).map(|(_, value)| value.clone()).unwrap_or_default()
    }

    /// The names of the My Tokens written until now.
    pub(crate) fn written(&self) -> Vec<String> {
        self.marketo().written.clone()
    }

    pub(crate) async fn add_service(&self, id: &str, admin: &str, users: &[&str]) {
        let ports = self.ports();
        let mut services = ports.store().get(&ServicesKey {}).await.unwrap().unwrap_or_default();
        services = Services { v: VERSION, ..services };
        services.ids.push(id.into());
        ports.store().put(&ServicesKey {}, &services).await.unwrap();
        let service = Service {
            v: VERSION,
            id: id.into(),
            name: id.into(),
            account_id: "acc".into(),
            admin_user_id: "u1".into(),
            admin_email: Email::parse(admin).unwrap(),
            scopes: Vec::new(),
            api_base: "http://zoom.test".into(),
            users: users.iter().map(|user| Email::parse(user).unwrap()).collect(),
            state: ServiceState::Active,
            created_at: self.now(),
            problem: None,
        };
        ports.store().put(&ServiceKey { id: id.into() }, &service).await.unwrap();
    }

    pub(crate) async fn change_service(&self, id: &str, change: impl FnOnce(&mut Service)) {
        let (ports, key) = (self.ports(), ServiceKey { id: id.into() });
        let mut service = ports.store().get(&key).await.unwrap().unwrap();
        change(&mut service);
        ports.store().put(&key, &service).await.unwrap();
    }

    /// A call by the admin.
    pub(crate) async fn admin(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        self.call(method, path, ("authorization", "Bearer admin"), body).await
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.admin("GET", path, Value::Null).await
    }

    /// Connects the program to a webinar of `s1`.
    pub(crate) async fn connect(&self, webinar: u64) -> (u16, Value) {
        self.admin("PUT", PROGRAM, json!({"service": "s1", "webinar": webinar.to_string()})).await
    }

    /// A call by another component.
    pub(crate) async fn internal(&self, path: &str, body: Value) -> (u16, Value) {
        self.call("POST", path, ("accept", "application/json"), body).await
    }

    pub(crate) async fn call(&self, method: &str, path: &str, header: (&str, &str), body: Value) -> (u16, Value) {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let request = Request::builder().method(method).uri(path).header(header.0, header.1).body(body).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }
}

/// The status and the code of a problem.
pub(crate) fn problem((status, body): &(u16, Value)) -> (u16, &str) {
    (*status, body["code"].as_str().unwrap_or("no code"))
}
