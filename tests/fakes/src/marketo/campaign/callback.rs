//! The callback: `POST /callback/{run}/{chunk}`.

use axum::body::Bytes;
use axum::extract::{Path, State as Extract};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::outcome::{self, Verdict};
use super::report::{Callback, ChunkState, LeadOutcome, RunId};
use super::service::Service;
use crate::marketo::shared::{Shared, State};
use crate::marketo::world::ActivityType;
use crate::support::{self, lock};

/// Takes a callback, once.
///
/// Adobe documents two refusals: 405 for invalid input and 404. The gateway in front checks the key before either. What
/// a success answers is not documented; here it is 200 with nothing in it.
pub(in crate::marketo) async fn receive(
    Extract(state): Extract<State>,
    Path((run, number)): Path<(String, usize)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match accept(&state, &RunId(run.clone()), number, &headers, &body) {
        Ok(()) => {
            state.announce();
            StatusCode::OK.into_response()
        }
        Err((status, why)) => {
            if let Some(chunk) = lock(&state.campaigns).chunk_mut(&RunId(run), number) {
                chunk.callbacks_refused += 1;
            }
            let mut response = status.into_response();
            response.extensions_mut().insert(support::Refusal(why.to_owned()));
            response
        }
    }
}

type Refused = (StatusCode, &'static str);

fn accept(state: &Shared, id: &RunId, number: usize, headers: &HeaderMap, body: &[u8]) -> Result<(), Refused> {
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
        let Verdict { error, outcomes, violations } = outcome::judge(&body, &chunk.lead_ids, &chunk.token, &service);
        chunk.state = ChunkState::CalledBack;
        chunk.callback = Some(Callback { at: now, body: Value::Object(body) });
        chunk.error = error;
        chunk.outcomes.clone_from(&outcomes);
        chunk.violations.extend(violations.iter().cloned());
        (run.campaign.program_id, outcomes, service, violations)
    };
    let mut world = lock(&state.world);
    for outcome in outcomes {
        let values = mapped(&outcome, &service);
        world.write_lead(outcome.lead_id, values, "Zoom Webinar flow step", now);
        let result = json!({
            "success": outcome.success, "errorCode": outcome.error_code, "reason": outcome.reason,
            "attributes": outcome.attributes,
        });
        world.log(ActivityType::FlowStepService, outcome.lead_id, Some(program_id), result, now);
    }
    for violation in violations {
        world.violation(now, &format!("callback {id}/{number}"), violation);
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

/// The values for lead fields, under Marketo's names. The text "null" clears a field.
fn mapped(outcome: &LeadOutcome, service: &Service) -> Map<String, Value> {
    let fields = outcome.fields.iter();
    fields
        .filter_map(|(name, value)| {
            let value = if value == "null" { Value::Null } else { value.clone() };
            Some((service.mapping.get(name)?.clone(), value))
        })
        .collect()
}
