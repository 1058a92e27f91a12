//! Registers the leads of one program: reads their statuses, and groups them by the webinar that they go to.

use super::attempt::AttemptContext;
use super::batch::register_batch;
use super::cancel::cancel_batch;
use super::eligibility::{self, Candidate};
use super::{target, write_back};
use crate::outcome::{Disposition, LeadOutcome, LeadResult};
use crate::state::AppState;
use crate::store::{chosen_webinars, failures, ledger};
use domain::records::{OutboxLead, ProgramConnection, RegistrationOutcome};
use domain::status::Meaning;
use domain::{Error, ErrorCode, LeadId, Problem, ProgramId};
use marketo_client::{BATCH, MarketoClient};

/// Registers leads of one program, each at the webinar that its flow step chose. Returns their results.
///
/// # Errors
/// The store failed, or Marketo failed while statuses were read. Nothing is known of any lead then.
pub async fn register_leads(
    state: &AppState,
    marketo: &MarketoClient,
    connection: &ProgramConnection,
    leads: &[OutboxLead],
    attempt: AttemptContext<'_>,
) -> Result<Vec<LeadResult>, Error> {
    let statuses = program_statuses(state, marketo, connection.program, Some(connection), leads).await?;
    // A list, because a chunk has few different choices.
    let mut by_choice: Vec<(Option<&str>, Vec<usize>)> = Vec::new();
    for (index, lead) in leads.iter().enumerate() {
        let choice = lead.choice.as_deref();
        match by_choice.iter_mut().find(|(chosen, _)| *chosen == choice) {
            Some((_, indices)) => indices.push(index),
            None => by_choice.push((choice, vec![index])),
        }
    }
    let mut results: Vec<Option<LeadResult>> = vec![None; leads.len()];
    for (choice, indices) in by_choice {
        let (mut candidates, mut cancellations) = (Vec::new(), Vec::new());
        for index in indices {
            let (lead, status) = (&leads[index], statuses[index].as_deref());
            match eligibility::check(lead, connection, status) {
                Ok(candidate) => candidates.push((index, candidate)),
                Err(outcome) => match eligibility::to_cancel(lead, connection, status) {
                    Some(email) => cancellations.push((index, email)),
                    None => {
                        if let Some(candidate) = registered_without(state, connection, lead, &outcome).await? {
                            candidates.push((index, candidate));
                            continue;
                        }
                        let disposition = Disposition::Final(outcome);
                        let result = LeadResult { lead: lead.id, disposition, webinar: None, is_cancellation: false };
                        results[index] = Some(result);
                    }
                },
            }
        }
        if candidates.is_empty() && cancellations.is_empty() {
            continue;
        }
        let target = target::resolve(state, connection, choice).await;
        let webinar = target.as_ref().ok().map(|target| (target.webinar.id.to_string(), target.webinar.topic.clone()));
        let (dispositions, cancelled) = match target {
            Ok(target) => {
                if target.webinar.id != connection.snapshot.id {
                    chosen_webinars::note(state, connection.program, &target.webinar).await?;
                }
                let (unique, places) = unique_by_address(&candidates);
                let unique = match unique.as_slice() {
                    [] => Vec::new(),
                    unique => register_batch(state, connection.program, &target, unique, attempt).await?,
                };
                let emails: Vec<_> = cancellations.iter().map(|(_, email)| email.clone()).collect();
                let cancelled = cancel_batch(state, &target, &emails, attempt.deadline).await?;
                (places.into_iter().map(|place| unique[place].clone()).collect(), cancelled)
            }
            Err(error) => {
                let disposition = Disposition::from(error);
                (vec![disposition.clone(); candidates.len()], vec![disposition; cancellations.len()])
            }
        };
        let registered = candidates.into_iter().map(|(index, _)| (index, false)).zip(dispositions);
        let cancelled = cancellations.into_iter().map(|(index, _)| (index, true)).zip(cancelled);
        for ((index, is_cancellation), disposition) in registered.chain(cancelled) {
            let webinar = webinar.clone();
            results[index] = Some(LeadResult { lead: leads[index].id, disposition, webinar, is_cancellation });
        }
    }
    let mut results: Vec<_> = results.into_iter().flatten().collect();
    if let Some(note) = write_back::kept_status_note(connection) {
        results.iter_mut().for_each(|result| result.add_to_failure(&note));
    }
    Ok(results)
}

/// Returns the candidate of a lead that lacks a field and is registered all the same: on Zoom's own page, which asks for less
/// (R10).
async fn registered_without(
    state: &AppState,
    connection: &ProgramConnection,
    lead: &OutboxLead,
    outcome: &LeadOutcome,
) -> Result<Option<Candidate>, Error> {
    let is_missing_field = outcome.problem().is_some_and(|problem| problem.code == ErrorCode::MissingField);
    let Some(email) = eligibility::email(lead).filter(|_| is_missing_field) else { return Ok(None) };
    let chosen = lead.choice.as_deref().and_then(|choice| choice.trim().parse().ok());
    let key = ledger::key(chosen.unwrap_or(connection.snapshot.id), &email);
    // An address may have several leads. Zoom is asked of the registrant.
    let is_registered = state.ports.store().get_readable(&key).await?.is_some_and(|entry| {
        matches!(entry.outcome, RegistrationOutcome::Registered { .. } | RegistrationOutcome::Pending { .. })
    });
    Ok(is_registered.then(|| Candidate { lead: lead.id, email, fields: lead.fields.clone() }))
}

/// Returns the first candidate of each address, and for every candidate the place of its address among them. Leads that
/// share an address are registered once and get the same outcome.
fn unique_by_address(candidates: &[(usize, Candidate)]) -> (Vec<&Candidate>, Vec<usize>) {
    // A chunk is small enough for a linear search.
    let mut hashes = Vec::new();
    let mut unique = Vec::new();
    let mut places = Vec::new();
    for (_, candidate) in candidates {
        let hash = candidate.email.hash();
        let place = hashes.iter().position(|known| *known == hash).unwrap_or(hashes.len());
        if place == hashes.len() {
            hashes.push(hash);
            unique.push(candidate);
        }
        places.push(place);
    }
    (unique, places)
}

/// Returns the leads' statuses in the program, in the same order: the status of the request or, where that is missing,
/// Marketo's.
async fn program_statuses(
    state: &AppState,
    marketo: &MarketoClient,
    program: ProgramId,
    connection: Option<&ProgramConnection>,
    leads: &[OutboxLead],
) -> Result<Vec<Option<String>>, Error> {
    let mut statuses: Vec<_> = leads.iter().map(|lead| lead.status.clone()).collect();
    let missing: Vec<_> = (0..leads.len()).filter(|&place| leads[place].status.is_none()).collect();
    for places in missing.chunks(BATCH) {
        let ids: Vec<_> = places.iter().map(|&place| leads[place].id).collect();
        for member in marketo.members_of(program, &ids).await? {
            for &place in places.iter().filter(|&&place| leads[place].id == member.lead_id) {
                statuses[place].clone_from(&member.status_name);
            }
        }
    }
    for &place in &missing {
        // This component set the status of failed leads itself, on a lead that it still has to register.
        let status = statuses[place].as_deref();
        if eligibility::has_meaning(connection, status, Meaning::RegistrationError)
            && failures::is_retried(state, program, leads[place].id).await?
        {
            let registered = connection.and_then(|connection| connection.status_for(Meaning::Registered));
            let name = registered.map_or(Meaning::Registered.default_name(), |status| &status.name);
            statuses[place] = Some(name.to_owned());
        }
    }
    Ok(statuses)
}

/// Records leads of a program that is not connected, so that the admin sees them and can retry them once it is. Logs a
/// failure to do so: the leads are reported as failed in any case.
pub async fn record_unconnected(
    state: &AppState,
    marketo: &MarketoClient,
    program: ProgramId,
    leads: &[OutboxLead],
    problem: &Problem,
) {
    if let Err(error) = try_to_record_unconnected(state, marketo, program, leads, problem).await {
        platform::log!(
            Error,
            "failure.record_failed",
            program = program,
            leads = leads.len(),
            error = error.problem().code
        );
    }
}

async fn try_to_record_unconnected(
    state: &AppState,
    marketo: &MarketoClient,
    program: ProgramId,
    leads: &[OutboxLead],
    problem: &Problem,
) -> Result<(), Error> {
    // A retry assumes the status Registered, so only such leads are recorded (R7).
    let statuses = program_statuses(state, marketo, program, None, leads).await?;
    let registered =
        leads.iter().zip(&statuses).filter(|(_, status)| eligibility::is_registered(None, status.as_deref()));
    let failed: Vec<_> = registered.map(|(lead, _)| LeadResult::failed(lead.id, problem.clone())).collect();
    let choice = |id: LeadId| leads.iter().find(|lead| lead.id == id).and_then(|lead| lead.choice.clone());
    failures::record_unchecked(state, program, None, &failed, &choice).await
}
