//! Zoom's REST API under `/v2`.
//!
//! Paths are taken apart here, not by a router: Zoom has rules of its own about encoded slashes (see [`past`]).

mod call;
pub(crate) mod error;
pub(crate) mod paging;
mod past;
mod questions;
mod registrant_lists;
pub(crate) mod registration;
mod registration_form;
mod report;
pub(crate) mod status;
mod users;
mod webinars;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Method, StatusCode, header};

use self::call::{Answer, Call, Operation};
use self::error::ApiError;
use super::Zoom;
use super::limits::Label::{self, Heavy, Light, Medium};
use crate::support::lock;

/// Answers any request under `/v2/`.
pub(crate) async fn answer(State(zoom): State<Zoom>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = match axum::body::to_bytes(body, usize::MAX).await {
        Ok(body) => body,
        Err(_) => return StatusCode::BAD_REQUEST.into_response(),
    };
    let trackingid = HeaderValue::from_str(&lock(&zoom.state).ids.short());
    let mut response = match execute(&zoom, &parts, &body) {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    };
    if let Ok(trackingid) = trackingid {
        response.headers_mut().insert("x-zm-trackingid", trackingid);
    }
    response
}

fn execute(zoom: &Zoom, parts: &http::request::Parts, body: &[u8]) -> Result<Response, ApiError> {
    let now = zoom.clock().now();
    let path = parts.uri.path();
    let segments: Vec<&str> = path.strip_prefix("/v2/").unwrap_or_default().split('/').collect();
    let query = url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();

    let mut state = lock(&zoom.state);
    let state = &mut *state;
    let bearer = parts
        .headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "))
        .ok_or_else(|| ApiError::unauthorized("Invalid access token."))?;
    let (user_id, scopes) = state.authorizations.bearer(bearer, now)?;
    let caller = state.user(&user_id).cloned().ok_or_else(|| ApiError::unauthorized("Invalid access token."))?;
    let operation = operation(&parts.method, &segments).ok_or_else(ApiError::unknown_endpoint)?;
    let plan = state.accounts.get(&caller.account_id).map(|account| account.plan).unwrap_or_default();
    let remaining = state.limits.call(&caller.account_id, plan, operation.label, now)?;

    let admin_scope = format!("{}:admin", operation.scope);
    let account_wide = scopes.contains(&admin_scope);
    if !account_wide && (operation.admin_only || !scopes.iter().any(|scope| scope == operation.scope)) {
        return Err(lacks_scope(&operation, &admin_scope));
    }
    if account_wide && !caller.admin {
        return Err(ApiError::no_permission());
    }
    if !body.is_empty() && !is_json(parts) {
        return Err(ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            300,
            "Request Body should be a valid JSON object.",
        ));
    }

    let mut call =
        Call { state, now, url: &zoom.url, caller, account_wide, path, segments, query, body, events: Vec::new() };
    let (status, answer) = (operation.run)(&mut call)?;
    zoom.deliver_soon(std::mem::take(&mut call.events));
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = match status {
        StatusCode::NO_CONTENT => status.into_response(),
        _ => (status, Json(answer)).into_response(),
    };
    note_allowance(&mut response, plan.allowance(operation.label).per_second, remaining, operation.label);
    Ok(response)
}

fn lacks_scope(operation: &Operation, admin_scope: &str) -> ApiError {
    let accepted =
        if operation.admin_only { admin_scope.to_owned() } else { format!("{}, {admin_scope}", operation.scope) };
    ApiError::bad_request(4711, format!("Invalid access token, does not contain scopes:[{accepted}]."))
}

fn is_json(parts: &http::request::Parts) -> bool {
    parts
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("application/json"))
}

fn note_allowance(response: &mut Response, limit: usize, remaining: usize, label: Label) {
    let headers = response.headers_mut();
    headers.insert("x-ratelimit-category", HeaderValue::from_static(label.as_str()));
    headers.insert("x-ratelimit-type", HeaderValue::from_static("QPS"));
    headers.insert("x-ratelimit-limit", HeaderValue::from(limit));
    headers.insert("x-ratelimit-remaining", HeaderValue::from(remaining));
}

/// The operation that a method and a path mean, with its label and scope as Zoom publishes them.
fn operation(method: &Method, segments: &[&str]) -> Option<Operation> {
    let op = |label, scope, run| Operation { label, scope, admin_only: false, run };
    let report = |scope, run| Operation { label: Heavy, scope, admin_only: true, run };
    Some(match (method.as_str(), segments) {
        ("GET", ["users"]) => Operation { admin_only: true, ..op(Medium, "user:read:list_users", users::list) },
        ("GET", ["users", _]) => op(Light, "user:read:user", users::get),
        ("GET", ["users", _, "webinars"]) => op(Medium, "webinar:read:list_webinars", webinars::list),
        ("GET", ["webinars", _]) => op(Light, "webinar:read:webinar", webinars::get),
        ("POST", ["webinars", _, "registrants"]) => op(Light, "webinar:write:registrant", registration::add),
        ("GET", ["webinars", _, "registrants"]) => op(Medium, "webinar:read:list_registrants", registrant_lists::list),
        ("GET", ["webinars", _, "registrants", "questions"]) => {
            op(Light, "webinar:read:list_registration_questions", questions::get)
        }
        ("PUT", ["webinars", _, "registrants", "status"]) => {
            op(Medium, "webinar:update:registrant_status", status::put)
        }
        ("GET", ["webinars", _, "registrants", _]) => op(Light, "webinar:read:registrant", registrant_lists::get),
        ("POST", ["webinars", _, "batch_registrants"]) => {
            op(Heavy, "webinar:write:batch_registrants", registration::add_batch)
        }
        ("GET", ["past_webinars", _, "instances"]) => op(Light, "webinar:read:list_past_instances", past::instances),
        ("GET", ["past_webinars", _, "participants"]) => {
            op(Medium, "webinar:read:list_past_participants", past::participants)
        }
        ("GET", ["past_webinars", _, "absentees"]) => op(Heavy, "webinar:read:list_absentees", past::absentees),
        ("GET", ["report", "webinars", _]) => report("report:read:webinar", report::detail),
        ("GET", ["report", "webinars", _, "participants"]) => {
            report("report:read:list_webinar_participants", report::participants)
        }
        _ => return None,
    })
}
