//! The test environment: the router under test, the fakes, and requests of the admin, the scheduler and Zoom.
//!
//! | module | contents |
//! |---|---|
//! | [`zoom`] | people, sessions and outages at the fake Zoom |
//! | [`marketo`] | leads, members and outages at the fake Marketo |
//! | [`records`] | records of other components |
//! | [`components`] | fakes of the other components |

mod components;
mod marketo;
mod records;
mod zoom;

pub(crate) use components::FakeComponents;
pub(crate) use zoom::{ABSENTEES, REPORTS, address, stay, throughout};

use axum::Router;
use axum::body::{Body, to_bytes};
use domain::records::ServiceState;
use domain::time::{SignedDuration, Timestamp};
use fakes::marketo::Marketo;
use fakes::mounted::{APP_HOST, MountedFakes, OAUTH_HOST};
use fakes::zoom::{NewUser, NewWebinar, Zoom};
use http::{HeaderMap, HeaderValue, Request};
use platform::Ports;
use platform::testing::in_memory::InMemoryPorts;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard};
use tower::ServiceExt;

/// The program that is connected from the start.
pub(crate) const PROGRAM: u64 = 1001;

/// The webinar that it is connected to.
pub(crate) const WEBINAR: u64 = 9;

/// Another webinar.
pub(crate) const OTHER_WEBINAR: u64 = 10;

/// The host of the webinar.
pub(crate) const HOST: &str = "host@x.test";

/// Options of an environment.
pub(crate) struct EnvOptions {
    /// The page size of both fakes.
    pub(crate) page_size: usize,
}

/// Small pages, so that a few people take several.
impl Default for EnvOptions {
    fn default() -> Self {
        Self { page_size: 2 }
    }
}

/// The number of members of a program above which Marketo does not list them.
pub(crate) const MEMBER_LIST_LIMIT: usize = 300;

/// The host at which the component calls itself.
const OWN_HOST: &str = "attendance.spin.internal";

/// The hosts of the other components.
const COMPONENT_HOSTS: [&str; 3] = [OAUTH_HOST, "catalog.spin.internal", "registration.spin.internal"];

/// The environment of one test.
pub(crate) struct TestEnv {
    pub(crate) memory: InMemoryPorts,
    pub(crate) zoom: Zoom,
    pub(crate) marketo: Marketo,
    components: Arc<Mutex<FakeComponents>>,
    router: Router,
    /// Whether Zoom's events reach the component.
    receives_events: bool,
    /// Unmounts the fakes when it is dropped.
    _fakes: MountedFakes,
}

/// Unmounts the routers. They hold the ports that hold them, so they would never be freed.
impl Drop for TestEnv {
    fn drop(&mut self) {
        for host in COMPONENT_HOSTS.iter().chain(&[OWN_HOST]) {
            self.memory.serve(host, Router::new());
        }
        self.memory.kill_background();
    }
}

impl TestEnv {
    /// Returns an environment with a program that is connected to a webinar with registration, planned from now for an
    /// hour. Zoom's events are lost.
    pub(crate) async fn new() -> Self {
        Self::with_webinar(NewWebinar::default()).await
    }

    /// Returns the same with another webinar.
    pub(crate) async fn with_webinar(webinar: NewWebinar) -> Self {
        Self::over(InMemoryPorts::ports, webinar, EnvOptions::default()).await
    }

    /// Returns the same over other ports and with other options.
    pub(crate) async fn over(
        ports: impl FnOnce(&InMemoryPorts) -> Ports,
        webinar: NewWebinar,
        EnvOptions { page_size }: EnvOptions,
    ) -> Self {
        let memory = InMemoryPorts::default();
        let ports = ports(&memory);
        let fakes_ports = Ports { clock: ports.clock.clone(), ..memory.ports() };
        let events = ["started", "ended", "updated", "registration_approved", "participant_joined"]
            .map(|name| format!("webinar.{name}"));
        let zoom_options =
            fakes::zoom::Options { events: events.into(), max_page_size: page_size, ..Default::default() };
        let marketo_options = fakes::marketo::Options {
            max_page_size: page_size,
            member_list_limit: MEMBER_LIST_LIMIT,
            ..fakes::marketo::Options::in_memory()
        };
        let fakes = MountedFakes::mount_with(&memory, fakes_ports, zoom_options, marketo_options);
        for (name, value) in [("admin_key", "admin-key-of-the-tests"), ("cron_key", "cron-key-of-the-tests")] {
            memory.set(name, value);
        }
        let (zoom, marketo) = (fakes.zoom.clone(), fakes.marketo.clone());
        let components = Arc::new(Mutex::new(FakeComponents::new(&zoom)));
        for host in COMPONENT_HOSTS {
            memory.serve(host, components::router(host, components.clone()));
        }
        let router = crate::router(ports);
        memory.serve(OWN_HOST, router.clone());
        let env = Self { memory, zoom, marketo, components, router, receives_events: false, _fakes: fakes };
        env.zoom.add_user(NewUser::named(HOST)).unwrap();
        // Zoom's third UUID begins with a slash: that of the first session of the webinar.
        env.add_webinar(OTHER_WEBINAR, NewWebinar::default());
        env.add_webinar(WEBINAR, webinar);
        marketo::set_up(&env.marketo, env.now());
        env.set_service(ServiceState::Active, None).await;
        env.connect(PROGRAM, WEBINAR).await;
        env
    }

    /// Starts a new process after a crash.
    pub(crate) fn restart(&mut self, ports: Ports) {
        self.memory.kill_background();
        self.router = crate::router(ports);
        self.memory.serve(OWN_HOST, self.router.clone());
        self.serve_events(self.receives_events);
    }

    /// Lets Zoom's events reach the component from now on, or lets them be lost.
    pub(crate) fn receive_events(&mut self, receives_events: bool) {
        self.receives_events = receives_events;
        self.serve_events(receives_events);
    }

    fn serve_events(&self, is_served: bool) {
        self.memory.serve(APP_HOST, if is_served { self.router.clone() } else { Router::new() });
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

    pub(crate) fn components(&self) -> MutexGuard<'_, FakeComponents> {
        self.components.lock().unwrap()
    }

    /// Returns the bodies that another component received at a path.
    pub(crate) fn requests_to(&self, component: &str, path: &str) -> Vec<Value> {
        let components = self.components();
        let heard = components.requests.iter().filter(|(to, at, _)| *to == component && at == path);
        heard.map(|(_, _, body)| body.clone()).collect()
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
        let mut headers = bearer("admin-key-of-the-tests");
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

    /// Sends a tick, regardless of the answer.
    pub(crate) async fn tick_ignoring_answer(&self) {
        self.call("POST", "/attendance/tick", bearer("cron-key-of-the-tests"), Body::empty()).await;
    }

    /// Sends a tick and returns the answer.
    pub(crate) async fn tick(&self) -> Value {
        let (status, body) =
            self.call("POST", "/attendance/tick", bearer("cron-key-of-the-tests"), Body::empty()).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    pub(crate) async fn admin(&self, method: &str, path: &str) -> (u16, Value) {
        self.call(method, path, bearer("admin-key-of-the-tests"), Body::empty()).await
    }

    /// Lets Zoom send the event again that the last session ended. Background tasks do not run yet.
    pub(crate) async fn send_ended_event(&self) {
        assert_eq!(self.send_ended_event_ignoring_answer().await, Some(200));
    }

    /// Sends the same event, regardless of the answer. Returns its status.
    pub(crate) async fn send_ended_event_ignoring_answer(&self) -> Option<u16> {
        let ended = self.zoom.deliveries().into_iter().rfind(|delivery| delivery.event == "webinar.ended").unwrap();
        self.serve_events(true);
        let delivery = self.zoom.resend(ended.seq).await.unwrap();
        self.serve_events(self.receives_events);
        delivery.status
    }

    /// Sends an event that Zoom's fake would not send, with Zoom's signature.
    pub(crate) async fn event(&self, body: &Value) -> (u16, Value) {
        self.signed(body.to_string().into_bytes()).await
    }

    /// Sends a body with Zoom's signature.
    pub(crate) async fn signed(&self, body: Vec<u8>) -> (u16, Value) {
        self.signed_to(self.router(), body).await
    }

    /// Sends a body with Zoom's signature to an instance.
    pub(crate) async fn signed_to(&self, router: Router, body: Vec<u8>) -> (u16, Value) {
        let (timestamp, signature) = self.zoom.sign(&body);
        let mut headers = HeaderMap::new();
        headers.insert("x-zm-request-timestamp", timestamp.parse().unwrap());
        headers.insert("x-zm-signature", signature.parse().unwrap());
        Self::call_to(router, "POST", "/zoom/events", headers, Body::from(body)).await
    }

    pub(crate) async fn call(&self, method: &str, path: &str, headers: HeaderMap, body: Body) -> (u16, Value) {
        Self::call_to(self.router(), method, path, headers, body).await
    }

    async fn call_to(router: Router, method: &str, path: &str, headers: HeaderMap, body: Body) -> (u16, Value) {
        let mut request = Request::builder().method(method).uri(path).body(body).unwrap();
        request.headers_mut().extend(headers);
        let response = router.oneshot(request).await.unwrap();
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
