//! The fixture: the component over in-memory ports, with the fake Zoom and the fake Marketo. Program 1001 is connected to
//! webinar 9001 by an active service. Tests number Marketo's leads from 1.

use crate::mapping::{FieldPairs, MappedRegistrant, Mapping, RegistrationForm};
use crate::state::AppState;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use domain::Sensitive;
use domain::records::{ProgramKey, ServiceKey};
use fakes::marketo::Marketo;
use fakes::marketo::campaign::{Campaign, Chunk, FlowStep, RunId};
use fakes::mounted::{APP_HOST, APP_URL, MountedFakes, OAUTH_HOST, token_router};
use fakes::zoom::{ACCOUNT, ADMIN, NewWebinar, Zoom};
use http::Request;
use platform::Ports;
use platform::testing::in_memory::InMemoryPorts;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tower::ServiceExt;

pub(super) const PROGRAM: u64 = 1001;
/// The same, with the type of the fake Marketo's ids.
pub(super) const MARKETO_PROGRAM: i64 = 1001;
pub(super) const WEBINAR: u64 = 9001;
pub(super) const KEY: &str = "marketo-key-of-the-tests";

/// Number of leads in Marketo.
const LEADS: u64 = 20;

pub(super) struct Fixture {
    pub(super) memory: InMemoryPorts,
    pub(super) zoom: Zoom,
    pub(super) marketo: Marketo,
    /// Chunks by the names that tests give them. Each is the only chunk of a campaign's run.
    runs: Mutex<Vec<(String, RunId)>>,
    router: Router,
    /// Unmounts the fakes when it is dropped.
    fakes: MountedFakes,
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
        Self::with_webinar(NewWebinar::default()).await
    }

    /// Creates a fixture whose webinar differs from the default.
    pub(super) async fn with_webinar(webinar: NewWebinar) -> Self {
        let fixture = Self::over(InMemoryPorts::ports, webinar).await;
        fixture.add_leads(LEADS);
        fixture
    }

    /// Creates a fixture with a number of leads.
    pub(super) async fn with_leads(last: u64) -> Self {
        let fixture = Self::over(InMemoryPorts::ports, NewWebinar::default()).await;
        fixture.add_leads(last);
        fixture
    }

    /// Creates a fixture without leads whose component uses other ports, for fault injection.
    pub(super) async fn over(ports: impl FnOnce(&InMemoryPorts) -> Ports, webinar: NewWebinar) -> Self {
        let memory = InMemoryPorts::default();
        let ports = ports(&memory);
        let (zoom_options, marketo_options) = (Default::default(), fakes::marketo::Options::in_memory());
        let fakes_ports = Ports { clock: ports.clock.clone(), ..memory.ports() };
        let fakes = MountedFakes::mount_with(&memory, fakes_ports, zoom_options, marketo_options);
        memory.set("marketo_api_key", KEY);
        memory.set("admin_key", "admin-key-of-the-tests");
        let (zoom, marketo) = (fakes.zoom.clone(), fakes.marketo.clone());
        memory.serve(OAUTH_HOST, token_router(&zoom));
        let router = crate::router(ports, Arc::new(PlainMapping));
        let fixture = Self { memory, zoom, marketo, runs: Mutex::default(), router, fakes };
        fixture.serve_events();
        fixture.add_webinar(WEBINAR, webinar);
        fixture.service("active").await;
        fixture.connect("automatic").await;
        fixture
    }

    /// Replaces the component by a new instance. Work after a response that did not run is lost.
    pub(super) fn restart(&mut self, ports: Ports) {
        self.memory.kill_background();
        self.router = crate::router(ports, Arc::new(PlainMapping));
        self.serve_events();
    }

    /// Replaces the component by an instance with another mapping.
    pub(super) fn use_mapping(&mut self, mapping: impl Mapping + 'static) {
        self.router = crate::router(self.memory.ports(), Arc::new(mapping));
        self.serve_events();
    }

    /// Returns a further instance of the component.
    pub(super) fn instance(&self, ports: Ports) -> Router {
        crate::router(ports, Arc::new(PlainMapping))
    }

    /// Returns the first instance of the component.
    pub(super) fn first_instance(&self) -> Router {
        self.router.clone()
    }

    /// Passes Zoom's events on to the component, as attendance does with those about registrants.
    fn serve_events(&self) {
        async fn forward(State(component): State<Router>, body: Bytes) -> Response {
            let request = Request::post("/internal/zoom-events").body(Body::from(body)).unwrap();
            component.oneshot(request).await.unwrap()
        }
        let router = Router::new().route("/zoom/events", post(forward)).with_state(self.router.clone());
        self.memory.serve(APP_HOST, router);
    }

    /// Adds a webinar to Zoom.
    pub(super) fn add_webinar(&self, id: u64, webinar: NewWebinar) {
        let start_time = Some("2026-11-10T10:00:00Z".parse().unwrap());
        let webinar = NewWebinar { id: Some(id), topic: "Topic".to_owned(), start_time, ..webinar };
        self.zoom.add_webinar(webinar).unwrap();
    }

    /// Delivers the events that calls to Zoom caused, and runs what they start.
    pub(super) async fn deliver_events(&self) {
        self.fakes.runtime.run_tasks().await;
        self.memory.run_background().await;
    }

    /// Loses the events that calls to Zoom caused and that are not delivered.
    pub(super) fn drop_events(&self) {
        self.fakes.runtime.drop_tasks();
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
            "v": 1, "id": "svc", "name": "Acme", "account_id": ACCOUNT,
            "admin_user_id": self.zoom.user(ADMIN).unwrap().id, "admin_email": ADMIN,
            "scopes": [], "api_base": self.zoom.api_url(), "users": [], "state": "active",
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
        if self.zoom.webinar(webinar).is_none() {
            self.add_webinar(webinar, NewWebinar::default());
        }
        self.connect_with(webinar, "automatic").await;
    }

    async fn connect_with(&self, webinar: u64, registration: &str) {
        let status = |name: &str, step: i64| json!({"name": name, "step": step});
        let connection = json!({
            "v": 1, "program": PROGRAM, "program_name": "P", "service": "svc",
            "snapshot": {
                "id": webinar, "topic": "Topic", "description": "", "start_time": "2026-11-10T10:00:00Z",
                "duration": 60, "timezone": "UTC", "host_email": ADMIN, "registration": registration,
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
        self.send_as("admin-key-of-the-tests", method, path, body).await
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
        Self::request_to(&self.router, request).await
    }

    /// Sends any request; returns the answer.
    pub(super) async fn answer(&self, request: Request<Body>) -> Response {
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// Sends any request to an instance of the component; returns status and JSON body.
    pub(super) async fn request_to(instance: &Router, request: Request<Body>) -> (u16, Value) {
        let response = instance.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    /// Submits a chunk, and runs its processing after the response.
    pub(super) async fn submit(&self, name: &str, leads: &[Value]) {
        self.accept(name, leads).await;
        self.memory.run_background().await;
    }

    /// Submits a chunk without processing it.
    pub(super) async fn accept(&self, name: &str, leads: &[Value]) {
        let (status, body) = self.send("POST", "/flow-step/submitAsyncAction", &self.chunk(name, leads)).await;
        assert_eq!(status, 201, "{body}");
    }

    /// Returns the body of a chunk that Marketo prepares, with the rows of a test. A name that was used before returns
    /// the same chunk. Leads become members with the status in their row, unless they are members.
    pub(super) fn chunk(&self, name: &str, leads: &[Value]) -> Value {
        let known = self.runs.lock().unwrap().iter().find(|(known, _)| known == name).map(|(_, id)| id.clone());
        let id = known.unwrap_or_else(|| {
            let ids = leads.iter().map(|lead| lead["objectContext"]["id"].as_i64().unwrap());
            let step = FlowStep::new(format!("{APP_URL}/flow-step"), KEY);
            let campaign = Campaign::new(MARKETO_PROGRAM, ids.collect::<Vec<_>>(), step);
            let run = self.marketo.prepare_campaign(campaign).unwrap();
            self.runs.lock().unwrap().push((name.to_owned(), run.id.clone()));
            run.id
        });
        for lead in leads {
            let id = lead["objectContext"]["id"].as_i64().unwrap();
            if let Some(status) = lead["programMemberContext"]["status"].as_str()
                && self.marketo.member(MARKETO_PROGRAM, id).is_none()
            {
                assert!(self.marketo.set_member(MARKETO_PROGRAM, id, status), "{status}");
            }
        }
        let mut chunk = self.marketo.run(&id).unwrap().chunks[0].invocation.clone();
        chunk["objectData"] = json!(leads);
        chunk
    }

    /// Returns a chunk as Marketo sees it.
    pub(super) fn submitted(&self, name: &str) -> Chunk {
        let runs = self.runs.lock().unwrap();
        let (_, id) = runs.iter().find(|(known, _)| known == name).expect("a chunk of this name");
        self.marketo.run(id).unwrap().chunks.remove(0)
    }

    /// Returns the chunks whose callback Marketo accepted, in the order of their submission.
    pub(super) fn called_back(&self) -> Vec<Chunk> {
        let runs = self.runs.lock().unwrap();
        let chunks = runs.iter().flat_map(|(_, id)| self.marketo.run(id).unwrap().chunks);
        chunks.filter(|chunk| chunk.callback.is_some()).collect()
    }

    /// Runs the tick; returns the number of processed items.
    pub(super) async fn tick(&self) -> u64 {
        let deadline = self.memory.ports().clock.now() + domain::time::SignedDuration::from_secs(25);
        let (status, body) = self.send("POST", "/internal/tick", &json!({ "deadline": deadline })).await;
        assert_eq!(status, 200, "{body}");
        body["worked"].as_u64().unwrap()
    }

    /// Returns activity data and join link of a lead in the callback of its last chunk.
    pub(super) fn outcome(&self, number: u64) -> (Value, Value) {
        let chunks = self.called_back();
        let chunk = chunks.last().expect("a callback");
        assert_eq!(chunk.violations, [] as [String; 0]);
        let rows = chunk.callback.as_ref().unwrap().body["objectData"].as_array().unwrap();
        let row = rows.iter().find(|row| row["leadData"]["id"] == lead_id(number)).unwrap();
        (row["activityData"].clone(), row["leadData"]["joinUrl"].clone())
    }
}

/// Returns a lead of a chunk, with the status Registered.
pub(super) fn lead(number: u64) -> Value {
    json!({
        "objectType": "lead",
        "objectContext": {
            "id": lead_id(number), "email": email(number), "firstName": format!("F{number}"),
            "lastName": format!("L{number}"), "company": "C",
        },
        "flowStepContext": {"webinar": "program"},
        "programMemberContext": {"status": "Registered"},
    })
}

pub(super) fn email(number: u64) -> String {
    format!("lead{number}@example.com")
}

/// Returns Marketo's id of a lead.
pub(super) fn lead_id(number: u64) -> u64 {
    500_000 + number
}
