//! Leads that arrive for a program which is not connected. Marketo is told at once; they are noted too, so that the
//! admin sees that they come, and can have them tried again once the program is connected.

use super::candidate::is_registered;
use super::leads::{Pushed, statuses};
use super::outcome::{Outcome, Settled};
use crate::app::App;
use crate::failures::record;
use domain::records::Lead;
use domain::{Error, LeadId, Problem, ProgramId};
use marketo_client::Marketo;

/// Notes those who are to be registered. When that cannot be done they were told to have failed all the same.
pub async fn note(app: &App, marketo: &Marketo, program: ProgramId, leads: &[Lead], problem: &Problem) {
    if let Err(error) = try_to_note(app, marketo, program, leads, problem).await {
        platform::log!("failures.not_noted", program = program, leads = leads.len(), error = error.problem().code);
    }
}

async fn try_to_note(
    app: &App,
    marketo: &Marketo,
    program: ProgramId,
    leads: &[Lead],
    problem: &Problem,
) -> Result<(), Error> {
    // Trying again takes a lead for Registered, so nobody else is noted (R7).
    let statuses = statuses(app, marketo, program, leads).await?;
    let registered = leads.iter().zip(&statuses).filter(|(_, status)| is_registered(status.as_deref()));
    let failed =
        |lead: &Lead| Pushed { lead: lead.id, settled: Settled::Now(Outcome::Failed(problem.clone())), webinar: None };
    let pushed: Vec<_> = registered.map(|(lead, _)| failed(lead)).collect();
    let choice = |id: LeadId| leads.iter().find(|lead| lead.id == id).and_then(|lead| lead.choice.clone());
    record::note_each(app, program, &pushed, &choice).await
}
