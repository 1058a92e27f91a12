//! Into Marketo: the join link and Zoom's registrant id as member data (`{{member.webinar url}}`), and the statuses
//! of those who wait or failed. All of it may be repeated.

use super::outcome::Outcome;
use domain::status::{Channel, Known};
use domain::{LeadId, ProgramId};
use marketo_client::error::MarketoCode;
use marketo_client::members::{MemberData, MemberOutcome};
use marketo_client::{BATCH, Marketo, MarketoError};

/// Writes the outcomes of some leads of one program.
pub async fn write_back(
    marketo: &Marketo,
    program: ProgramId,
    channel: &Channel,
    outcomes: &[(LeadId, &Outcome)],
) -> Result<(), MarketoError> {
    let data: Vec<_> = outcomes.iter().filter_map(|(lead, outcome)| member_data(*lead, outcome)).collect();
    for batch in data.chunks(BATCH) {
        let no_members = write_data(marketo, program, batch).await?;
        if no_members.is_empty() {
            continue;
        }
        // Whom Marketo does not have in the program (any more) gets back in by the status that they were pushed for.
        if let Some(registered) = channel.find(Known::Registered) {
            let leads: Vec<_> = no_members.iter().map(|member| member.lead_id).collect();
            marketo.set_status(program, registered, &leads).await?;
            write_data(marketo, program, &no_members).await?;
        }
    }
    set_status(marketo, program, channel, Known::PendingApproval, outcomes, |outcome| {
        matches!(outcome, Outcome::Pending { .. })
    })
    .await?;
    set_status(marketo, program, channel, Known::RegistrationError, outcomes, |outcome| {
        matches!(outcome, Outcome::Failed(_))
    })
    .await
}

/// Sets those who are registered to Registered, for whom Marketo was told before that they failed.
pub async fn set_registered(
    marketo: &Marketo,
    program: ProgramId,
    channel: &Channel,
    outcomes: &[(LeadId, &Outcome)],
) -> Result<(), MarketoError> {
    let is_registered = |outcome: &Outcome| matches!(outcome, Outcome::Registered { .. });
    set_status(marketo, program, channel, Known::Registered, outcomes, is_registered).await
}

fn member_data(lead_id: LeadId, outcome: &Outcome) -> Option<MemberData> {
    let registration_code = outcome.registrant()?.clone();
    Some(MemberData { lead_id, webinar_url: outcome.join_url().cloned(), registration_code })
}

/// Writes one batch; returns those who are no members.
async fn write_data(
    marketo: &Marketo,
    program: ProgramId,
    batch: &[MemberData],
) -> Result<Vec<MemberData>, MarketoError> {
    let written = marketo.set_member_data(program, batch).await?;
    let mut no_members = Vec::new();
    for (member, outcome) in batch.iter().zip(written) {
        match outcome {
            MemberOutcome::Done => {}
            MemberOutcome::Skipped(MarketoCode::NO_MEMBER) => no_members.push(member.clone()),
            MemberOutcome::Skipped(code) => {
                platform::log!("members.data_skipped", program = program, lead = member.lead_id, code = code);
            }
        }
    }
    Ok(no_members)
}

async fn set_status(
    marketo: &Marketo,
    program: ProgramId,
    channel: &Channel,
    known: Known,
    outcomes: &[(LeadId, &Outcome)],
    wanted: impl Fn(&Outcome) -> bool,
) -> Result<(), MarketoError> {
    let Some(status) = channel.find(known) else { return Ok(()) };
    let leads: Vec<_> = outcomes.iter().filter(|(_, outcome)| wanted(outcome)).map(|(lead, _)| *lead).collect();
    for batch in leads.chunks(BATCH) {
        for (lead, outcome) in batch.iter().zip(marketo.set_status(program, status, batch).await?) {
            if let MemberOutcome::Skipped(code) = outcome {
                platform::log!("members.status_skipped", program = program, lead = lead, code = code);
            }
        }
    }
    Ok(())
}
