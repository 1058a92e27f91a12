//! Zoom's REST API under `/v2`.
//!
//! The paths are matched here and not by a router, because Zoom has its own rules for encoded slashes (see
//! [`past_webinars`]).

mod call;
mod past_webinars;
pub(super) mod registrant_status;
mod registrants;
pub(super) mod registration;
mod registration_form;
mod reports;
mod users;
mod webinars;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Method, StatusCode, header};

use crate::support::sync::lock;
use crate::zoom::api::call::{Call, Operation};
use crate::zoom::api_error::ZoomApiError;
use crate::zoom::fake::Zoom;
use crate::zoom::state::rate_limits::RateLimitLabel;
use crate::zoom::state::rate_limits::RateLimitLabel::{Heavy, Light, Medium};

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

fn execute(zoom: &Zoom, parts: &http::request::Parts, body: &[u8]) -> Result<Response, ZoomApiError> {
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
        .ok_or_else(|| ZoomApiError::unauthorized("Invalid access token."))?;
    let (user_id, scopes) = state.authorizations.bearer(bearer, now)?;
    let caller = state.user(&user_id).cloned().ok_or_else(|| ZoomApiError::unauthorized("Invalid access token."))?;
    let operation = operation(&parts.method, &segments).ok_or_else(ZoomApiError::unknown_endpoint)?;
    let plan = state.accounts.get(&caller.account_id).map(|account| account.plan).unwrap_or_default();
    let remaining =
        state.limits.count_call(&caller.account_id, plan, operation.label, zoom.clock().unshifted(), now)?;

    let admin_scope = format!("{}:admin", operation.scope);
    let account_wide = scopes.contains(&admin_scope);
    if !account_wide && (operation.admin_only || !scopes.iter().any(|scope| scope == operation.scope)) {
        return Err(missing_scope(&operation, &admin_scope));
    }
    if account_wide && !caller.admin {
        return Err(ZoomApiError::no_permission());
    }
    if !body.is_empty() && !is_json(parts) {
        return Err(ZoomApiError::new(
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
    add_rate_limit_headers(&mut response, plan.allowance(operation.label).per_second, remaining, operation.label);
    Ok(response)
}

fn missing_scope(operation: &Operation, admin_scope: &str) -> ZoomApiError {
    let accepted =
        if operation.admin_only { admin_scope.to_owned() } else { format!("{}, {admin_scope}", operation.scope) };
    ZoomApiError::bad_request(4711, format!("Invalid access token, does not contain scopes:[{accepted}]."))
}

fn is_json(parts: &http::request::Parts) -> bool {
    parts
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("application/json"))
}

fn add_rate_limit_headers(response: &mut Response, limit: usize, remaining: usize, label: RateLimitLabel) {
    let headers = response.headers_mut();
    headers.insert("x-ratelimit-category", HeaderValue::from_static(label.as_str()));
    headers.insert("x-ratelimit-type", HeaderValue::from_static("QPS"));
    headers.insert("x-ratelimit-limit", HeaderValue::from(limit));
    headers.insert("x-ratelimit-remaining", HeaderValue::from(remaining));
}

/// Returns the operation of a method and a path, with its published rate limit label and scope.
fn operation(method: &Method, segments: &[&str]) -> Option<Operation> {
    let op = |label, scope, run| Operation { label, scope, admin_only: false, run };
    let report = |scope, run| Operation { label: Heavy, scope, admin_only: true, run };
    Some(match (method.as_str(), segments) {
        ("GET", ["users"]) => Operation { admin_only: true, ..op(Medium, "user:read:list_users", users::list) },
        ("GET", ["users", _]) => op(Light, "user:read:user", users::get),
        ("GET", ["users", _, "webinars"]) => op(Medium, "webinar:read:list_webinars", webinars::list),
        ("GET", ["webinars", _]) => op(Light, "webinar:read:webinar", webinars::get),
        ("GET", ["webinars", _, "panelists"]) => op(Medium, "webinar:read:list_panelists", webinars::panelists),
        ("POST", ["webinars", _, "registrants"]) => op(Light, "webinar:write:registrant", registration::add),
        ("GET", ["webinars", _, "registrants"]) => op(Medium, "webinar:read:list_registrants", registrants::list),
        ("GET", ["webinars", _, "registrants", "questions"]) => {
            op(Light, "webinar:read:list_registration_questions", registrants::questions)
        }
        ("PUT", ["webinars", _, "registrants", "status"]) => {
            op(Medium, "webinar:update:registrant_status", registrant_status::put)
        }
        ("GET", ["webinars", _, "registrants", _]) => op(Light, "webinar:read:registrant", registrants::get),
        ("POST", ["webinars", _, "batch_registrants"]) => {
            op(Heavy, "webinar:write:batch_registrants", registration::add_batch)
        }
        ("GET", ["past_webinars", _, "instances"]) => {
            op(Light, "webinar:read:list_past_instances", past_webinars::instances)
        }
        ("GET", ["past_webinars", _, "participants"]) => {
            op(Medium, "webinar:read:list_past_participants", past_webinars::participants)
        }
        ("GET", ["past_webinars", _, "absentees"]) => {
            op(Heavy, "webinar:read:list_absentees", past_webinars::absentees)
        }
        ("GET", ["report", "webinars", _]) => report("report:read:webinar", reports::detail),
        ("GET", ["report", "webinars", _, "participants"]) => {
            report("report:read:list_webinar_participants", reports::participants)
        }
        _ => return None,
    })
}
