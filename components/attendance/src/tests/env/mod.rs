//! The test environment: the router under test, the fakes, and requests of the admin, the scheduler and Zoom.

mod components;
mod marketo;
mod zoom;

pub(crate) use components::FakeComponents;
pub(crate) use marketo::FakeMarketo;
pub(crate) use zoom::{FakeZoom, registrant, row, stay};

use axum::Router;
use axum::body::{Body, to_bytes};
use domain::records::{
    AddCalls, Attendance, AttendanceKey, Lease, ProgramConnection, ProgramKey, Record, Registration, RegistrationKey,
    RegistrationOutcome, Service, ServiceKey, ServiceState, WorkerKey,
};
use domain::status::{Channel, ProgressionStatus};
use domain::time::{SignedDuration, Timestamp, UtcDay};
use domain::webinar::{RegistrationMode, Snapshot};
use domain::{Email, ErrorCode, Problem, ProgramId};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderValue, Request};
use platform::Ports;
use platform::testing::in_memory::InMemoryPorts;
use serde_json::{Value, json};
use sha2::Sha256;
use std::sync::{Arc, Mutex, MutexGuard};
use tower::ServiceExt;

/// The program that is connected from the start.
pub(crate) const PROGRAM: u64 = 1001;

/// The webinar that it is connected to.
pub(crate) const WEBINAR: u64 = 9;

/// The environment of one test.
pub(crate) struct TestEnv {
    pub(crate) memory: InMemoryPorts,
    zoom: Arc<Mutex<FakeZoom>>,
    marketo: Arc<Mutex<FakeMarketo>>,
    components: Arc<Mutex<FakeComponents>>,
    router: Router,
}

impl TestEnv {
    /// Returns an environment with a program that is connected to a webinar with registration, planned from now for an
    /// hour.
    pub(crate) async fn new() -> Self {
        Self::over(InMemoryPorts::ports).await
    }

    /// Returns the same over other ports.
    pub(crate) async fn over(ports: impl FnOnce(&InMemoryPorts) -> Ports) -> Self {
        let memory = InMemoryPorts::default();
        for (name, value) in [
            ("admin_key", "admin"),
            ("cron_key", "cron"),
            ("zoom_webhook_secret", "hook"),
            ("marketo_url", "http://marketo.test"),
            ("marketo_client_id", "id"),
            ("marketo_client_secret", "secret"),
            ("public_url", "http://app.test"),
        ] {
            memory.set(name, value);
        }
        let zoom: Arc<Mutex<FakeZoom>> = Arc::default();
        let marketo: Arc<Mutex<FakeMarketo>> = Arc::default();
        let components: Arc<Mutex<FakeComponents>> = Arc::default();
        memory.serve("zoom.test", zoom::router(zoom.clone()));
        memory.serve("marketo.test", marketo::router(marketo.clone()));
        for host in ["oauth.spin.internal", "catalog.spin.internal", "registration.spin.internal"] {
            memory.serve(host, components::router(host, components.clone()));
        }
        let router = crate::router(ports(&memory));
        memory.serve("attendance.spin.internal", router.clone());
        let env = Self { memory, zoom, marketo, components, router };
        env.set_service(ServiceState::Active, None).await;
        env.connect(PROGRAM, WEBINAR).await;
        env
    }

    /// Starts a new process after a crash.
    pub(crate) fn restart(&mut self, ports: Ports) {
        self.memory.kill_background();
        self.router = crate::router(ports);
        self.memory.serve("attendance.spin.internal", self.router.clone());
    }

    pub(crate) fn router(&self) -> Router {
        self.router.clone()
    }

    pub(crate) fn ports(&self) -> Ports {
        self.memory.ports()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ports().clock.now()
    }

    pub(crate) fn advance(&self, minutes: i64) {
        self.memory.advance(SignedDuration::from_mins(minutes));
    }

    pub(crate) fn zoom(&self) -> MutexGuard<'_, FakeZoom> {
        self.zoom.lock().unwrap()
    }

    pub(crate) fn marketo(&self) -> MutexGuard<'_, FakeMarketo> {
        self.marketo.lock().unwrap()
    }

    pub(crate) fn components(&self) -> MutexGuard<'_, FakeComponents> {
        self.components.lock().unwrap()
    }

    /// Returns the status of `{name}@x.test` in the program; empty if it is not a member.
    pub(crate) fn status(&self, name: &str) -> String {
        self.status_in(PROGRAM, name)
    }

    pub(crate) fn status_in(&self, program: u64, name: &str) -> String {
        self.marketo().status_in(program, name)
    }

    /// Returns the leads with an address.
    pub(crate) fn leads(&self, email: &str) -> Vec<u64> {
        self.marketo().with_email(email)
    }

    /// Returns how often Zoom was called on a path that contains a text.
    pub(crate) fn zoom_calls(&self, part: &str) -> usize {
        self.zoom().calls.iter().filter(|path| path.contains(part)).count()
    }

    /// Returns the bodies that another component received at a path.
    pub(crate) fn requests_to(&self, component: &str, path: &str) -> Vec<Value> {
        let components = self.components();
        let heard = components.requests.iter().filter(|(to, at, _)| *to == component && at == path);
        heard.map(|(_, _, body)| body.clone()).collect()
    }

    /// Connects a program to a webinar that is planned from now for an hour, as `catalog` does.
    pub(crate) async fn connect(&self, program: u64, webinar: u64) {
        let statuses = [("Invited", 10), ("Registered", 20), ("No Show", 30), ("Attended", 40)];
        let statuses = statuses.map(|(name, step)| ProgressionStatus { name: name.into(), step });
        let now = self.now();
        let connection = ProgramConnection {
            v: ProgramConnection::VERSION,
            program: program.into(),
            program_name: "Program".into(),
            service: "s1".into(),
            account_id: Some("acc".into()),
            snapshot: Snapshot {
                id: webinar.into(),
                topic: "Topic".into(),
                description: String::new(),
                start_time: now,
                duration: 60,
                timezone: "UTC".into(),
                host_email: Email::parse("host@x.test"),
                registration: RegistrationMode::Automatic,
                join_url: None,
            },
            channel: Channel { name: "Webinar".into(), statuses: statuses.into() },
            connected_at: now,
            refreshed_at: now,
            problem: None,
            previous_starts: Vec::new(),
            my_tokens_stale: false,
            member_fields: Default::default(),
            // No Show is set in the first run, if nothing else delays it.
            no_show_after_minutes: 0,
        };
        let ports = self.ports();
        ports.connections().add(&connection).await.unwrap();
    }

    pub(crate) async fn change_connection(&self, change: impl FnOnce(&mut ProgramConnection)) {
        let (ports, key) = (self.ports(), ProgramKey { id: PROGRAM.into() });
        let mut connection = ports.store().get(&key).await.unwrap().unwrap();
        change(&mut connection);
        ports.store().put(&key, &connection).await.unwrap();
    }

    /// Adds the ledger entry of a program that registered an address, as `registration` does.
    pub(crate) async fn add_ledger_entry(&self, email: &str, program: u64, lead: u64) {
        let now = self.now();
        let key = RegistrationKey { webinar: WEBINAR.into(), email: Email::parse(email).unwrap().hash() };
        let outcome = RegistrationOutcome::Pending { registrant: "r".into() };
        let adds = AddCalls { day: UtcDay::of(now), count: 1 };
        let (program, lead) = (program.into(), lead.into());
        let entry = Registration { v: Registration::VERSION, program, lead, at: now, outcome, adds };
        self.ports().store().put(&key, &entry).await.unwrap();
    }

    /// Writes the service, as `oauth` does. A problem is about the program.
    pub(crate) async fn set_service(&self, state: ServiceState, problem: Option<ErrorCode>) {
        let service = Service {
            v: Service::VERSION,
            id: "s1".into(),
            name: "Main".into(),
            account_id: "acc".into(),
            admin_user_id: "u1".into(),
            admin_email: Email::parse("host@x.test").unwrap(),
            scopes: Vec::new(),
            api_base: "http://zoom.test".into(),
            users: Vec::new(),
            state,
            created_at: self.now(),
            problem_program: problem.map(|_| PROGRAM.into()),
            problem: problem.map(Problem::of),
        };
        self.ports().store().put(&ServiceKey { id: "s1".into() }, &service).await.unwrap();
    }

    /// Writes a lease of another worker that expires after some seconds.
    pub(crate) async fn set_lease(&self, seconds: i64) {
        let lease = Lease { v: Lease::VERSION, by: 7, until: self.now() + SignedDuration::from_secs(seconds) };
        self.ports().store().put(&WorkerKey {}, &lease).await.unwrap();
    }

    /// Returns the program's attendance record.
    pub(crate) async fn record(&self) -> Option<Attendance> {
        self.ports().store().get(&AttendanceKey { program: ProgramId::from(PROGRAM) }).await.unwrap()
    }

    /// Lets the planned hour pass and adds its session to the fake Zoom.
    pub(crate) fn end_webinar(&self) {
        self.advance(60);
        let start = self.now() - SignedDuration::from_mins(60);
        self.zoom().instances.push(json!({"uuid": "/run==", "start_time": start.to_string()}));
    }

    /// Moves the webinar in Zoom and in the connection, as `catalog` does after Zoom's event.
    pub(crate) async fn move_to(&self, start: Timestamp) {
        self.zoom().plan(start);
        let now = self.now();
        self.change_connection(|connection| {
            let snapshot = Snapshot { start_time: start, ..connection.snapshot.clone() };
            connection.update_snapshot(snapshot, now);
        })
        .await;
    }

    /// Sets the connection's delay of No Show.
    pub(crate) async fn set_no_show_after(&self, minutes: u32) {
        self.change_connection(|connection| connection.no_show_after_minutes = minutes).await;
    }

    /// Sends an event about a session that started or ended.
    pub(crate) async fn session_event(&self, event: &str, uuid: &str, at: Timestamp) {
        let time = if event == "webinar.started" { "start_time" } else { "end_time" };
        let object = json!({"id": WEBINAR.to_string(), "uuid": uuid, time: at.to_string()});
        assert_eq!(self.event(&json!({"event": event, "payload": {"object": object}})).await.0, 200);
        self.memory.run_background().await;
    }

    /// Ticks once a minute for some time.
    pub(crate) async fn tick_for(&self, minutes: i64) {
        for _ in 0..minutes {
            self.advance(1);
            self.tick().await;
            self.memory.run_background().await;
        }
    }

    /// Returns when a person was in the webinar.
    pub(crate) async fn trace(&self, email: &str) -> Value {
        let body = json!({"program_id": PROGRAM.to_string(), "email": email}).to_string();
        let mut headers = bearer("admin");
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.call("POST", "/attendance/trace", headers, Body::from(body)).await.1
    }

    /// Returns the program's attendance.
    pub(crate) async fn view(&self) -> Value {
        self.attendance_of(PROGRAM).await
    }

    /// Returns a program's attendance.
    pub(crate) async fn attendance_of(&self, program: u64) -> Value {
        let (status, body) = self.admin("GET", &format!("/attendance/programs/{program}")).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    /// Requests a sync.
    pub(crate) async fn sync(&self) -> Value {
        let (status, body) = self.admin("POST", &format!("/attendance/programs/{PROGRAM}/sync")).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    /// Sends the event that the webinar ended, regardless of the answer.
    pub(crate) async fn send_ended_event_ignoring_answer(&self) {
        let ended = json!({"event": "webinar.ended", "payload": {"object": {"id": WEBINAR.to_string()}}});
        self.event(&ended).await;
    }

    /// Sends a tick, regardless of the answer.
    pub(crate) async fn tick_ignoring_answer(&self) {
        self.call("POST", "/attendance/tick", bearer("cron"), Body::empty()).await;
    }

    /// Sends a tick and returns the answer.
    pub(crate) async fn tick(&self) -> Value {
        let (status, body) = self.call("POST", "/attendance/tick", bearer("cron"), Body::empty()).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    pub(crate) async fn admin(&self, method: &str, path: &str) -> (u16, Value) {
        self.call(method, path, bearer("admin"), Body::empty()).await
    }

    /// Sends the event that the webinar ended. Background tasks do not run yet.
    pub(crate) async fn send_ended_event(&self) {
        let ended = json!({"event": "webinar.ended", "payload": {"object": {"id": WEBINAR.to_string()}}});
        assert_eq!(self.event(&ended).await.0, 200);
    }

    /// Sends an event with Zoom's signature.
    pub(crate) async fn event(&self, body: &Value) -> (u16, Value) {
        self.signed(body.to_string().into_bytes()).await
    }

    /// Sends a body with Zoom's signature.
    pub(crate) async fn signed(&self, body: Vec<u8>) -> (u16, Value) {
        let timestamp = self.now().as_second().to_string();
        let mut mac = Hmac::<Sha256>::new_from_slice(b"hook").unwrap();
        mac.update(format!("v0:{timestamp}:").as_bytes());
        mac.update(&body);
        let signature = const_hex::encode(mac.finalize().into_bytes());
        let mut headers = HeaderMap::new();
        headers.insert("x-zm-request-timestamp", timestamp.parse().unwrap());
        headers.insert("x-zm-signature", format!("v0={signature}").parse().unwrap());
        self.call("POST", "/zoom/events", headers, Body::from(body)).await
    }

    pub(crate) async fn call(&self, method: &str, path: &str, headers: HeaderMap, body: Body) -> (u16, Value) {
        let mut request = Request::builder().method(method).uri(path).body(body).unwrap();
        request.headers_mut().extend(headers);
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }
}

pub(crate) fn bearer(key: &str) -> HeaderMap {
    HeaderMap::from_iter([(http::header::AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {key}")).unwrap())])
}

/// Returns the phase, attended, no show and new leads.
pub(crate) fn summary(view: &Value) -> (String, u64, u64, u64) {
    let number = |name: &str| view[name].as_u64().unwrap();
    (view["phase"].as_str().unwrap().to_owned(), number("attended"), number("no_show"), number("new_leads"))
}

/// Returns the code of a view's problem.
pub(crate) fn problem(view: &Value) -> &str {
    view["problem"]["code"].as_str().unwrap_or("none")
}
