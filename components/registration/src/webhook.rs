//! `POST /registration/webhook`: one lead within the request, for teams without flow-step services. Marketo maps
//! responses on 2xx only and ends the call after 30 seconds, so an outcome is 200, and anything else is not.

use crate::app::App;
use crate::failures::record;
use crate::push::batch::Run;
use crate::push::candidate::person;
use crate::push::leads::{self, Pushed};
use crate::push::outcome::{Outcome, Settled};
use crate::push::{target, write_back};
use axum::extract::State;
use domain::records::Lead;
use domain::{Code, Error, LeadId, Problem, ProgramId, Sensitive};
use http::StatusCode;
use platform::entrance::MarketoItself;
use platform::patience::RUN_LIMIT;
use platform::respond::Json;
use platform::{ApiError, Body};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What Marketo's payload template makes.
#[derive(Debug, Deserialize)]
pub struct Request {
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
}

/// The outcome. Never an empty body: Marketo takes that for an error.
#[derive(Debug, Serialize)]
pub struct Answer {
    outcome: &'static str,
    join_url: Option<Sensitive>,
    registrant_id: Option<String>,
    code: Option<Code>,
    detail: Option<String>,
}

/// Pushes one lead.
pub async fn handle(
    _: MarketoItself,
    State(app): State<Arc<App>>,
    Body(request): Body<Request>,
) -> Result<Json<Answer>, ApiError> {
    let (program, lead) = (request.program_id, request.lead_id);
    let without = |error: Error| Pushed { lead, settled: error.into(), webinar: None };
    let pushed = push(&app, request).await.unwrap_or_else(without);
    // Marketo does not call again. What is not known now, the tick finds out. The answer is the same, noted or not.
    if let Err(error) = record::note(&app, program, std::slice::from_ref(&pushed), |_| None).await {
        platform::log!("failures.not_noted", program = program, lead = lead, error = error);
    }
    match pushed.settled {
        Settled::Now(outcome) => Ok(Json(answer(&outcome))),
        Settled::Later(problem) => Err(ApiError::new(problem).with_status(StatusCode::SERVICE_UNAVAILABLE)),
    }
}

async fn push(app: &App, request: Request) -> Result<Pushed, Error> {
    let now = app.ports.clock.now();
    let deadline = now + RUN_LIMIT;
    let connection = target::connection(app, Some(request.program_id)).await?;
    let marketo = app.marketo(deadline);
    let run = Run { since: now, resumed: false, deadline, again: None };
    let lead = lead(request);
    let pushed = leads::push(app, &marketo, &connection, &[lead], run).await?;
    let pushed = pushed.into_iter().next().ok_or_else(|| Error::Ours("no outcome".to_owned()))?;
    if let Settled::Now(outcome) = &pushed.settled {
        let outcomes = [(pushed.lead, outcome)];
        write_back::write_back(&marketo, connection.program, &connection.channel, &outcomes).await?;
    }
    Ok(pushed)
}

/// The webhook's field names are our own; the rest of the component speaks the flow step's.
fn lead(request: Request) -> Lead {
    let fields = person(request.email, request.first_name, request.last_name, request.company, request.phone);
    let status = request.status.filter(|status| !status.trim().is_empty());
    Lead { id: request.lead_id, fields, choice: None, status }
}

fn answer(outcome: &Outcome) -> Answer {
    let problem: Option<&Problem> = outcome.problem();
    Answer {
        outcome: outcome.name(),
        join_url: outcome.join_url().cloned(),
        registrant_id: outcome.registrant().map(ToString::to_string),
        code: problem.map(|problem| problem.code),
        detail: problem.map(|problem| problem.detail.clone()),
    }
}
