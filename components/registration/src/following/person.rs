//! Follows one person: reads the standing from Zoom, and brings it to every membership of the address, in every program of
//! the webinar, then to the ledger (R18). Idempotent.

use super::repair::{self, Ending, News, Repair};
use super::statuses::meaning_of;
use crate::registering::target;
use crate::registrants::{Asked, Standing, read_standings};
use crate::state::AppState;
use crate::store::{failures, ledger};
use domain::records::{ProgramConnection, Registration, RegistrationKey};
use domain::time::Timestamp;
use domain::{Email, Error, LeadId, RegistrantId, WebinarId};
use marketo_client::MarketoClient;

/// A person whose registration may have changed in Zoom.
#[derive(Debug, Clone)]
pub struct ChangedPerson {
    /// The webinar.
    pub webinar: WebinarId,
    /// The address in Zoom.
    pub email: Email,
    /// The registrant of the event.
    pub registrant: Option<RegistrantId>,
    /// How the registration ended, if the event says that it did.
    pub ending: Option<Ending>,
}

/// Brings a person's standing to Marketo and to the ledger. Returns whether both have it now; not if the ledger changed
/// meanwhile.
pub async fn follow(state: &AppState, person: &ChangedPerson, deadline: Timestamp) -> Result<bool, Error> {
    let ChangedPerson { webinar, email, .. } = person;
    let Some(entry) = ledger::read(state, *webinar, email).await? else { return Ok(true) };
    let connections = connections_of(state, *webinar, &entry).await?;
    if connections.is_empty() {
        return Ok(true);
    }
    let target = target::resolve_any(state, &connections, *webinar).await?;
    let zoom = state.zoom(&target.source.service, deadline);
    let mut registrants: Vec<_> = entry.outcome.registrant().cloned().into_iter().collect();
    registrants.extend(person.registrant.clone().filter(|id| !registrants.contains(id)));
    let asked = Asked { email: email.clone(), registrants: registrants.clone() };
    let Some(standing) = read_standings(&zoom, *webinar, &[asked]).await?.pop().flatten() else { return Ok(false) };
    registrants.extend(standing.registrant().cloned());

    let marketo = state.marketo(deadline);
    let leads: Vec<_> = marketo.leads_by_email(&[email]).await?.into_iter().map(|lead| lead.id).collect();
    let news = News::of(&standing, Some(&entry), person.ending);
    for connection in &connections {
        let repairs =
            repairs_of(state, &marketo, connection, person, &entry, &leads, &registrants, &standing, news).await?;
        repair::write(&marketo, connection, &repairs).await?;
        if !repairs.is_empty() {
            let (program, count) = (connection.program, repairs.len());
            platform::log!(Info, "membership.repaired", program = program, count = count);
        }
    }
    // The ledger is written last, so that after a crash the difference is still there.
    if !news.is_news {
        return Ok(true);
    }
    write_ledger(state, &ledger::key(*webinar, email), &entry, &standing).await
}

/// Returns whether a program of a webinar has a lead with an address in a status that belongs to registration.
pub async fn is_member(
    state: &AppState,
    webinar: WebinarId,
    email: &Email,
    deadline: Timestamp,
) -> Result<bool, Error> {
    let connections = state.ports.connections().of_webinar(webinar).await?;
    if connections.is_empty() {
        return Ok(false);
    }
    let marketo = state.marketo(deadline);
    let leads: Vec<_> = marketo.leads_by_email(&[email]).await?.into_iter().map(|lead| lead.id).collect();
    if leads.is_empty() {
        return Ok(false);
    }
    for connection in &connections {
        let mapping = connection.mapping();
        let members = marketo.members_of(connection.program, &leads).await?;
        let statuses = members.into_iter().filter_map(|member| member.status_name);
        if statuses.into_iter().any(|status| meaning_of(&mapping, &status).is_some()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns the programs whose members the person may be: those of the webinar, and the one that registered the person, by a
/// choice of the flow step.
async fn connections_of(
    state: &AppState,
    webinar: WebinarId,
    entry: &Registration,
) -> Result<Vec<ProgramConnection>, Error> {
    let mut connections = state.ports.connections().of_webinar(webinar).await?;
    if !connections.iter().any(|connection| connection.program == entry.program) {
        connections.extend(state.ports.connections().find(entry.program).await?);
    }
    Ok(connections)
}

#[allow(clippy::too_many_arguments, reason = "called once")]
async fn repairs_of(
    state: &AppState,
    marketo: &MarketoClient,
    connection: &ProgramConnection,
    person: &ChangedPerson,
    entry: &Registration,
    leads: &[LeadId],
    registrants: &[RegistrantId],
    standing: &Standing,
    news: News,
) -> Result<Vec<Repair>, Error> {
    let mut leads_and_entry = leads.to_vec();
    if connection.program == entry.program && !leads.contains(&entry.lead) {
        leads_and_entry.push(entry.lead);
    }
    if leads_and_entry.is_empty() {
        return Ok(Vec::new());
    }
    let now = state.ports.clock.now();
    let members = marketo.members_of(connection.program, &leads_and_entry).await?;
    let concerned = members.into_iter().filter(|member| {
        repair::is_concerned(connection, member, person.webinar, registrants, standing, leads.contains(&member.lead_id))
    });
    Ok(concerned.filter_map(|member| repair::repair_of(connection, &member, standing, news, now)).collect())
}

/// Writes the standing to the ledger, unless its entry changed meanwhile. Returns whether it is written.
pub async fn write_ledger(
    state: &AppState,
    key: &RegistrationKey,
    entry: &Registration,
    standing: &Standing,
) -> Result<bool, Error> {
    if ledger::read_key(state, key).await?.as_ref() != Some(entry) {
        return Ok(false);
    }
    let outcome = match standing.agrees_with(&entry.outcome) {
        true => entry.outcome.clone(),
        false => standing.outcome(entry.outcome.registrant()),
    };
    let (at, copy_pending) = (state.ports.clock.now(), entry.copy_pending && standing.is_registered());
    let entry = Registration { outcome, at, others_stale: false, copy_pending, ..entry.clone() };
    ledger::write(state, key, &entry).await?;
    failures::follow_ledger(state, &entry).await?;
    Ok(true)
}
