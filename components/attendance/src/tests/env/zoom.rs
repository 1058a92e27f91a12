//! A fake Zoom.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use domain::time::Timestamp;
use http::StatusCode;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

type Shared = Arc<Mutex<FakeZoom>>;

/// The page size; small, so that a few people take several pages.
const PAGE: usize = 2;

/// The state of the one webinar, and the faults.
pub(crate) struct FakeZoom {
    /// The webinar; `None` if it was deleted.
    pub(crate) webinar: Option<Value>,
    /// The panelists' addresses; `None` if the scope is missing.
    pub(crate) panelists: Option<Vec<&'static str>>,
    /// The reports by session; the others are those of `rows`.
    pub(crate) reports: HashMap<String, Option<Vec<Value>>>,
    /// The ids of registrants who are absent, by session; the others are those of `absentees`.
    pub(crate) absent: HashMap<String, Option<Vec<Value>>>,
    /// The registrants whose registration was cancelled or denied.
    pub(crate) denied: Vec<Value>,
    /// The sessions that are over.
    pub(crate) instances: Vec<Value>,
    /// The rows of the report; `None` if there is no report.
    pub(crate) rows: Option<Vec<Value>>,
    /// The approved registrants; `None` if there is no list.
    pub(crate) registrants: Option<Vec<Value>>,
    /// The absentees; `None` if there is no list.
    pub(crate) absentees: Option<Vec<Value>>,
    /// The rows that appear after the report's first page was fetched.
    pub(crate) growth: Vec<Value>,
    /// The error of the report.
    pub(crate) report_error: Option<(u16, Value)>,
    /// The error of all requests.
    pub(crate) error: Option<(u16, Value)>,
    /// The paths of all requests.
    pub(crate) calls: Vec<String>,
}

impl Default for FakeZoom {
    fn default() -> Self {
        Self {
            webinar: None,
            panelists: Some(Vec::new()),
            reports: HashMap::new(),
            absent: HashMap::new(),
            denied: Vec::new(),
            instances: Vec::new(),
            rows: None,
            registrants: Some(Vec::new()),
            absentees: Some(Vec::new()),
            growth: Vec::new(),
            report_error: None,
            error: None,
            calls: Vec::new(),
        }
    }
}

/// Returns the registrant `{id}@x.test`.
pub(crate) fn registrant(id: &str) -> Value {
    json!({"id": id, "email": format!("{id}@x.test"), "first_name": id.to_uppercase(), "last_name": "Last",
        "org": "Org", "phone": "+1 555"})
}

/// Returns a row of ten minutes, with some fields changed.
pub(crate) fn row(changes: Value) -> Value {
    let mut row = json!({"id": "", "user_id": "1", "name": "Some One", "user_email": "", "registrant_id": "",
        "join_time": "2026-11-02T09:00:00Z", "leave_time": "2026-11-02T09:10:00Z", "duration": 600,
        "status": "in_meeting"});
    row.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    row
}

/// Returns a row from one time to another, with some fields.
pub(crate) fn stay(fields: Value, from: Timestamp, to: Timestamp) -> Value {
    let mut row = row(json!({"join_time": from.to_string(), "leave_time": to.to_string(),
        "duration": to.duration_since(from).as_secs()}));
    row.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    row
}

impl FakeZoom {
    /// Adds a session with a report, and the registrants who are absent from it. `people` are registrants; `host` is
    /// the host.
    pub(crate) fn hold(&mut self, uuid: &str, from: Timestamp, to: Timestamp, people: &[&str]) {
        self.instances.push(json!({"uuid": uuid, "start_time": from.to_string()}));
        self.report_session(uuid, from, to, people);
    }

    /// Adds the report of a session that the list of sessions lacks.
    pub(crate) fn report_session(&mut self, uuid: &str, from: Timestamp, to: Timestamp, people: &[&str]) {
        let row = |id: &&str| match *id {
            "host" => stay(json!({"id": "u1", "user_email": "host@x.test", "name": "The Host"}), from, to),
            id => stay(json!({"registrant_id": id, "user_email": format!("{id}@x.test")}), from, to),
        };
        self.reports.insert(uuid.to_owned(), Some(people.iter().map(row).collect()));
        let registrants = self.registrants.clone().unwrap_or_default();
        let is_absent = |one: &Value| !people.contains(&one["id"].as_str().unwrap());
        self.absent.insert(uuid.to_owned(), Some(registrants.into_iter().filter(is_absent).collect()));
    }

    /// Sets the webinar, planned for an hour.
    pub(crate) fn plan(&mut self, start: Timestamp) {
        self.webinar = Some(json!({"id": super::WEBINAR, "type": 5, "topic": "Topic", "duration": 60,
            "start_time": start.to_string(), "timezone": "UTC", "host_email": "host@x.test",
            "settings": {"approval_type": 0}}));
    }

    /// Sets the registrants, and the report and absentees according to who attended.
    pub(crate) fn set_attendance(&mut self, registered: &[&str], attended: &[&str]) {
        self.registrants = Some(registered.iter().map(|id| registrant(id)).collect());
        self.absentees = Some(registered.iter().filter(|id| !attended.contains(id)).map(|id| registrant(id)).collect());
        let row = |id: &&str| row(json!({"registrant_id": id, "user_email": format!("{id}@x.test")}));
        self.rows = Some(attended.iter().map(row).collect());
    }
}

pub(super) fn router(zoom: Shared) -> Router {
    Router::new()
        .route("/v2/past_webinars/{id}/instances", get(instances))
        .route("/v2/report/webinars/{uuid}/participants", get(report))
        .route("/v2/past_webinars/{uuid}/participants", get(past))
        .route("/v2/past_webinars/{uuid}/absentees", get(absentees))
        .route("/v2/webinars/{id}", get(webinar))
        .route("/v2/webinars/{id}/panelists", get(panelists))
        .route("/v2/report/webinars/{uuid}", get(async || not_found()))
        .route("/v2/webinars/{id}/registrants", get(registrants))
        .with_state(zoom)
}

type Parameters = Query<HashMap<String, String>>;

fn refusal((status, body): &(u16, Value)) -> Response {
    (StatusCode::from_u16(*status).unwrap(), Json(body.clone())).into_response()
}

fn not_found() -> Response {
    refusal(&(404, json!({"code": 3001, "message": "Webinar has expired."})))
}

fn page(name: &str, items: &[Value], parameters: &Parameters) -> Response {
    assert_eq!(parameters["page_size"], "300");
    let from: usize = parameters.get("next_page_token").map_or(0, |token| token.parse().unwrap());
    let next = if from + PAGE < items.len() { (from + PAGE).to_string() } else { String::new() };
    let shown: Vec<_> = items.iter().skip(from).take(PAGE).collect();
    Json(json!({name: shown, "next_page_token": next, "total_records": items.len()})).into_response()
}

/// Records a call. Returns the error if all requests fail.
fn begin(zoom: &mut FakeZoom, path: String) -> Option<Response> {
    zoom.calls.push(path);
    zoom.error.as_ref().map(refusal)
}

async fn instances(State(zoom): State<Shared>, Path(id): Path<u64>) -> Response {
    tokio::task::yield_now().await;
    let mut zoom = zoom.lock().unwrap();
    if let Some(refused) = begin(&mut zoom, format!("instances/{id}")) {
        return refused;
    }
    if zoom.instances.is_empty() { not_found() } else { Json(json!({"webinars": zoom.instances})).into_response() }
}

async fn webinar(State(zoom): State<Shared>, Path(id): Path<u64>) -> Response {
    let mut zoom = zoom.lock().unwrap();
    if let Some(refused) = begin(&mut zoom, format!("webinar/{id}")) {
        return refused;
    }
    zoom.webinar.as_ref().map_or_else(not_found, |webinar| Json(webinar.clone()).into_response())
}

async fn panelists(State(zoom): State<Shared>, Path(id): Path<u64>) -> Response {
    let mut zoom = zoom.lock().unwrap();
    if let Some(refused) = begin(&mut zoom, format!("panelists/{id}")) {
        return refused;
    }
    let Some(panelists) = &zoom.panelists else {
        let message = "Invalid access token, does not contain scopes:[webinar:read:list_panelists:admin].";
        return refusal(&(400, json!({"code": 4711, "message": message})));
    };
    let panelists: Vec<_> = panelists.iter().map(|email| json!({"id": "p", "email": email})).collect();
    Json(json!({"total_records": panelists.len(), "panelists": panelists})).into_response()
}

async fn report(State(zoom): State<Shared>, Path(uuid): Path<String>, parameters: Parameters) -> Response {
    let mut zoom = zoom.lock().unwrap();
    if let Some(refused) = begin(&mut zoom, format!("report/{uuid}")) {
        return refused;
    }
    if let Some(refused) = &zoom.report_error {
        return refusal(refused);
    }
    rows(&mut zoom, &uuid, &parameters)
}

async fn past(State(zoom): State<Shared>, Path(uuid): Path<String>, parameters: Parameters) -> Response {
    let mut zoom = zoom.lock().unwrap();
    begin(&mut zoom, format!("past/{uuid}")).unwrap_or_else(|| rows(&mut zoom, &uuid, &parameters))
}

fn rows(zoom: &mut FakeZoom, uuid: &str, parameters: &Parameters) -> Response {
    assert_eq!(parameters["include_fields"], "registrant_id");
    if let Some(rows) = zoom.reports.get(&decoded(uuid)) {
        return rows.as_ref().map_or_else(not_found, |rows| page("participants", rows, parameters));
    }
    let growth = std::mem::take(&mut zoom.growth);
    let Some(rows) = &mut zoom.rows else { return not_found() };
    let answer = page("participants", rows, parameters);
    rows.extend(growth);
    answer
}

/// Decodes a UUID that was encoded twice.
fn decoded(uuid: &str) -> String {
    uuid.replace("%2F", "/").replace("%3D", "=")
}

async fn absentees(State(zoom): State<Shared>, Path(uuid): Path<String>, parameters: Parameters) -> Response {
    let mut zoom = zoom.lock().unwrap();
    if let Some(refused) = begin(&mut zoom, format!("absentees/{uuid}")) {
        return refused;
    }
    match zoom.absent.get(&decoded(&uuid)) {
        Some(Some(absent)) => list(Some(absent), &parameters),
        Some(None) => not_found(),
        None => list(zoom.absentees.as_deref(), &parameters),
    }
}

async fn registrants(State(zoom): State<Shared>, Path(id): Path<u64>, parameters: Parameters) -> Response {
    let mut zoom = zoom.lock().unwrap();
    let status = parameters["status"].clone();
    if let Some(refused) = begin(&mut zoom, format!("registrants/{id}/{status}")) {
        return refused;
    }
    match status.as_str() {
        "approved" => list(zoom.registrants.as_deref(), &parameters),
        "denied" => list(zoom.registrants.as_ref().map(|_| zoom.denied.as_slice()), &parameters),
        other => panic!("{other}"),
    }
}

fn list(people: Option<&[Value]>, parameters: &Parameters) -> Response {
    match people {
        Some(people) => page("registrants", people, parameters),
        None => refusal(&(400, json!({"code": 3000, "message": "Registration is not required."}))),
    }
}
