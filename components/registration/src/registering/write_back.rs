//! Writes outcomes to Marketo: join link and registrant id as member data (`{{member.webinar url}}`), and the statuses
//! of pending and failed leads. Idempotent.

use super::eligibility;
use crate::outcome::LeadOutcome;
use domain::records::{OutboxLead, ProgramConnection};
use domain::status::{KeptStatus, Meaning, StatusChange};
use domain::{Email, LeadId, ProgramId};
use marketo_client::error::MarketoCode;
use marketo_client::leads::Lead;
use marketo_client::members::{MemberData, MemberOutcome};
use marketo_client::{BATCH, MarketoClient, MarketoError};
use std::collections::BTreeSet;

/// Writes the outcomes of leads of one program. Returns the leads that Marketo no longer has.
pub async fn write_back(
    marketo: &MarketoClient,
    connection: &ProgramConnection,
    outcomes: &[(LeadId, &LeadOutcome)],
) -> Result<BTreeSet<LeadId>, MarketoError> {
    let program = connection.program;
    let mut gone = BTreeSet::new();
    let data: Vec<_> = outcomes.iter().filter_map(|(lead, outcome)| member_data(*lead, outcome)).collect();
    for batch in data.chunks(BATCH) {
        let mut non_members = write_data(marketo, program, batch).await?;
        if non_members.is_empty() {
            continue;
        }
        // A lead that is not a member, or no longer, becomes one by the status of registered leads.
        if let Some(registered) = connection.status_for(Meaning::Registered) {
            let leads: Vec<_> = non_members.iter().map(|member| member.lead_id).collect();
            let added = marketo.set_status(program, registered, &leads).await?;
            gone.extend(leads.iter().zip(added).filter(|(_, outcome)| is_gone(outcome)).map(|(lead, _)| *lead));
            non_members.retain(|member| !gone.contains(&member.lead_id));
            write_data(marketo, program, &non_members).await?;
        }
    }
    let (pending, failed) = (Meaning::Pending, Meaning::RegistrationError);
    let is_pending = |outcome: &LeadOutcome| matches!(outcome, LeadOutcome::Pending { .. });
    gone.extend(set_status(marketo, connection, pending, outcomes, is_pending).await?);
    let is_failed = |outcome: &LeadOutcome| matches!(outcome, LeadOutcome::Failed(_));
    gone.extend(set_status(marketo, connection, failed, outcomes, is_failed).await?);
    Ok(gone)
}

/// Writes the outcomes of leads of one program, also of those that were merged into another lead.
pub async fn write_back_to_present(
    marketo: &MarketoClient,
    connection: &ProgramConnection,
    outcomes: &[(LeadId, &LeadOutcome)],
    leads: &[OutboxLead],
) -> Result<(), MarketoError> {
    let gone = write_back(marketo, connection, outcomes).await?;
    write_to_present(marketo, connection, &gone, outcomes, leads).await
}

/// Writes the outcomes of leads that Marketo no longer has to the leads that have their addresses now: they were merged.
///
/// `gone` may name leads of others, which are not in `leads`.
pub async fn write_to_present(
    marketo: &MarketoClient,
    connection: &ProgramConnection,
    gone: &BTreeSet<LeadId>,
    outcomes: &[(LeadId, &LeadOutcome)],
    leads: &[OutboxLead],
) -> Result<(), MarketoError> {
    let address = |lead: &LeadId| leads.iter().find(|known| known.id == *lead).and_then(eligibility::email);
    let people: Vec<_> = gone.iter().filter_map(|lead| Some((*lead, address(lead)?))).collect();
    let mut moved = Vec::new();
    for batch in people.chunks(BATCH) {
        let emails: Vec<_> = batch.iter().map(|(_, email)| email).collect();
        let found = marketo.leads_by_email(&emails).await?.rows;
        for (lead, email) in batch {
            let has_address = |found: &&Lead| {
                found.email.as_ref().and_then(|text| Email::parse(text.expose())).is_some_and(|found| found == *email)
            };
            let ids: Vec<_> = found.iter().filter(has_address).map(|found| found.id).collect();
            // A merge moves the memberships. Otherwise the oldest lead is the one that Marketo itself takes.
            let members = match ids.as_slice() {
                [] => Vec::new(),
                ids => marketo.members_of(connection.program, ids).await?.rows,
            };
            let present = members.into_iter().map(|member| member.lead_id).min().or_else(|| ids.into_iter().min());
            let outcome = outcomes.iter().find(|(id, _)| id == lead).map(|(_, outcome)| *outcome);
            match present.zip(outcome) {
                Some((present, outcome)) => moved.push((present, outcome)),
                None => {
                    platform::log!(Warn, "lead.gone", program = connection.program, lead = lead);
                }
            }
        }
    }
    if !moved.is_empty() {
        write_back(marketo, connection, &moved).await?;
        platform::log!(Info, "lead.merged", program = connection.program, leads = moved.len());
    }
    Ok(())
}

/// Returns whether Marketo does not have the lead of a record.
const fn is_gone(outcome: &MemberOutcome) -> bool {
    matches!(outcome, MemberOutcome::Skipped(MarketoCode::NO_LEAD))
}

/// Sets registered leads to their status, after an earlier attempt set them to the one of failed leads.
pub async fn set_registered(
    marketo: &MarketoClient,
    connection: &ProgramConnection,
    outcomes: &[(LeadId, &LeadOutcome)],
) -> Result<(), MarketoError> {
    let is_registered = |outcome: &LeadOutcome| matches!(outcome, LeadOutcome::Registered { .. });
    set_status(marketo, connection, Meaning::Registered, outcomes, is_registered).await.map(drop)
}

fn member_data(lead_id: LeadId, outcome: &LeadOutcome) -> Option<MemberData> {
    let registration_code = outcome.registrant()?.clone();
    Some(MemberData { lead_id, webinar_url: outcome.join_url().cloned(), registration_code })
}

/// Writes one batch. Returns the leads that are not members.
pub async fn write_data(
    marketo: &MarketoClient,
    program: ProgramId,
    batch: &[MemberData],
) -> Result<Vec<MemberData>, MarketoError> {
    let written = marketo.set_member_data(program, batch).await?;
    let mut non_members = Vec::new();
    for (member, outcome) in batch.iter().zip(written) {
        match outcome {
            MemberOutcome::Done | MemberOutcome::KeptStatus => {}
            MemberOutcome::Skipped(MarketoCode::NO_MEMBER | MarketoCode::NO_LEAD) => non_members.push(member.clone()),
            MemberOutcome::Skipped(code) => {
                platform::log!(Warn, "member_data.skipped", program = program, lead = member.lead_id, code = code);
            }
        }
    }
    Ok(non_members)
}

/// Sets a status of the leads whose outcome it belongs to. Returns the leads that Marketo does not have.
async fn set_status(
    marketo: &MarketoClient,
    connection: &ProgramConnection,
    meaning: Meaning,
    outcomes: &[(LeadId, &LeadOutcome)],
    is_wanted: impl Fn(&LeadOutcome) -> bool,
) -> Result<Vec<LeadId>, MarketoError> {
    let mut gone = Vec::new();
    let Some(status) = connection.status_for(meaning) else { return Ok(gone) };
    let program = connection.program;
    let leads: Vec<_> = outcomes.iter().filter(|(_, outcome)| is_wanted(outcome)).map(|(lead, _)| *lead).collect();
    for batch in leads.chunks(BATCH) {
        let mut kept = Vec::new();
        for (lead, outcome) in batch.iter().zip(marketo.set_status(program, status, batch).await?) {
            match outcome {
                MemberOutcome::Done => {}
                MemberOutcome::KeptStatus => kept.push(*lead),
                MemberOutcome::Skipped(MarketoCode::NO_LEAD) => gone.push(*lead),
                MemberOutcome::Skipped(code) => {
                    platform::log!(Warn, "member_status.skipped", program = program, lead = lead, code = code);
                }
            }
        }
        log_kept_statuses(marketo, connection, meaning, &kept).await?;
    }
    Ok(gone)
}

/// Logs how many members kept their status because of the channel's steps, or for an unknown reason. Marketo's answer does
/// not tell them from members who need no other one (R16), so they are read.
async fn log_kept_statuses(
    marketo: &MarketoClient,
    connection: &ProgramConnection,
    meaning: Meaning,
    kept: &[LeadId],
) -> Result<(), MarketoError> {
    if kept.is_empty() {
        return Ok(());
    }
    let program = connection.program;
    let (mut backwards, mut unexplained) = (0, 0);
    for member in marketo.members_of(program, kept).await? {
        match connection.kept_status(member.status_name.as_deref().unwrap_or_default(), meaning) {
            KeptStatus::Reached => {}
            KeptStatus::Backwards => backwards += 1,
            KeptStatus::Unexplained => unexplained += 1,
        }
    }
    if backwards + unexplained > 0 {
        let status = meaning.as_str();
        platform::log!(
            Warn,
            "member_status.kept",
            program = program,
            status = status,
            backwards = backwards,
            unexplained = unexplained
        );
    }
    Ok(())
}

/// Returns what a person should know of a failed lead beside its problem: that its status does not show it, because of the
/// channel's steps (R16).
pub fn kept_status_note(connection: &ProgramConnection) -> Option<String> {
    let change = StatusChange { from: Meaning::Registered, to: Meaning::RegistrationError };
    let (before, after) = (connection.status_for(change.from)?, connection.status_for(change.to)?);
    connection.is_impossible(change).then(|| {
        format!(
            "The person keeps the status \u{201c}{}\u{201d}, because the step of \u{201c}{}\u{201d} is lower.",
            before.name, after.name
        )
    })
}
