//! `POST /registration/webhook`: registers one lead within the request, for instances without flow-step services.
//!
//! Marketo maps responses of status 2xx only, so every outcome is answered with 200. It ends the call after 30 seconds
//! (docs/reference/marketo.md).

use super::submit_request::bounded_fields;
use crate::mapping::FieldPairs;
use crate::outcome::{Disposition, LeadOutcome};
use crate::registering::eligibility::person_fields;
use crate::registering::lead_fields;
use crate::registering::single::register_single;
use crate::state::AppState;
use crate::store::counts;
use axum::extract::State;
use domain::records::OutboxLead;
use domain::{ErrorCode, LeadId, Problem, ProgramId, Sensitive};
use http::StatusCode;
use platform::auth::MarketoAuth;
use platform::http::Json;
use platform::{ApiError, JsonBody};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

/// The body, as Marketo's payload template builds it.
#[derive(Debug, Deserialize)]
pub struct WebhookRequest {
    program_id: ProgramId,
    lead_id: LeadId,
    #[serde(default)]
    email: Option<Sensitive>,
    #[serde(default)]
    first_name: Option<Sensitive>,
    #[serde(default)]
    last_name: Option<Sensitive>,
    #[serde(default)]
    company: Option<Sensitive>,
    #[serde(default)]
    phone: Option<Sensitive>,
    #[serde(default)]
    status: Option<String>,
    /// Further fields of the lead, by name, for the mapping extension.
    #[serde(default)]
    fields: Sensitive<Value>,
}

/// The answer: the lead's outcome.
#[derive(Debug, Serialize)]
pub struct WebhookResponse {
    outcome: &'static str,
    join_url: Option<Sensitive>,
    registrant_id: Option<String>,
    code: Option<ErrorCode>,
    detail: Option<String>,
}

/// Registers one lead. Answers 503 for a deferred one.
pub async fn register(
    _: MarketoAuth,
    State(state): State<Arc<AppState>>,
    JsonBody(request): JsonBody<WebhookRequest>,
) -> Result<Json<WebhookResponse>, ApiError> {
    let program = request.program_id;
    let lead = lead(request);
    lead_fields::note_sent(&state, std::slice::from_ref(&lead)).await;
    let disposition = register_single(&state, program, lead).await;
    counts::flush(&state).await;
    match disposition {
        Disposition::Final(outcome) => Ok(Json(response(&outcome))),
        Disposition::Deferred(problem) | Disposition::Postponed(problem) => {
            Err(ApiError::new(problem).with_status(StatusCode::SERVICE_UNAVAILABLE))
        }
    }
}

/// Converts the request to a lead with the flow step's field names.
///
/// A field of the request itself takes precedence over one of the same name among the further fields. These count only if
/// they are an object (R22).
fn lead(request: WebhookRequest) -> OutboxLead {
    let person = person_fields(request.email, request.first_name, request.last_name, request.company, request.phone);
    let Value::Object(mut fields) = request.fields.into_inner() else {
        return with_fields(request.lead_id, request.status, person);
    };
    fields.extend(person.into_inner().into_iter().map(|(name, value)| (name, Value::String(value))));
    with_fields(request.lead_id, request.status, Sensitive::new(bounded_fields(fields)))
}

fn with_fields(id: LeadId, status: Option<String>, fields: FieldPairs) -> OutboxLead {
    let status = status.filter(|status| !status.trim().is_empty());
    OutboxLead { id, fields, choice: None, status, is_forgotten: false }
}

fn response(outcome: &LeadOutcome) -> WebhookResponse {
    let problem: Option<&Problem> = outcome.problem();
    WebhookResponse {
        outcome: outcome.name(),
        join_url: outcome.join_url().cloned(),
        registrant_id: outcome.registrant().map(ToString::to_string),
        code: problem.map(|problem| problem.code),
        detail: problem.map(|problem| problem.detail.clone()),
    }
}
