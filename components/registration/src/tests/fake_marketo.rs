//! A small fake Marketo: the members of one program, leads, and a receiver of callbacks.

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex};

#[derive(Default)]
pub(super) struct FakeMarketo {
    /// Status by lead.
    pub(super) statuses: BTreeMap<u64, String>,
    /// Member data by lead.
    pub(super) data: BTreeMap<u64, Value>,
    /// Leads by id, in the API's form.
    pub(super) leads: BTreeMap<u64, Value>,
    /// The accepted callbacks, with their headers.
    pub(super) callbacks: Vec<(HeaderMap, Value)>,
    /// Statuses of the answers to the next callbacks.
    pub(super) callback_statuses: VecDeque<u16>,
    /// Whether a callback token is accepted only once, and answered with 404 from then on.
    pub(super) is_strict: bool,
    /// Every status that was set, in order.
    pub(super) history: Vec<(u64, String)>,
    /// Whether reading members fails.
    pub(super) is_down: bool,
    /// The error codes of the next member data calls.
    pub(super) codes: VecDeque<&'static str>,
}

pub(super) type Shared = Arc<Mutex<FakeMarketo>>;

pub(super) fn router(marketo: Shared) -> Router {
    Router::new()
        .route("/identity/oauth/token", get(async || Json(json!({"access_token": "m:1", "expires_in": 3600}))))
        .route("/rest/v1/programs/1001/members.json", get(members).post(write))
        .route("/rest/v1/programs/1001/members/status.json", post(status))
        .route("/rest/v1/leads.json", post(leads))
        .route("/callback", post(callback))
        .with_state(marketo)
}

async fn members(State(marketo): State<Shared>, Query(query): Query<HashMap<String, String>>) -> Json<Value> {
    let marketo = marketo.lock().unwrap();
    if marketo.is_down {
        return Json(json!({ "success": false, "errors": [{"code": "713", "message": "m"}] }));
    }
    let wanted: Vec<u64> = query["filterValues"].split(',').filter_map(|id| id.parse().ok()).collect();
    let rows = wanted.iter().filter_map(|id| {
        let mut row = json!({"leadId": id, "statusName": marketo.statuses.get(id)?});
        for (name, value) in marketo.data.get(id).and_then(Value::as_object).into_iter().flatten() {
            row[name] = value.clone();
        }
        Some(row)
    });
    Json(json!({ "success": true, "result": rows.collect::<Vec<_>>() }))
}

async fn write(State(marketo): State<Shared>, Json(body): Json<Value>) -> Json<Value> {
    let mut marketo = marketo.lock().unwrap();
    if let Some(code) = marketo.codes.pop_front() {
        return Json(json!({ "success": false, "errors": [{"code": code, "message": "m"}] }));
    }
    let mut rows = Vec::new();
    for record in body["input"].as_array().unwrap() {
        let id = record["leadId"].as_u64().expect("leadId is a number");
        if marketo.statuses.contains_key(&id) {
            marketo.data.insert(id, record.clone());
            rows.push(json!({"leadId": id, "status": "updated"}));
        } else {
            rows.push(json!({"leadId": id, "status": "skipped", "reasons": [{"code": "1013"}]}));
        }
    }
    Json(json!({ "success": true, "result": rows }))
}

async fn status(State(marketo): State<Shared>, Json(body): Json<Value>) -> Json<Value> {
    let mut marketo = marketo.lock().unwrap();
    let status = body["statusName"].as_str().unwrap().to_owned();
    let ids = body["input"].as_array().unwrap().iter().map(|record| record["leadId"].as_u64().unwrap());
    let mut rows = Vec::new();
    for id in ids {
        marketo.history.push((id, status.clone()));
        marketo.statuses.insert(id, status.clone());
        rows.push(json!({"leadId": id, "status": "updated"}));
    }
    Json(json!({ "success": true, "result": rows }))
}

async fn leads(State(marketo): State<Shared>, body: String) -> Json<Value> {
    let marketo = marketo.lock().unwrap();
    let values = body.split('&').find_map(|pair| pair.strip_prefix("filterValues=")).unwrap();
    let by_email = body.contains("filterType=email");
    let values: Vec<_> = values.split("%2C").map(|value| value.replace("%40", "@")).collect();
    let is_wanted = |id: &u64, lead: &Value| {
        values.iter().any(|value| if by_email { lead["email"] == **value } else { id.to_string() == *value })
    };
    let rows = marketo.leads.iter().filter(|(id, lead)| is_wanted(id, lead)).map(|(_, lead)| lead.clone());
    Json(json!({ "success": true, "result": rows.collect::<Vec<_>>() }))
}

async fn callback(State(marketo): State<Shared>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let mut marketo = marketo.lock().unwrap();
    let token = headers.get("x-callback-token");
    let is_used = marketo.callbacks.iter().any(|(headers, _)| headers.get("x-callback-token") == token);
    if marketo.is_strict && is_used {
        return StatusCode::NOT_FOUND;
    }
    let status = marketo.callback_statuses.pop_front().unwrap_or(200);
    if status == 200 {
        marketo.callbacks.push((headers, serde_json::from_slice(&body).unwrap()));
    }
    StatusCode::from_u16(status).unwrap()
}
