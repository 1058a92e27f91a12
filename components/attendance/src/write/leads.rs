//! Creates leads for people unknown to Marketo (R11), and looks up the leads of the others.
//!
//! People are sent as "create only", so that an existing lead keeps its data. Those that exist are looked up
//! afterwards, and only blank fields are filled. Most people without a membership are new, so this takes one call per
//! batch. Calls are sequential and contain each address once, because concurrent calls with one address create
//! duplicates (docs/reference/marketo.md).

use crate::matching::{MemberIndex, Membership};
use crate::person::{Details, PersonPresence};
use crate::store::checkpoint::{MemberRow, MemberStandings};
use domain::records::ProgramConnection;
use domain::{Email, Error, LeadId, Sensitive};
use marketo_client::leads::{Lead, LeadFields, LeadSyncResult, LeadUpdate, NewLead};
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

/// Creates leads of at most a batch of people with distinct addresses.
pub(super) async fn create(
    marketo: &MarketoClient,
    people: Vec<PersonPresence>,
    partition: Option<&str>,
) -> Result<CreatedLeads, Error> {
    let mut leads = CreatedLeads::default();
    let rejected = send(marketo, people, partition, &mut leads, Details::clone).await?;
    // Rejected people are sent once more with name and address only: a subscription may not let the API write
    // companies (code 1021) or may reject the format of a phone number.
    let (retried, rejected): (Vec<_>, Vec<_>) = rejected
        .into_iter()
        .partition(|((person, _), _)| person.details.company.is_some() || person.details.phone.is_some());
    let reduced = |details: &Details| Details { company: None, phone: None, ..details.clone() };
    let retried = retried.into_iter().map(|(person, _)| person).collect();
    let rejected_again = send(marketo, retried, partition, &mut leads, reduced).await?;
    leads.rejected = rejected.iter().chain(&rejected_again).map(|(_, code)| *code).collect();
    if !leads.rejected.is_empty() {
        let codes: Vec<_> = leads.rejected.iter().map(ToString::to_string).collect();
        platform::log!(Warn, "leads.create_failed", codes = codes.join(" "));
    }
    Ok(leads)
}

/// Sends people to be created. Returns the rejected ones with Marketo's codes.
async fn send(
    marketo: &MarketoClient,
    people: Vec<PersonPresence>,
    partition: Option<&str>,
    leads: &mut CreatedLeads,
    details: impl Fn(&Details) -> Details,
) -> Result<Vec<(PersonPresence, MarketoCode)>, Error> {
    let new_lead = |(person, _): &PersonPresence| {
        let Details { first_name, last_name, company, phone } = details(&person.details);
        let fields = LeadFields { first_name, last_name, phone, company };
        Some(NewLead { email: person.email.clone()?, fields })
    };
    let new_leads: Vec<_> = people.iter().filter_map(new_lead).collect();
    let outcomes = marketo.create_leads(&new_leads, partition).await?;
    if outcomes.len() != people.len() {
        return Err(Error::Internal(format!("Marketo answered {} of {} records", outcomes.len(), people.len())));
    }
    let mut rejected = Vec::new();
    for (person, outcome) in people.into_iter().zip(outcomes) {
        match outcome {
            LeadSyncResult::Created(id) => leads.created.push((id, person)),
            LeadSyncResult::Skipped(
                MarketoCode::LEAD_EXISTS | MarketoCode::SEVERAL_MATCH | MarketoCode::OTHER_PARTITION,
            )
            | LeadSyncResult::Updated(_) => leads.existing.push(person),
            LeadSyncResult::Skipped(code) => rejected.push((person, code)),
        }
    }
    Ok(rejected)
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
    let found = LeadFinder::find(marketo, connection, &emails).await?;
    if members.is_unlisted() {
        let leads: Vec<_> = found.by_email.iter().map(|(_, lead)| lead.id).collect();
        for leads in leads.chunks(BATCH) {
            let found = marketo.members_of(connection.program, leads).await?;
            let standings = MemberStandings::of(connection);
            let found = found.into_iter().map(|member| MemberRow::of(member, &standings, connection.snapshot.id));
            found.for_each(|member| members.add(&member, false, Membership::Unknown));
        }
    }
    let leads_of =
        |(person, _): &PersonPresence| person.email.iter().flat_map(|email| found.leads_of(email)).collect::<Vec<_>>();
    let updates: Vec<_> =
        people.iter().filter_map(|person| blank_fields_update(&leads_of(person), &person.0.details)).collect();
    if !updates.is_empty() {
        marketo.update_leads(&updates).await?;
    }
    Ok(people.iter().map(|person| select_lead(&leads_of(person), members)).collect())
}

/// Leads by their addresses.
pub(crate) struct LeadFinder {
    /// By normalized address; of one address those of the connection's partition come first, then the oldest.
    by_email: Vec<(String, Lead)>,
}

impl LeadFinder {
    /// Looks up the leads with at most a batch of addresses.
    pub(crate) async fn find(
        marketo: &MarketoClient,
        connection: &ProgramConnection,
        emails: &[&Email],
    ) -> Result<Self, Error> {
        let found: Vec<Lead> = match &connection.lead_partition {
            Some(named) => {
                let mut found = marketo.leads_by_email_in_partitions(emails).await?.rows;
                found.sort_by_key(|(lead, partition)| (*partition != Some(named.id), lead.id));
                found.into_iter().map(|(lead, _)| lead).collect()
            }
            None => {
                let mut found = marketo.leads_by_email(emails).await?.rows;
                found.sort_by_key(|lead| lead.id);
                found
            }
        };
        let with_address = found.into_iter().filter_map(|lead| {
            let email = Email::parse(lead.email.as_ref()?.expose())?;
            Some((email.normalized(), lead))
        });
        let mut by_email: Vec<(String, Lead)> = with_address.collect();
        by_email.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(Self { by_email })
    }

    /// Returns the leads with an address, the preferred one first.
    pub(crate) fn leads_of(&self, email: &Email) -> impl Iterator<Item = &Lead> {
        let normalized = email.normalized();
        let from = self.by_email.partition_point(|(email, _)| *email < normalized);
        self.by_email[from..].iter().take_while(move |(email, _)| *email == normalized).map(|(_, lead)| lead)
    }
}

/// Selects one of several leads with the same address: the one that is a member, else the first, which is the oldest of the
/// connection's partition.
fn select_lead(leads: &[&Lead], members: &MemberIndex) -> Option<LeadId> {
    let member = leads.iter().map(|lead| lead.id).find(|&lead| members.standing(lead).is_some());
    member.or_else(|| leads.first().map(|lead| lead.id))
}

/// Returns an update of the fields that are blank in a person's only lead; `None` if there is nothing to fill.
fn blank_fields_update(leads: &[&Lead], details: &Details) -> Option<LeadUpdate> {
    let [lead] = leads else { return None };
    let fields = LeadFields {
        first_name: if_blank(&lead.first_name, &details.first_name),
        last_name: if_blank(&lead.last_name, &details.last_name),
        phone: if_blank(&lead.phone, &details.phone),
        company: if_blank(&lead.company, &details.company),
    };
    let all = [&fields.first_name, &fields.last_name, &fields.phone, &fields.company];
    let has_any = all.iter().any(|field| field.is_some());
    has_any.then_some(LeadUpdate { id: lead.id, fields })
}

/// Returns the new value if the current one is blank.
fn if_blank(current: &Option<Sensitive>, new: &Option<Sensitive>) -> Option<Sensitive> {
    let is_blank = current.as_ref().is_none_or(|text| text.expose().trim().is_empty());
    if is_blank { new.clone() } else { None }
}
