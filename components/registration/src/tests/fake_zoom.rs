//! A small fake Zoom: registrants of webinars, and replies to add calls that a test queues.

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use futures::stream;
use http::StatusCode;
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

/// A queued reply to an add-registrant call.
#[derive(Clone)]
pub(super) enum AddReply {
    /// Not executed, answered with this status and body.
    Error(u16, Value),
    /// Executed, then the connection breaks.
    DroppedAfter,
    /// Not executed, and the connection breaks.
    DroppedBefore,
    /// Executed, and never answered.
    NoReply,
}

#[derive(Default)]
pub(super) struct FakeZoom {
    /// E-mail address, and whether approved.
    pub(super) registrants: Vec<(String, bool)>,
    /// Addresses whose registration was denied or cancelled.
    pub(super) denied: Vec<String>,
    /// Number of status changes.
    pub(super) approvals: usize,
    /// The bodies of all add-registrant calls.
    pub(super) adds: Vec<Value>,
    /// Number of listings of registrants.
    pub(super) lists: usize,
    /// Replies to the next add-registrant calls.
    pub(super) add_replies: VecDeque<AddReply>,
    /// Whether new registrants need approval.
    pub(super) manual: bool,
    /// The registration form. With a `code`, an error.
    pub(super) questions: Value,
}

pub(super) type Shared = Arc<Mutex<FakeZoom>>;

pub(super) fn router(zoom: Shared) -> Router {
    Router::new()
        .route("/v2/webinars/{id}/registrants", get(list).post(add))
        .route("/v2/webinars/{id}/registrants/questions", get(questions))
        .route("/v2/webinars/{id}/registrants/status", put(approve))
        .with_state(zoom)
}

async fn add(State(zoom): State<Shared>, Path(webinar): Path<u64>, Json(body): Json<Value>) -> Response {
    match execute(&zoom, webinar, &body) {
        Some(answer) => answer,
        None => std::future::pending().await,
    }
}

/// Executes an add call. Returns `None` for a call without a reply.
fn execute(zoom: &Shared, webinar: u64, body: &Value) -> Option<Response> {
    let mut zoom = zoom.lock().unwrap();
    zoom.adds.push(body.clone());
    let reply = zoom.add_replies.pop_front();
    if let Some(AddReply::Error(status, body)) = reply {
        return Some((StatusCode::from_u16(status).unwrap(), Json(body)).into_response());
    }
    if matches!(reply, Some(AddReply::DroppedBefore)) {
        return Some(dropped());
    }
    let email = body["email"].as_str().unwrap().to_owned();
    if zoom.denied.iter().any(|known| known.eq_ignore_ascii_case(&email)) {
        let body = json!({"code": 3000, "message": "The registration of this address has been denied by the host."});
        return Some((StatusCode::BAD_REQUEST, Json(body)).into_response());
    }
    let approved = !zoom.manual;
    if !zoom.registrants.iter().any(|(known, _)| known.eq_ignore_ascii_case(&email)) {
        zoom.registrants.push((email.clone(), approved));
    }
    if matches!(reply, Some(AddReply::DroppedAfter)) {
        return Some(dropped());
    }
    if matches!(reply, Some(AddReply::NoReply)) {
        return None;
    }
    let mut answer = registrant(webinar, &email, approved);
    answer["registrant_id"] = answer["id"].take();
    answer["id"] = json!(webinar);
    answer["status"] = json!(if approved { "approved" } else { "pending" });
    Some((StatusCode::CREATED, Json(answer)).into_response())
}

async fn list(
    State(zoom): State<Shared>,
    Path(webinar): Path<u64>,
    Query(query): Query<HashMap<String, String>>,
) -> Json<Value> {
    let mut zoom = zoom.lock().unwrap();
    zoom.lists += 1;
    if query["status"] == "denied" {
        let rows: Vec<_> = zoom.denied.iter().map(|email| registrant(webinar, email, false)).collect();
        return Json(json!({ "registrants": rows, "next_page_token": "", "total_records": rows.len() }));
    }
    let wanted = query["status"] == "approved";
    let rows = zoom.registrants.iter().filter(|(_, approved)| *approved == wanted);
    let rows: Vec<_> = rows.map(|(email, approved)| registrant(webinar, email, *approved)).collect();
    Json(json!({ "registrants": rows, "next_page_token": "", "total_records": rows.len() }))
}

async fn approve(State(zoom): State<Shared>, Json(body): Json<Value>) -> StatusCode {
    let mut zoom = zoom.lock().unwrap();
    assert_eq!(body["action"], "approve");
    zoom.approvals += 1;
    for named in body["registrants"].as_array().unwrap() {
        let place = zoom
            .denied
            .iter()
            .position(|email| format!("r-{}", email.to_lowercase()) == *named["id"].as_str().unwrap());
        let email = zoom.denied.remove(place.expect("a denied registrant"));
        assert!(named["email"].as_str().unwrap().eq_ignore_ascii_case(&email));
        zoom.registrants.push((email, true));
    }
    StatusCode::NO_CONTENT
}

async fn questions(State(zoom): State<Shared>) -> (StatusCode, Json<Value>) {
    let questions = zoom.lock().unwrap().questions.clone();
    let status = if questions["code"].is_null() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    (status, Json(questions))
}

fn registrant(webinar: u64, email: &str, approved: bool) -> Value {
    let link = approved.then(|| link(webinar, email));
    json!({ "id": format!("r-{}", email.to_lowercase()), "email": email, "join_url": link })
}

/// Returns the join link of an address.
pub(super) fn link(webinar: u64, email: &str) -> String {
    format!("https://zoom.test/w/{webinar}?tk={}", email.to_lowercase())
}

fn dropped() -> Response {
    let error = std::io::Error::other("connection reset");
    Body::from_stream(stream::iter([Err::<Bytes, _>(error)])).into_response()
}
