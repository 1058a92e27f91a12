//! The test environment: the router under test, the fakes, and calls as the admin, Marketo and other components.

mod marketo;
mod zoom;

pub(crate) use zoom::at;

use axum::Router;
use axum::body::{Body, to_bytes};
use domain::Email;
use domain::records::{Record, Service, ServiceKey, ServiceState, ServicesKey};
use domain::time::Timestamp;
use fakes::marketo::Marketo;
use fakes::mounted::{MountedFakes, token_router_of};
use fakes::zoom::{EVENTS, Options, Zoom};
use http::Request;
use platform::Ports;
use platform::testing::in_memory::InMemoryPorts;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tower::ServiceExt;

/// The path of the program that the fake Marketo has from the start.
pub(crate) const PROGRAM: &str = "/catalog/programs/1001";

/// One test's environment.
pub(crate) struct TestEnv {
    pub(crate) memory: InMemoryPorts,
    pub(crate) zoom: Zoom,
    pub(crate) marketo: Marketo,
    /// The admin of each service.
    admins: Arc<Mutex<HashMap<String, String>>>,
    /// Number of requests for an access token.
    token_requests: Arc<AtomicUsize>,
    router: Router,
    _fakes: MountedFakes,
}

impl TestEnv {
    /// Creates an environment with the active service `s1` of Ada, who enabled Bob. Eve of the same account is not enabled.
    pub(crate) async fn new() -> Self {
        let memory = InMemoryPorts::default();
        let events = EVENTS.iter().chain(&["webinar.recovered"]).map(ToString::to_string).collect();
        let options = Options { events, ..Options::default() };
        let fakes = MountedFakes::mount_with(&memory, memory.ports(), options, fakes::marketo::Options::in_memory());
        for (name, value) in [("admin_key", "admin-key-of-the-tests"), ("marketo_api_key", "marketo-key-of-the-tests")]
        {
            memory.set(name, value);
        }
        let (zoom, marketo) = (fakes.zoom.clone(), fakes.marketo.clone());
        let (admins, token_requests): (Arc<Mutex<HashMap<String, String>>>, Arc<AtomicUsize>) = Default::default();
        let (known, requests) = (admins.clone(), token_requests.clone());
        let admin_of = move |service: &str| {
            requests.fetch_add(1, Ordering::SeqCst);
            known.lock().unwrap()[service].clone()
        };
        memory.serve("oauth.spin.internal", token_router_of(&zoom, admin_of));
        let router = crate::router(memory.ports());
        let env = Self { memory, zoom, marketo, admins, token_requests, router, _fakes: fakes };
        marketo::set_up(&env.marketo, env.now());
        env.add_service("s1", "ada@x.test", &["bob@x.test"]).await;
        env.add_user("eve@x.test", false);
        env
    }

    pub(crate) fn ports(&self) -> Ports {
        self.memory.ports()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ports().clock.now()
    }

    /// Returns how many lists, details and tokens were requested so far.
    pub(crate) fn calls(&self) -> (usize, usize, usize) {
        (self.lists(), self.details(), self.token_requests.load(Ordering::SeqCst))
    }

    /// Adds an active service, and its admin and users to Zoom.
    pub(crate) async fn add_service(&self, id: &str, admin: &str, users: &[&str]) {
        self.add_user(admin, true);
        users.iter().for_each(|user| self.add_user(user, false));
        self.admins.lock().unwrap().insert(id.to_owned(), admin.to_owned());
        let ports = self.ports();
        let mut services = ports.store().get(&ServicesKey {}).await.unwrap().unwrap_or_default();
        services.ids.push(id.into());
        ports.store().put(&ServicesKey {}, &services).await.unwrap();
        let service = Service {
            v: Service::VERSION,
            id: id.into(),
            name: id.into(),
            account_id: zoom::account_of(admin).into(),
            admin_user_id: "u1".into(),
            admin_email: Email::parse(admin).unwrap(),
            scopes: Vec::new(),
            api_base: "http://zoom.test".into(),
            users: users.iter().map(|user| Email::parse(user).unwrap()).collect(),
            state: ServiceState::Active,
            created_at: self.now(),
            problem: None,
            problem_program: None,
            rejection: None,
        };
        ports.store().put(&ServiceKey { id: id.into() }, &service).await.unwrap();
    }

    pub(crate) async fn change_service(&self, id: &str, change: impl FnOnce(&mut Service)) {
        let (ports, key) = (self.ports(), ServiceKey { id: id.into() });
        let mut service = ports.store().get(&key).await.unwrap().unwrap();
        change(&mut service);
        ports.store().put(&key, &service).await.unwrap();
    }

    /// Calls as the admin.
    pub(crate) async fn admin(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        self.call(method, path, ("authorization", "Bearer admin-key-of-the-tests"), body).await
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.admin("GET", path, Value::Null).await
    }

    /// Connects the program to a webinar of `s1`.
    pub(crate) async fn connect(&self, webinar: u64) -> (u16, Value) {
        self.admin("PUT", PROGRAM, json!({"service": "s1", "webinar": webinar.to_string()})).await
    }

    /// Calls as another component.
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

/// Returns the status and the code of a problem.
pub(crate) fn problem((status, body): &(u16, Value)) -> (u16, &str) {
    (*status, body["code"].as_str().unwrap_or("no code"))
}
