//! A fake Zoom.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

type Shared = Arc<Mutex<FakeZoom>>;

/// The page size; small, so that a few people take several pages.
const PAGE: usize = 2;

/// The state of the one webinar, and the faults.
pub(crate) struct FakeZoom {
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

impl FakeZoom {
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

async fn report(State(zoom): State<Shared>, Path(uuid): Path<String>, parameters: Parameters) -> Response {
    let mut zoom = zoom.lock().unwrap();
    if let Some(refused) = begin(&mut zoom, format!("report/{uuid}")) {
        return refused;
    }
    if let Some(refused) = &zoom.report_error {
        return refusal(refused);
    }
    rows(&mut zoom, &parameters)
}

async fn past(State(zoom): State<Shared>, Path(uuid): Path<String>, parameters: Parameters) -> Response {
    let mut zoom = zoom.lock().unwrap();
    begin(&mut zoom, format!("past/{uuid}")).unwrap_or_else(|| rows(&mut zoom, &parameters))
}

fn rows(zoom: &mut FakeZoom, parameters: &Parameters) -> Response {
    assert_eq!(parameters["include_fields"], "registrant_id");
    let growth = std::mem::take(&mut zoom.growth);
    let Some(rows) = &mut zoom.rows else { return not_found() };
    let answer = page("participants", rows, parameters);
    rows.extend(growth);
    answer
}

async fn absentees(State(zoom): State<Shared>, Path(uuid): Path<String>, parameters: Parameters) -> Response {
    let mut zoom = zoom.lock().unwrap();
    let refused = begin(&mut zoom, format!("absentees/{uuid}"));
    refused.unwrap_or_else(|| list(zoom.absentees.as_deref(), &parameters))
}

async fn registrants(State(zoom): State<Shared>, Path(id): Path<u64>, parameters: Parameters) -> Response {
    let mut zoom = zoom.lock().unwrap();
    assert_eq!(parameters["status"], "approved");
    let refused = begin(&mut zoom, format!("registrants/{id}"));
    refused.unwrap_or_else(|| list(zoom.registrants.as_deref(), &parameters))
}

fn list(people: Option<&[Value]>, parameters: &Parameters) -> Response {
    match people {
        Some(people) => page("registrants", people, parameters),
        None => refusal(&(400, json!({"code": 3000, "message": "Registration is not required."}))),
    }
}
