//! Pushing failed leads again: asked by the admin (`POST /registration/failures/retry`), or by the tick.

use super::list::failed;
use super::record::{self, PREFIX};
use crate::app::App;
use crate::push::batch::Run;
use crate::push::candidate::person;
use crate::push::leads::{self, Pushed};
use crate::push::outcome::Settled;
use crate::push::{target, write_back};
use axum::extract::State;
use domain::records::{Connection, Lead};
use domain::status::{Channel, Known};
use domain::time::Timestamp;
use domain::{Code, Error, LeadId, ProgramId};
use marketo_client::BATCH;
use marketo_client::leads::Lead as MarketoLead;
use platform::entrance::Admin;
use platform::patience::RUN_LIMIT;
use platform::respond::Json;
use platform::{ApiError, Body};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What to try again.
#[derive(Debug, Deserialize)]
pub struct Retry {
    program_id: ProgramId,
    #[serde(default)]
    lead_ids: Option<Vec<LeadId>>,
}

/// What trying again came to.
#[derive(Debug, Serialize)]
pub struct Retried {
    leads: Vec<RetriedLead>,
}

#[derive(Debug, Serialize)]
struct RetriedLead {
    lead_id: LeadId,
    outcome: &'static str,
    code: Option<Code>,
    detail: Option<String>,
}

/// A failed lead and its flow-step choice.
pub type Wanted = (LeadId, Option<String>);

/// Pushes the failed leads of a program again, within 25 seconds.
pub async fn retry(
    _: Admin,
    State(app): State<Arc<App>>,
    Body(request): Body<Retry>,
) -> Result<Json<Retried>, ApiError> {
    let program = request.program_id;
    let connection = target::connection(&app, Some(program)).await?;
    let records = record::read(&app, &app.ports.store().keys(PREFIX).await?).await?;
    let mut wanted: Vec<Wanted> = Vec::new();
    for record in records.into_iter().filter(|record| record.program == program) {
        wanted.push((record.lead, record.choice));
    }
    for entry in failed(&app).await? {
        // A lead that failed at two webinars is listed twice and pushed once.
        if entry.program == program && !wanted.iter().any(|(lead, _)| *lead == entry.lead) {
            wanted.push((entry.lead, None));
        }
    }
    if let Some(asked) = request.lead_ids {
        wanted.retain(|(lead, _)| asked.contains(lead));
    }
    let pushed = push_again(&app, &connection, &wanted, app.ports.clock.now() + RUN_LIMIT).await?;
    Ok(Json(Retried { leads: pushed.iter().map(row).collect() }))
}

/// Pushes leads of a program again as Marketo has them now, and notes what came of it.
pub async fn push_again(
    app: &App,
    connection: &Connection,
    wanted: &[Wanted],
    deadline: Timestamp,
) -> Result<Vec<Pushed>, Error> {
    let (program, marketo) = (connection.program, app.marketo(deadline));
    let choice = |lead: LeadId| wanted.iter().find(|(id, _)| *id == lead).and_then(|(_, choice)| choice.clone());
    // An answer to an earlier add call may have been lost: look before adding again.
    let run = Run { since: app.ports.clock.now(), resumed: true, deadline, again: None };
    let mut all = Vec::new();
    for batch in wanted.chunks(BATCH) {
        let ids: Vec<_> = batch.iter().map(|(lead, _)| *lead).collect();
        let found = marketo.leads_by_id(&ids).await.map_err(Error::from)?;
        let lead = |found: MarketoLead| lead(&connection.channel, choice(found.id), found);
        let leads: Vec<_> = found.into_iter().map(lead).collect();
        let pushed = leads::push(app, &marketo, connection, &leads, run).await?;
        let settled: Vec<_> = pushed.iter().filter_map(|pushed| Some((pushed.lead, pushed.outcome()?))).collect();
        let written = write_back::write_back(&marketo, program, &connection.channel, &settled).await;
        written.map_err(Error::from)?;
        write_back::set_registered(&marketo, program, &connection.channel, &settled).await.map_err(Error::from)?;
        record::note(app, program, &pushed, choice).await?;
        all.extend(pushed);
    }
    Ok(all)
}

/// A lead as Marketo has it now. It failed after it had become Registered, which may have moved its status on to
/// Registration Error; trying again means Registered.
fn lead(channel: &Channel, choice: Option<String>, found: MarketoLead) -> Lead {
    let fields = person(found.email, found.first_name, found.last_name, found.company, found.phone);
    let registered = channel.find(Known::Registered);
    let status = registered.map(|status| status.name.clone());
    Lead { id: found.id, fields, choice, status }
}

fn row(pushed: &Pushed) -> RetriedLead {
    let (outcome, problem) = match &pushed.settled {
        Settled::Now(outcome) => (outcome.name(), outcome.problem()),
        Settled::Later(problem) => ("waiting", Some(problem)),
    };
    let (code, detail) = problem.map(|problem| (problem.code, problem.detail.clone())).unzip();
    RetriedLead { lead_id: pushed.lead, outcome, code, detail }
}
