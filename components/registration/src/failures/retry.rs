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
use domain::records::{Connection, Failure, Lead, Outcome, Registration, VERSION};
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

/// Pushes the failed leads of a program again, within 25 seconds.
pub async fn retry(
    _: Admin,
    State(app): State<Arc<App>>,
    Body(request): Body<Retry>,
) -> Result<Json<Retried>, ApiError> {
    let program = request.program_id;
    let connection = target::connection(&app, Some(program)).await?;
    let mut wanted = record::read(&app, &app.ports.store().keys(PREFIX).await?).await?;
    wanted.retain(|failure| failure.program == program);
    for entry in failed(&app).await?.into_iter().filter(|entry| entry.program == program) {
        // A lead that failed at two webinars is listed twice and pushed once.
        if !wanted.iter().any(|known| known.lead == entry.lead) {
            wanted.extend(of_ledger(entry));
        }
    }
    let now = app.ports.clock.now();
    // The webhook is at it, and ends before long.
    wanted.retain(|failure| !failure.is_under_way(now));
    if let Some(asked) = request.lead_ids {
        wanted.retain(|failure| asked.contains(&failure.lead));
    }
    let pushed = push_again(&app, &connection, &wanted, now + RUN_LIMIT).await?;
    Ok(Json(Retried { leads: pushed.iter().map(row).collect() }))
}

/// A failure that only the ledger knows.
fn of_ledger(entry: Registration) -> Option<Failure> {
    let Registration { program, lead, at: since, outcome, .. } = entry;
    let Outcome::Failed { problem, next_try } = outcome else { return None };
    Some(Failure { v: VERSION, program, lead, choice: None, problem, since, tries: 1, next_try, asks: false })
}

/// Pushes leads of a program again as Marketo has them now, and notes what came of it.
pub async fn push_again(
    app: &App,
    connection: &Connection,
    wanted: &[Failure],
    deadline: Timestamp,
) -> Result<Vec<Pushed>, Error> {
    for failure in wanted {
        record::claim(app, failure).await?;
    }
    let outcome = push_claimed(app, connection, wanted, deadline).await;
    if let Err(error) = &outcome {
        // Nothing came of it for those whose claim is left, and it counts as a try all the same.
        let mut without = Vec::new();
        for failure in wanted {
            if record::of_lead(app, connection.program, failure.lead).await?.is_some() {
                without.push(record::without_outcome(failure.lead, error.problem()));
            }
        }
        record::note(app, connection.program, &without, &choice_among(wanted)).await?;
    }
    outcome
}

/// Tells a lead's flow-step choice.
fn choice_among(wanted: &[Failure]) -> impl Fn(LeadId) -> Option<String> {
    |lead| wanted.iter().find(|failure| failure.lead == lead).and_then(|failure| failure.choice.clone())
}

async fn push_claimed(
    app: &App,
    connection: &Connection,
    wanted: &[Failure],
    deadline: Timestamp,
) -> Result<Vec<Pushed>, Error> {
    let (program, marketo, choice) = (connection.program, app.marketo(deadline), choice_among(wanted));
    // An answer to an earlier add call may have been lost: look before adding again.
    let run = Run { since: app.ports.clock.now(), resumed: true, deadline, again: None, ahead: true, died: false };
    let mut all = Vec::new();
    for batch in wanted.chunks(BATCH) {
        let ids: Vec<_> = batch.iter().map(|failure| failure.lead).collect();
        let found = marketo.leads_by_id(&ids).await.map_err(Error::from)?;
        let asks = |id| batch.iter().any(|failure| failure.lead == id && failure.asks);
        let lead = |found: MarketoLead| lead(&connection.channel, choice(found.id), asks(found.id), found);
        let leads: Vec<_> = found.into_iter().map(lead).collect();
        let pushed = leads::push(app, &marketo, connection, &leads, run).await?;
        let settled: Vec<_> = pushed.iter().filter_map(|pushed| Some((pushed.lead, pushed.outcome()?))).collect();
        let written = write_back::write_back(&marketo, program, &connection.channel, &settled).await;
        written.map_err(Error::from)?;
        write_back::set_registered(&marketo, program, &connection.channel, &settled).await.map_err(Error::from)?;
        record::note(app, program, &pushed, &choice).await?;
        for gone in ids.iter().filter(|id| !pushed.iter().any(|pushed| pushed.lead == **id)) {
            // Marketo does not have the lead any more.
            record::forget(app, program, *gone).await?;
        }
        all.extend(pushed);
    }
    Ok(all)
}

/// A lead as Marketo has it now. It failed after it had become Registered, which may have moved its status on to
/// Registration Error; trying again means Registered. Unless nobody knew that it was: then Marketo is asked (R7).
fn lead(channel: &Channel, choice: Option<String>, asks: bool, found: MarketoLead) -> Lead {
    let fields = person(found.email, found.first_name, found.last_name, found.company, found.phone);
    let registered = channel.find(Known::Registered).filter(|_| !asks);
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
