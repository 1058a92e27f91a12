//! People, sessions and outages at the fake Zoom.

use super::{HOST, TestEnv, WEBINAR};
use bytes::Bytes;
use domain::time::{SignedDuration, Timestamp};
use fakes::support::{Effect, Fault};
use fakes::zoom::{ADMIN, Attendance, HeldSession, Joining, NewRegistrant, NewWebinar, Person, ReportTiming};
use http::Request;
use serde_json::{Value, json};

/// The reports of sessions.
pub(crate) const REPORTS: &str = "/v2/report/webinars/*/participants";

/// The absentees of sessions.
pub(crate) const ABSENTEES: &str = "/v2/past_webinars/*/absentees";

/// How long the people of a session are in it, unless a test says otherwise, in seconds.
const USUAL_STAY: i64 = 600;

/// Returns the address of the person with a name.
pub(crate) fn address(name: &str) -> String {
    format!("{name}@x.test")
}

/// Returns a person: the host, a caller by phone, a visitor by address, or a registrant by name.
fn person(name: &str) -> Person {
    match name {
        "host" => Person::User(HOST.to_owned()),
        phone if phone.starts_with('+') => Person::DialIn(phone.to_owned()),
        email if email.contains('@') => Person::Visitor(email.to_owned()),
        name => Person::Registrant(address(name)),
    }
}

/// Returns a stay of a person between two minutes of the session.
pub(crate) fn stay(name: &str, from: i64, to: i64) -> Attendance {
    Attendance::during(person(name), 60 * from, 60 * (to - from))
}

/// Returns stays of people from the beginning to the end of the session.
pub(crate) fn throughout(people: &[&str]) -> Vec<Attendance> {
    people.iter().map(|name| Attendance::throughout(person(name))).collect()
}

impl TestEnv {
    /// Adds a webinar of the host, planned from now for an hour unless another start is given.
    pub(crate) fn add_webinar(&self, id: u64, webinar: NewWebinar) {
        let start_time = webinar.start_time.or(Some(self.now()));
        let webinar = NewWebinar { id: Some(id), host: HOST.to_owned(), topic: "Topic".to_owned(), ..webinar };
        self.zoom.add_webinar(NewWebinar { start_time, ..webinar }).unwrap();
    }

    /// Sets the planned time in Zoom. The connection has it from the next event or refresh of `catalog`.
    pub(crate) fn plan(&self, start: Timestamp, minutes: u32) {
        self.zoom.set_plan(WEBINAR, start, minutes).unwrap();
    }

    /// Registers people by name on Zoom's page.
    pub(crate) async fn register(&self, names: &[&str]) {
        for name in names {
            self.register_as(name, &address(name)).await;
        }
    }

    /// Registers a person with an address on Zoom's page. Returns the registrant's id.
    pub(crate) async fn register_as(&self, name: &str, email: &str) -> String {
        let details = [("org", "Org"), ("phone", "+1 555")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let registrant = NewRegistrant {
            email: email.to_owned(),
            first_name: name.to_uppercase(),
            last_name: "Last".to_owned(),
            details: details.into(),
            ..NewRegistrant::default()
        };
        self.zoom.register_on_zoom(WEBINAR, registrant).await.unwrap().id
    }

    /// Returns the registrant id of a person; none if they are not registered.
    pub(crate) fn registrant_id(&self, name: &str) -> Option<String> {
        let webinar = self.zoom.webinar(WEBINAR)?;
        webinar.registrant(&address(name)).map(|registrant| registrant.id.clone())
    }

    /// Returns a registrant as Zoom lists them.
    pub(crate) fn listed(&self, name: &str) -> Value {
        json!({"id": self.registrant_id(name), "email": address(name)})
    }

    /// Approves, denies or cancels a registration.
    pub(crate) async fn set_registration(&self, name: &str, action: &str) {
        self.zoom.set_registration(WEBINAR, &address(name), action).await.unwrap();
    }

    /// Lets a person join the running session.
    pub(crate) async fn join(&self, name: &str) {
        self.zoom.join(WEBINAR, Joining { person: person(name), waiting_room: false }).await.unwrap();
    }

    /// Lets the planned hour pass. People are in it for the first ten minutes.
    pub(crate) async fn end_webinar(&self, people: &[&str]) {
        let usual = people.iter().map(|name| Attendance::during(person(name), 0, USUAL_STAY));
        self.end_webinar_with(usual.collect()).await;
    }

    /// Lets the planned hour pass, with a session that has these stays.
    pub(crate) async fn end_webinar_with(&self, attendance: Vec<Attendance>) {
        self.advance(60);
        let start = self.now() - SignedDuration::from_mins(60);
        self.hold_with(start, 60, attendance).await;
    }

    /// Adds a session between two moments, in which people were all the time. Returns its UUID.
    pub(crate) async fn hold(&self, from: Timestamp, to: Timestamp, people: &[&str]) -> String {
        self.hold_with(from, to.duration_since(from).as_mins(), throughout(people)).await
    }

    /// Adds a session with these stays. Returns its UUID.
    pub(crate) async fn hold_with(&self, start: Timestamp, minutes: i64, attendance: Vec<Attendance>) -> String {
        let past = HeldSession { start_time: Some(start), minutes, attendance };
        self.zoom.hold_webinar(WEBINAR, past).await.unwrap().uuid
    }

    /// Starts a session. Returns its UUID.
    pub(crate) async fn start_session(&self) -> String {
        self.zoom.start_webinar(WEBINAR).await.unwrap().uuid
    }

    /// Ends the running session, and runs the work that the event causes.
    pub(crate) async fn end_session(&self) {
        self.zoom.end_webinar(WEBINAR).await.unwrap();
        self.memory.run_background().await;
    }

    /// Sets how Zoom's reports develop.
    pub(crate) fn set_report_timing(&self, timing: ReportTiming) {
        self.zoom.set_report_timing(timing);
    }

    /// Grants the app all scopes except some.
    pub(crate) fn remove_scopes(&self, removed: &[&str]) {
        self.zoom.access_token(ADMIN).unwrap();
        let scopes = fakes::zoom::SCOPES.iter().chain(&fakes::zoom::REPORT_SCOPES);
        let left: Vec<_> = scopes.filter(|scope| !removed.contains(scope)).map(ToString::to_string).collect();
        self.zoom.change_scopes(ADMIN, &left).unwrap();
    }

    /// Lets Zoom answer reads of a path with a status and a body, until [`TestEnv::restore_zoom`].
    pub(crate) fn fail_zoom(&self, path: &str, status: u16, body: Value) {
        let effect = Effect::Status { status, body, headers: Default::default() };
        self.zoom.faults().add(Fault::always("GET", path, effect));
    }

    /// Lets Zoom lack a list, as one that is not ready or is gone.
    pub(crate) fn lose_list(&self, path: &str) {
        self.fail_zoom(path, 404, json!({"code": 3001, "message": "Webinar has expired."}));
    }

    /// Ends the outages of Zoom.
    pub(crate) fn restore_zoom(&self) {
        self.zoom.faults().clear();
    }

    /// Returns a list with a change of its present rows, as an answer of one page.
    async fn changed_list(&self, path: &str, change: impl FnOnce(&mut Vec<Value>)) -> Value {
        let list = if path.contains("/participants") { "participants" } else { "registrants" };
        let mut rows = Vec::new();
        let mut token = String::new();
        loop {
            let page = self.read(&format!("{path}&page_size=300&next_page_token={token}")).await;
            rows.extend(page[list].as_array().unwrap().iter().cloned());
            token = page["next_page_token"].as_str().unwrap().to_owned();
            if token.is_empty() {
                break;
            }
        }
        change(&mut rows);
        json!({"page_size": 300, "total_records": rows.len(), "next_page_token": "", list: rows})
    }

    /// Changes the rows of the last session's report, until [`TestEnv::restore_zoom`].
    pub(crate) async fn change_report(&self, change: impl FnOnce(&mut Vec<Value>)) {
        let path = format!("/v2/report/webinars/{WEBINAR}/participants?include_fields=registrant_id");
        self.fail_zoom(REPORTS, 200, self.changed_list(&path, change).await);
    }

    /// Changes the absentees of the last session, until [`TestEnv::restore_zoom`].
    pub(crate) async fn change_absentees(&self, change: impl FnOnce(&mut Vec<Value>)) {
        let path = format!("/v2/past_webinars/{WEBINAR}/absentees?from=test");
        self.fail_zoom(ABSENTEES, 200, self.changed_list(&path, change).await);
    }

    /// Changes the approved registrants, which Zoom is asked for before the denied ones, once.
    pub(crate) async fn change_registrants(&self, change: impl FnOnce(&mut Vec<Value>)) {
        let path = format!("/v2/webinars/{WEBINAR}/registrants?status=approved");
        let body = self.changed_list(&path, change).await;
        let effect = Effect::Status { status: 200, body, headers: Default::default() };
        self.zoom.faults().add(Fault::once("GET", "/v2/webinars/*/registrants", effect));
    }

    async fn read(&self, path: &str) -> Value {
        let (token, _) = self.zoom.access_token(ADMIN).unwrap();
        let request = Request::get(format!("{}{path}", self.zoom.url()))
            .header("authorization", format!("Bearer {token}"))
            .body(Bytes::new());
        let response = self.ports().http.send(request.unwrap()).await.unwrap();
        assert_eq!(response.status(), 200, "{path}: {:?}", response.body());
        serde_json::from_slice(response.body()).unwrap()
    }

    /// Returns how often Zoom's API was called on a path that contains a text. UUIDs are decoded.
    pub(crate) fn zoom_calls(&self, part: &str) -> usize {
        let entries = self.zoom.log().entries();
        let paths = entries.iter().map(|entry| decoded(&entry.path));
        paths.filter(|path| path.starts_with("/v2/") && path.contains(part)).count()
    }
}

/// Decodes a path with a UUID that was encoded once or twice.
fn decoded(path: &str) -> String {
    let codes = [("%25", "%"), ("%2F", "/"), ("%2B", "+"), ("%3D", "=")];
    codes.iter().fold(path.to_owned(), |path, (code, character)| path.replace(code, character))
}
