//! `POST /registration/trace`: what became of one person, by e-mail address. The address is in the body, so that no log
//! has it, and is written nowhere: the ledger is looked up by its hash.

use super::program::not_connected;
use super::survey;
use crate::app::App;
use crate::push::ledger;
use axum::extract::State;
use domain::records::{Connection, FailureKey, Outcome, ProgramKey, Registration, RegistrationKey};
use domain::time::Timestamp;
use domain::{Code, Email, Error, LeadId, Problem, ProgramId, RegistrantId, Sensitive, WebinarId};
use marketo_client::MarketoError;
use platform::entrance::Admin;
use platform::patience::RUN_LIMIT;
use platform::respond::Json;
use platform::{ApiError, Body};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Who is looked for.
#[derive(Debug, Deserialize)]
pub struct Request {
    program_id: ProgramId,
    email: Sensitive,
}

/// What is known of a person in a program. It has neither the address nor the join link.
#[derive(Debug, Serialize)]
pub struct Trace {
    program_id: ProgramId,
    webinar_id: WebinarId,
    /// What the ledger has; `None` for somebody who never came so far.
    pushed: Option<Pushed>,
    /// A failure beside the ledger.
    failure: Option<Failed>,
    /// Whether the person is in a chunk that is under way.
    waiting: bool,
    /// Marketo's leads with the address, those in the program. `marketo_problem` tells why they are not known.
    members: Vec<Member>,
    marketo_problem: Option<Problem>,
}

/// A push and Zoom's answer.
#[derive(Debug, Serialize)]
struct Pushed {
    lead_id: LeadId,
    /// When the ledger was last written.
    at: Timestamp,
    outcome: &'static str,
    registrant_id: Option<RegistrantId>,
    code: Option<Code>,
    detail: Option<String>,
    next_try: Option<Timestamp>,
    /// Add-registrant calls today (R12).
    adds_today: u8,
}

/// A push that failed.
#[derive(Debug, Serialize)]
struct Failed {
    lead_id: LeadId,
    code: Code,
    detail: String,
    since: Timestamp,
    tries: u32,
    next_try: Option<Timestamp>,
}

/// A membership in Marketo.
#[derive(Debug, Serialize)]
struct Member {
    lead_id: LeadId,
    status: Option<String>,
    /// Whether `{{member.webinar url}}` has a link.
    link_written: bool,
    registrant_id: Option<RegistrantId>,
}

/// Looks a person up.
pub async fn handle(
    _: Admin,
    State(app): State<Arc<App>>,
    Body(request): Body<Request>,
) -> Result<Json<Trace>, ApiError> {
    let email = Email::parse(request.email.expose());
    let email = email.ok_or_else(|| ApiError::invalid("This is not an e-mail address."))?;
    let connection = app.ports.store().get(&ProgramKey { id: request.program_id }).await?;
    let connection = connection.ok_or_else(not_connected)?;
    Ok(Json(trace(&app, &connection, &email).await?))
}

async fn trace(app: &App, connection: &Connection, email: &Email) -> Result<Trace, Error> {
    let (program, webinar) = (connection.program, connection.snapshot.id);
    let key = RegistrationKey { webinar, email: email.hash() };
    // Another program of the same webinar may have brought the person in.
    let entry = app.ports.store().get(&key).await?;
    let (leads, members, marketo_problem) = match in_marketo(app, program, email).await {
        Ok((leads, members)) => (leads, members, None),
        Err(error) => (Vec::new(), Vec::new(), Some(Error::from(error).problem())),
    };
    let mut known = leads;
    known.extend(entry.as_ref().map(|entry| entry.lead).filter(|lead| !known.contains(lead)));
    let waiting = survey::waiting(&survey::chunks(app).await?, program).any(|lead| known.contains(&lead));
    Ok(Trace {
        program_id: program,
        webinar_id: webinar,
        failure: failure(app, program, &known).await?,
        pushed: entry.map(|entry| pushed(entry, app.ports.clock.now())),
        waiting,
        members,
        marketo_problem,
    })
}

/// The leads with the address, and the memberships that they have in the program.
async fn in_marketo(app: &App, program: ProgramId, email: &Email) -> Result<(Vec<LeadId>, Vec<Member>), MarketoError> {
    let marketo = app.marketo(app.ports.clock.now() + RUN_LIMIT);
    let leads: Vec<_> = marketo.leads_by_email(&[email]).await?.into_iter().map(|lead| lead.id).collect();
    if leads.is_empty() {
        return Ok((leads, Vec::new()));
    }
    let members = marketo.members_of(program, &leads).await?.into_iter().map(|member| Member {
        lead_id: member.lead_id,
        status: member.status_name,
        link_written: member.webinar_url.is_some_and(|url| !url.expose().is_empty()),
        registrant_id: member.registration_code.filter(|id| !id.as_str().is_empty()),
    });
    Ok((leads, members.collect()))
}

/// The first failure beside the ledger that one of the leads has.
async fn failure(app: &App, program: ProgramId, leads: &[LeadId]) -> Result<Option<Failed>, Error> {
    for &lead in leads {
        if let Some(record) = app.ports.store().get(&FailureKey { program, lead }).await? {
            return Ok(Some(Failed {
                lead_id: lead,
                code: record.problem.code,
                detail: record.problem.detail,
                since: record.since,
                tries: record.tries,
                next_try: record.next_try,
            }));
        }
    }
    Ok(None)
}

fn pushed(entry: Registration, now: Timestamp) -> Pushed {
    let adds_today = ledger::add_calls(Some(&entry), now).count;
    let (outcome, registrant_id, problem, next_try) = match entry.outcome {
        Outcome::Registered { registrant, .. } => ("registered", Some(registrant), None, None),
        Outcome::Pending { registrant } => ("pending", Some(registrant), None, None),
        Outcome::Failed { problem, next_try } => ("failed", None, Some(problem), next_try),
    };
    let (code, detail) = problem.map(|problem| (problem.code, problem.detail)).unzip();
    Pushed { lead_id: entry.lead, at: entry.at, outcome, registrant_id, code, detail, next_try, adds_today }
}
