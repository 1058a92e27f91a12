//! Creates leads for people unknown to Marketo (R11), and looks up the leads of the others.
//!
//! People are sent as "create only", so that an existing lead keeps its data. Those that exist are looked up
//! afterwards, and only blank fields are filled. Most people without a membership are new, so this takes one call per
//! batch. Calls are sequential and contain each address once, because concurrent calls with one address create
//! duplicates (docs/reference/marketo.md).

use crate::matching::{MemberIndex, Membership};
use crate::person::{Details, PersonPresence};
use crate::store::checkpoint::{MemberRow, MemberStandings};
use domain::records::{LeadPartition, ProgramConnection};
use domain::{Error, LeadId};
use marketo_client::find_or_create::{Creation, blank_fields_update};
use marketo_client::leads::{Lead, LeadFields, NewLead};
use marketo_client::{BATCH, MarketoClient, MarketoCode};

/// The results of creating leads.
#[derive(Debug, Default)]
pub(super) struct CreatedLeads {
    /// The new leads.
    pub(super) created: Vec<(LeadId, PersonPresence)>,
    /// People who already have a lead.
    pub(super) existing: Vec<PersonPresence>,
    /// The codes with which Marketo rejected the others.
    pub(super) rejected: Vec<MarketoCode>,
}

/// Returns the fields of a person's lead.
fn fields(details: &Details) -> LeadFields {
    let Details { first_name, last_name, company, phone } = details.clone();
    LeadFields { first_name, last_name, phone, company }
}

/// Creates leads of at most a batch of people with distinct addresses.
pub(super) async fn create(
    marketo: &MarketoClient,
    people: Vec<PersonPresence>,
    partition: Option<&LeadPartition>,
) -> Result<CreatedLeads, Error> {
    let new_lead =
        |(person, _): &PersonPresence| Some(NewLead { email: person.email.clone()?, fields: fields(&person.details) });
    let new_leads: Vec<_> = people.iter().filter_map(new_lead).collect();
    let creations = marketo.create_missing(&new_leads, partition).await?;
    if creations.len() != people.len() {
        return Err(Error::Internal(format!("Marketo answered {} of {} records", creations.len(), people.len())));
    }
    let mut leads = CreatedLeads::default();
    for (person, creation) in people.into_iter().zip(creations) {
        match creation {
            Creation::Created(id) => leads.created.push((id, person)),
            Creation::Exists => leads.existing.push(person),
            Creation::Rejected(code) => leads.rejected.push(code),
        }
    }
    Ok(leads)
}

/// Looks up the leads of at most a batch of people and fills their blank fields. Returns the leads in the order of the
/// people; `None` if a lead has been deleted.
pub(super) async fn look_up(
    marketo: &MarketoClient,
    people: &[PersonPresence],
    connection: &ProgramConnection,
    members: &mut MemberIndex,
) -> Result<Vec<Option<LeadId>>, Error> {
    let emails: Vec<_> = people.iter().filter_map(|(person, _)| person.email.as_ref()).collect();
    let found = marketo.find_leads(&emails, connection.lead_partition.as_ref()).await?;
    if members.is_unlisted() {
        let leads: Vec<_> = found.ids().collect();
        for leads in leads.chunks(BATCH) {
            let rows = marketo.members_of(connection.program, leads).await?;
            let standings = MemberStandings::of(connection);
            let rows = rows.into_iter().map(|member| MemberRow::of(member, &standings, connection.snapshot.id));
            rows.for_each(|member| members.add(&member, false, Membership::Unknown));
        }
    }
    let leads_of =
        |(person, _): &PersonPresence| person.email.as_ref().map(|email| found.of(email)).unwrap_or_default();
    let update = |person: &PersonPresence| blank_fields_update(&leads_of(person), &fields(&person.0.details));
    let updates: Vec<_> = people.iter().filter_map(update).collect();
    if !updates.is_empty() {
        marketo.update_leads(&updates).await?;
    }
    Ok(people.iter().map(|person| select_lead(&leads_of(person), members)).collect())
}

/// Selects one of several leads with the same address: the one that is a member, else the first, which is the oldest of the
/// connection's partition.
fn select_lead(leads: &[&Lead], members: &MemberIndex) -> Option<LeadId> {
    let member = leads.iter().map(|lead| lead.id).find(|&lead| members.standing(lead).is_some());
    member.or_else(|| leads.first().map(|lead| lead.id))
}
