//! The fixture: the component over in-memory ports. Program 1001 is connected to webinar 9001 by an active service.

use super::{fake_marketo, fake_zoom};
use crate::mapping::{FieldPairs, MappedRegistrant, Mapping, RegistrationForm};
use crate::state::AppState;
use axum::body::Body;
use axum::routing::post;
use axum::{Json, Router};
use domain::Sensitive;
use domain::records::{ProgramKey, ServiceKey};
use http::Request;
use platform::Ports;
use platform::testing::in_memory::InMemoryPorts;
use serde_json::{Value, json};
use std::sync::Arc;
use tower::ServiceExt;

pub(super) const PROGRAM: u64 = 1001;
pub(super) const WEBINAR: u64 = 9001;
pub(super) const KEY: &str = "marketo-key";

pub(super) struct Fixture {
    pub(super) memory: InMemoryPorts,
    pub(super) zoom: fake_zoom::Shared,
    pub(super) marketo: fake_marketo::Shared,
    router: Router,
}

/// Maps every field under its own name. Rejects leads with the last name `Blocked`.
struct PlainMapping;

impl Mapping for PlainMapping {
    fn to_registrant(&self, lead: &FieldPairs, form: &RegistrationForm) -> Result<MappedRegistrant, String> {
        let find = |name: &str| {
            let field = lead.expose().iter().find(|(field, _)| field == name);
            field.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        if find("lastName") == "Blocked" {
            return Err("Blocked is not invited.".to_owned());
        }
        let titles = form.questions.custom_questions.iter().map(|question| &question.title);
        let answers = titles.map(|title| (title.clone(), find(title))).filter(|(_, value)| !value.is_empty());
        Ok(MappedRegistrant {
            email: find("email").into(),
            first_name: find("firstName").into(),
            last_name: find("lastName").into(),
            more: Sensitive::new(vec![("org".to_owned(), find("company"))]),
            answers: Sensitive::new(answers.collect()),
        })
    }
}

impl Fixture {
    pub(super) async fn new() -> Self {
        Self::over(InMemoryPorts::ports).await
    }

    /// Creates a fixture whose component uses other ports, for fault injection.
    pub(super) async fn over(ports: impl FnOnce(&InMemoryPorts) -> Ports) -> Self {
        let memory = InMemoryPorts::default();
        for (name, value) in [
            ("marketo_url", "http://marketo.test"),
            ("marketo_client_id", "id"),
            ("marketo_client_secret", "secret"),
            ("marketo_api_key", KEY),
            ("marketo_callback_url", "http://marketo.test"),
            ("public_url", "http://app.test"),
            ("admin_key", "admin"),
        ] {
            memory.set(name, value);
        }
        let zoom = fake_zoom::Shared::default();
        zoom.lock().unwrap().questions = json!({});
        let marketo = fake_marketo::Shared::default();
        memory.serve("zoom.test", fake_zoom::router(zoom.clone()));
        memory.serve("marketo.test", fake_marketo::router(marketo.clone()));
        let token = json!({"access_token": "z", "api_base": "http://zoom.test", "expires_at": "2027-01-01T00:00:00Z"});
        let tokens = Router::new()
            .route("/internal/token/{id}", post(async move || Json(token.clone())))
            .route("/internal/problem/{id}", post(async || Json(Value::Null)));
        memory.serve("oauth.spin.internal", tokens);
        let router = crate::router(ports(&memory), Arc::new(PlainMapping));
        let fixture = Self { memory, zoom, marketo, router };
        fixture.service("active").await;
        fixture.connect("automatic").await;
        fixture
    }

    /// Replaces the component by a new instance. Work after a response that did not run is lost.
    pub(super) fn restart(&mut self, ports: Ports) {
        self.memory.kill_background();
        self.router = crate::router(ports, Arc::new(PlainMapping));
    }

    /// Returns the state of another instance of the component.
    pub(super) fn state(&self) -> AppState {
        AppState::new(self.memory.ports(), Arc::new(PlainMapping))
    }

    /// Sets the state of the service.
    pub(super) async fn service(&self, state: &str) {
        self.change_service(|service| service["state"] = json!(state)).await;
    }

    /// Writes the default service with a change.
    pub(super) async fn change_service(&self, change: impl FnOnce(&mut Value)) {
        let mut service = json!({
            "v": 1, "id": "svc", "name": "Acme", "account_id": "acc", "admin_user_id": "u", "admin_email": "a@x",
            "scopes": [], "api_base": "http://zoom.test", "users": [], "state": "active",
            "created_at": "2026-11-01T00:00:00Z", "problem": null,
        });
        change(&mut service);
        let service = domain::json::from_value(&service).unwrap();
        self.memory.ports().store().put(&ServiceKey { id: "svc".into() }, &service).await.unwrap();
    }

    /// Connects the program to the webinar, with a registration mode.
    pub(super) async fn connect(&self, registration: &str) {
        self.connect_with(WEBINAR, registration).await;
    }

    /// Connects the program to another webinar.
    pub(super) async fn connect_to(&self, webinar: u64) {
        self.connect_with(webinar, "automatic").await;
    }

    async fn connect_with(&self, webinar: u64, registration: &str) {
        let status = |name: &str, step: i64| json!({"name": name, "step": step});
        let connection = json!({
            "v": 1, "program": PROGRAM, "program_name": "P", "service": "svc",
            "snapshot": {
                "id": webinar, "topic": "Topic", "description": "", "start_time": "2026-11-10T10:00:00Z",
                "duration": 60, "timezone": "UTC", "host_email": "a@x", "registration": registration,
                "join_url": "https://zoom.test/shared",
            },
            "channel": {"name": "Webinar", "statuses": [
                status("Registered", 40), status("Pending Approval", 20), status("Registration Error", 40),
            ]},
            "connected_at": "2026-11-01T00:00:00Z", "refreshed_at": "2026-11-01T00:00:00Z", "problem": null,
        });
        let connection = domain::json::from_value(&connection).unwrap();
        self.memory.ports().store().put(&ProgramKey { id: PROGRAM.into() }, &connection).await.unwrap();
    }

    /// Sends a request; returns status and JSON body.
    pub(super) async fn send(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        self.send_as("admin", method, path, body).await
    }

    /// Sends a request with another admin key.
    pub(super) async fn send_as(&self, key: &str, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("x-api-key", KEY)
            .header("authorization", format!("Bearer {key}"))
            .body(Body::from(body.to_string()));
        self.request(request.unwrap()).await
    }

    /// Sends any request; returns status and JSON body.
    pub(super) async fn request(&self, request: Request<Body>) -> (u16, Value) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    /// Submits a chunk, and runs its processing after the response.
    pub(super) async fn submit(&self, token: &str, leads: &[Value]) {
        self.accept(token, leads).await;
        self.memory.run_background().await;
    }

    /// Submits a chunk without processing it.
    pub(super) async fn accept(&self, token: &str, leads: &[Value]) {
        let chunk = json!({
            "token": token, "apiCallBackKey": "cb-key", "callbackUrl": "http://marketo.test/callback",
            "context": {"subscription": {"munchkinId": "123-ABC-456"}, "program": {"id": PROGRAM}},
            "objectData": leads,
        });
        let (status, body) = self.send("POST", "/flow-step/submitAsyncAction", &chunk).await;
        assert_eq!(status, 201, "{body}");
    }

    /// Runs the tick; returns the number of processed items.
    pub(super) async fn tick(&self) -> u64 {
        let deadline = self.memory.ports().clock.now() + domain::time::SignedDuration::from_secs(25);
        let (status, body) = self.send("POST", "/internal/tick", &json!({ "deadline": deadline })).await;
        assert_eq!(status, 200, "{body}");
        body["worked"].as_u64().unwrap()
    }

    /// Returns activity data and join link of a lead in the last callback.
    pub(super) fn outcome(&self, lead: u64) -> (Value, Value) {
        let marketo = self.marketo.lock().unwrap();
        let (_, body) = marketo.callbacks.last().expect("a callback");
        let rows = body["objectData"].as_array().unwrap();
        let row = rows.iter().find(|row| row["leadData"]["id"] == lead).unwrap();
        (row["activityData"].clone(), row["leadData"]["joinUrl"].clone())
    }

    /// Returns the number of add-registrant calls with an address.
    pub(super) fn adds(&self, email: &str) -> usize {
        let zoom = self.zoom.lock().unwrap();
        zoom.adds.iter().filter(|body| body["email"].as_str().unwrap().eq_ignore_ascii_case(email)).count()
    }
}

/// Returns a lead of a chunk, with the status Registered.
pub(super) fn lead(id: u64) -> Value {
    json!({
        "objectType": "lead",
        "objectContext": {
            "id": id, "email": email(id), "firstName": format!("F{id}"), "lastName": format!("L{id}"), "company": "C",
        },
        "flowStepContext": {"webinar": "program"},
        "programMemberContext": {"status": "Registered"},
    })
}

pub(super) fn email(id: u64) -> String {
    format!("lead{id}@example.com")
}
