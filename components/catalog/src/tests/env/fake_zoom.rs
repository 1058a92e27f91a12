//! A fake Zoom, and a fake `oauth` that issues its tokens.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::time::{SignedDuration, Timestamp};
use http::StatusCode;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

type Shared = Arc<Mutex<FakeZoom>>;

/// The fake Zoom's state.
#[derive(Default)]
pub(crate) struct FakeZoom {
    /// Webinars by id, in the form of `GET /webinars/{id}`.
    pub(crate) webinars: BTreeMap<u64, Value>,
    /// Users whose list fails, with the answer.
    pub(crate) failing_users: HashMap<String, (u16, Value)>,
    /// The answer to every call during an outage.
    pub(crate) outage: Option<(u16, Value)>,
    /// Whether lists ignore the page token.
    pub(crate) ignores_page_token: bool,
    pub(crate) lists: usize,
    concurrent_lists: usize,
    pub(crate) max_concurrent_lists: usize,
    pub(crate) details: usize,
    pub(crate) tokens: usize,
}

/// Returns a webinar of Ada with registration, at 15:00 UTC on 2026-11-12, with some fields changed.
fn webinar(id: u64, changes: Value) -> Value {
    let mut webinar = json!({
        "id": id, "uuid": "u==", "type": 5, "topic": format!("Webinar {id}"), "agenda": "About it.",
        "start_time": "2026-11-12T15:00:00Z", "duration": 60, "timezone": "America/New_York",
        "host_email": "ada@x.test", "join_url": format!("http://zoom.test/j/{id}"),
        "start_url": "http://zoom.test/s/secret", "settings": {"approval_type": 0},
    });
    webinar.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    webinar
}

impl FakeZoom {
    pub(crate) fn put(&mut self, id: u64, changes: Value) {
        self.webinars.insert(id, webinar(id, changes));
    }
}

pub(super) fn router(zoom: Shared) -> Router {
    Router::new().route("/v2/users/{user}/webinars", get(list)).route("/v2/webinars/{id}", get(detail)).with_state(zoom)
}

pub(super) fn oauth(zoom: Shared, now: Timestamp) -> Router {
    let token = async move |State(zoom): State<Shared>| {
        zoom.lock().unwrap().tokens += 1;
        let expires_at = now + SignedDuration::from_hours(24 * 365);
        Json(json!({"access_token": "t", "api_base": "http://zoom.test", "expires_at": expires_at}))
    };
    Router::new()
        .route("/internal/token/{service}", post(token))
        .route("/internal/problem/{service}", post(async || StatusCode::NO_CONTENT))
        .with_state(zoom)
}

fn failure((status, body): &(u16, Value)) -> Response {
    (StatusCode::from_u16(*status).unwrap(), Json(body.clone())).into_response()
}

async fn list(
    State(zoom): State<Shared>,
    Path(user): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    {
        let mut zoom = zoom.lock().unwrap();
        zoom.concurrent_lists += 1;
        zoom.max_concurrent_lists = zoom.max_concurrent_lists.max(zoom.concurrent_lists);
    }
    // Lets other requests run between this request and its answer.
    tokio::task::yield_now().await;
    let mut zoom = zoom.lock().unwrap();
    zoom.lists += 1;
    zoom.concurrent_lists -= 1;
    if let Some(answer) = zoom.outage.as_ref().or(zoom.failing_users.get(&user)) {
        return failure(answer);
    }
    let size: usize = query["page_size"].parse().unwrap();
    let token = query.get("next_page_token").filter(|_| !zoom.ignores_page_token);
    let from: usize = token.map_or(0, |token| token.parse().unwrap());
    let mine: Vec<_> = zoom.webinars.values().filter(|webinar| webinar["host_email"] == user.as_str()).collect();
    let page: Vec<_> = mine.iter().skip(from).take(size).map(|webinar| in_list(webinar)).collect();
    let next = if from + size < mine.len() { (from + size).to_string() } else { String::new() };
    Json(json!({"webinars": page, "next_page_token": next, "total_records": mine.len()})).into_response()
}

fn in_list(webinar: &Value) -> Value {
    let mut row = webinar.clone();
    let fields = row.as_object_mut().unwrap();
    for absent in ["host_email", "settings", "start_url"] {
        fields.remove(absent);
    }
    row
}

async fn detail(State(zoom): State<Shared>, Path(id): Path<u64>) -> Response {
    tokio::task::yield_now().await;
    let mut zoom = zoom.lock().unwrap();
    zoom.details += 1;
    if let Some(answer) = &zoom.outage {
        return failure(answer);
    }
    match zoom.webinars.get(&id) {
        Some(webinar) => Json(webinar.clone()).into_response(),
        None => failure(&(404, json!({"code": 3001, "message": format!("Webinar does not exist: {id}.")}))),
    }
}
