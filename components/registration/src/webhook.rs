//! `POST /registration/webhook`: one lead within the request, for teams without flow-step services. Marketo maps
//! responses on 2xx only and ends the call after 30 seconds, so an outcome is 200, and anything else is not.

use crate::app::App;
use crate::failures::record;
use crate::push::batch::Run;
use crate::push::candidate::{self, person};
use crate::push::leads::{self, Pushed};
use crate::push::outcome::{Outcome, Settled};
use crate::push::{target, unconnected, write_back};
use axum::extract::State;
use domain::records::{Connection, Failure, Lead};
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
    let (program, lead) = (request.program_id, lead(request));
    let settled = match target::connection(&app, Some(program)).await {
        Ok(connection) => push(&app, &connection, lead).await,
        Err(Error::Caller(problem)) => {
            let marketo = app.marketo(app.ports.clock.now() + RUN_LIMIT);
            unconnected::note(&app, &marketo, program, &[lead], &problem).await;
            Settled::Now(Outcome::Failed(problem))
        }
        Err(error) => error.into(),
    };
    match settled {
        Settled::Now(outcome) => Ok(Json(answer(&outcome))),
        Settled::Later(problem) => Err(ApiError::new(problem).with_status(StatusCode::SERVICE_UNAVAILABLE)),
    }
}

/// Pushes a lead of a connected program, and notes what came of it.
async fn push(app: &App, connection: &Connection, lead: Lead) -> Settled {
    let (program, id) = (connection.program, lead.id);
    let mut begun = record::begun(app, program, id, lead.status.is_none());
    let pushed = match push_to_end(app, connection, lead, &mut begun).await {
        Ok(pushed) => pushed,
        Err(error) => record::without_outcome(id, error.problem()),
    };
    // Marketo does not call again. What is not known now, the tick finds out. The answer is the same, noted or not.
    if let Err(error) = record::end(app, begun, &pushed).await {
        platform::log!("failures.not_noted", program = program, lead = id, error = error);
    }
    pushed.settled
}

async fn push_to_end(app: &App, connection: &Connection, lead: Lead, begun: &mut Failure) -> Result<Pushed, Error> {
    let now = app.ports.clock.now();
    let deadline = now + RUN_LIMIT;
    if begun.asks
        && let Some(before) = record::of_lead(app, connection.program, lead.id).await?
    {
        // It tells whether a status of Registration Error is of our own making.
        *begun = before;
    }
    if lead.status.is_none() || candidate::is_registered(lead.status.as_deref()) {
        // From here on the lead is not lost, whenever we die.
        record::claim(app, begun).await?;
    }
    let marketo = app.marketo(deadline);
    let run = Run { since: now, resumed: false, deadline, again: None, ahead: true, died: false };
    let pushed = leads::push(app, &marketo, connection, &[lead], run).await?;
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
