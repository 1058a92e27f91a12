//! The callback: `POST /callback/{run}/{chunk}`.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::marketo::campaign::callback_body;
use crate::marketo::campaign::callback_body::ValidatedCallback;
use crate::marketo::campaign::installed_service::InstalledService;
use crate::marketo::campaign::report::{Callback, ChunkState, LeadOutcome, RunId};
use crate::marketo::state::{MarketoState, SharedState};
use crate::marketo::subscription::activity::ActivityType;
use crate::support;
use crate::support::sync::lock;

/// Accepts a callback once per token.
///
/// Adobe documents two errors: 405 for invalid input, and 404. The gateway checks the API key before either. The
/// response to a valid callback is not documented; the fake returns 200 with an empty body.
pub(crate) async fn receive(
    State(state): State<SharedState>,
    Path((run, number)): Path<(String, usize)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match accept(&state, &RunId(run.clone()), number, &headers, &body) {
        Ok(()) => {
            state.notify();
            StatusCode::OK.into_response()
        }
        Err((status, why)) => {
            if let Some(chunk) = lock(&state.campaigns).chunk_mut(&RunId(run), number) {
                chunk.callbacks_refused += 1;
            }
            let mut response = status.into_response();
            response.extensions_mut().insert(support::request_log::RefusalReason(why.to_owned()));
            response
        }
    }
}

type Refused = (StatusCode, &'static str);

fn accept(state: &MarketoState, id: &RunId, number: usize, headers: &HeaderMap, body: &[u8]) -> Result<(), Refused> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if header("x-api-key") != state.gateway_key {
        return Err((StatusCode::FORBIDDEN, "wrong or missing x-api-key"));
    }
    let now = state.now();
    let (program_id, outcomes, service, violations) = {
        let mut campaigns = lock(&state.campaigns);
        let service = campaigns.service.clone();
        let run = campaigns.runs.get_mut(id).ok_or((StatusCode::NOT_FOUND, "unknown run"))?;
        let chunk = run.chunks.get_mut(number).ok_or((StatusCode::NOT_FOUND, "unknown chunk"))?;
        if header("x-callback-token") != chunk.token {
            return Err((StatusCode::NOT_FOUND, "wrong or missing x-callback-token"));
        }
        if chunk.state != ChunkState::Waiting {
            return Err((StatusCode::NOT_FOUND, "the callback token was used, or is void"));
        }
        let body = checked_body(header(header::CONTENT_TYPE.as_str()), body, &state.options.munchkin_id)?;
        let ValidatedCallback { error, outcomes, violations } =
            callback_body::validate(&body, &chunk.lead_ids, &chunk.token, &service);
        chunk.state = ChunkState::CalledBack;
        chunk.callback = Some(Callback { at: now, body: Value::Object(body) });
        chunk.error = error;
        chunk.outcomes.clone_from(&outcomes);
        chunk.violations.extend(violations.iter().cloned());
        (run.campaign.program_id, outcomes, service, violations)
    };
    let mut subscription = lock(&state.subscription);
    for outcome in outcomes {
        let values = mapped(&outcome, &service);
        subscription.write_lead(outcome.lead_id, values, "Zoom Webinar flow step", now);
        let result = json!({
            "success": outcome.success, "errorCode": outcome.error_code, "reason": outcome.reason,
            "attributes": outcome.attributes,
        });
        subscription.log(ActivityType::FlowStepService, outcome.lead_id, Some(program_id), result, now);
    }
    for violation in violations {
        subscription.violation(now, &format!("callback {id}/{number}"), violation);
    }
    Ok(())
}

fn checked_body(content_type: &str, body: &[u8], munchkin_id: &str) -> Result<Map<String, Value>, Refused> {
    if !content_type.starts_with("application/json") {
        return Err((StatusCode::METHOD_NOT_ALLOWED, "the callback is not application/json"));
    }
    let body: Map<String, Value> = serde_json::from_slice(body)
        .map_err(|_| (StatusCode::METHOD_NOT_ALLOWED, "the callback's body is no JSON object"))?;
    if body.get("munchkinId").and_then(Value::as_str) != Some(munchkin_id) {
        return Err((StatusCode::METHOD_NOT_ALLOWED, "wrong or missing munchkinId"));
    }
    Ok(body)
}

/// Returns the values of the mapped lead fields, by Marketo's field names. The text "null" clears a field.
fn mapped(outcome: &LeadOutcome, service: &InstalledService) -> Map<String, Value> {
    let fields = outcome.fields.iter();
    fields
        .filter_map(|(name, value)| {
            let value = if value == "null" { Value::Null } else { value.clone() };
            Some((service.mapping.get(name)?.clone(), value))
        })
        .collect()
}
