//! Whose lead a person is. Somebody whom Marketo does not know becomes a lead (R11).
//!
//! People are sent to be created, and nothing else: a lead that is there keeps what the company knows of the person. Of
//! whom Marketo says so is asked afterwards, and only blanks are filled in. Most people whom no membership tells are new,
//! so that this takes one call for 300 of them. Calls run one after another, since two at the same time with one e-mail
//! address make duplicates (marketo.md section 3.3), and no address is in a call twice.

use super::members::{Members, member};
use crate::people::Details;
use crate::sheets::Queued;
use domain::{Email, Error, LeadId, ProgramId, Sensitive};
use marketo_client::leads::{Lead, LeadUpdate, NewLead, Upserted};
use marketo_client::{BATCH, Marketo, MarketoCode};

/// What became of people who were sent to be created.
#[derive(Debug, Default)]
pub(super) struct Made {
    /// New leads, and who they are.
    pub(super) created: Vec<(LeadId, Queued)>,
    /// Those of whom there is a lead already.
    pub(super) known: Vec<Queued>,
    /// How many Marketo did not take.
    pub(super) refused: usize,
}

/// Makes leads of people who have none; at most a batch, each with an address of their own.
pub(super) async fn make(marketo: &Marketo, people: Vec<Queued>) -> Result<Made, Error> {
    let mut made = Made::default();
    // Once more with name and address only those that Marketo did not take: a subscription may not let the API write
    // companies (code 1021), or may know better what a phone number looks like.
    let again = send(marketo, people, &mut made, |details| details.clone()).await?;
    let (again, hopeless): (Vec<_>, Vec<_>) = again
        .into_iter()
        .partition(|((person, _), _)| person.details.company.is_some() || person.details.phone.is_some());
    let bare = |details: &Details| Details { company: None, phone: None, ..details.clone() };
    let refused = send(marketo, again.into_iter().map(|(queued, _)| queued).collect(), &mut made, bare).await?;
    let codes: Vec<_> = hopeless.iter().chain(&refused).map(|(_, code)| code.to_string()).collect();
    made.refused = codes.len();
    if !codes.is_empty() {
        platform::log!("attendance.leads_refused", codes = codes.join(" "));
    }
    Ok(made)
}

/// Sends people; returns whom Marketo did not take, and its codes.
async fn send(
    marketo: &Marketo,
    people: Vec<Queued>,
    made: &mut Made,
    details: impl Fn(&Details) -> Details,
) -> Result<Vec<(Queued, MarketoCode)>, Error> {
    let lead = |(person, _): &Queued| {
        let Details { first_name, last_name, company, phone } = details(&person.details);
        Some(NewLead { email: person.email.clone()?, first_name, last_name, phone, company })
    };
    let leads: Vec<_> = people.iter().filter_map(lead).collect();
    let outcomes = marketo.create_leads(&leads).await?;
    if outcomes.len() != people.len() {
        return Err(Error::Ours(format!("Marketo answered {} of {} records", outcomes.len(), people.len())));
    }
    let mut refused = Vec::new();
    for (queued, outcome) in people.into_iter().zip(outcomes) {
        match outcome {
            Upserted::Created(id) => made.created.push((id, queued)),
            Upserted::Skipped(MarketoCode::LEAD_EXISTS | MarketoCode::SEVERAL_MATCH) | Upserted::Updated(_) => {
                made.known.push(queued);
            }
            Upserted::Skipped(code) => refused.push((queued, code)),
        }
    }
    Ok(refused)
}

/// Finds the leads of people who have one, fills in what is blank, and answers in their order; `None` for whose lead is
/// gone. At most a batch.
pub(super) async fn find(
    marketo: &Marketo,
    people: &[Queued],
    program: ProgramId,
    members: &mut Members,
) -> Result<Vec<Option<LeadId>>, Error> {
    let emails: Vec<_> = people.iter().filter_map(|(person, _)| person.email.as_ref()).collect();
    let mut by_email: Vec<(String, Lead)> = Vec::new();
    for lead in marketo.leads_by_email(&emails).await? {
        if let Some(email) = lead.email.as_ref().and_then(|email| Email::parse(email.expose())) {
            by_email.push((email.folded(), lead));
        }
    }
    if members.are_unlisted() {
        let leads: Vec<_> = by_email.iter().map(|(_, lead)| lead.id).collect();
        for leads in leads.chunks(BATCH) {
            let found = marketo.members_of(program, leads).await?;
            found.into_iter().map(member).for_each(|member| members.add(&member, false));
        }
    }
    by_email.sort_by(|(one, _), (other, _)| one.cmp(other));
    let leads_of = |(person, _): &Queued| {
        let folded = person.email.as_ref().map(Email::folded).unwrap_or_default();
        let from = by_email.partition_point(|(email, _)| *email < folded);
        by_email[from..].iter().take_while(move |(email, _)| *email == folded).map(|(_, lead)| lead).collect::<Vec<_>>()
    };
    let blanks: Vec<_> = people.iter().filter_map(|queued| blanks(&leads_of(queued), &queued.0.details)).collect();
    if !blanks.is_empty() {
        marketo.update_leads(&blanks).await?;
    }
    Ok(people.iter().map(|queued| choose(&leads_of(queued), members)).collect())
}

/// Several leads may have one address. The one that is a member is the one that was meant, else the oldest.
fn choose(leads: &[&Lead], members: &Members) -> Option<LeadId> {
    let member = leads.iter().map(|lead| lead.id).find(|&lead| members.standing(lead).is_some());
    member.or_else(|| leads.iter().map(|lead| lead.id).min())
}

/// What is known of somebody and blank in their only lead.
fn blanks(leads: &[&Lead], details: &Details) -> Option<LeadUpdate> {
    let [lead] = leads else { return None };
    let update = LeadUpdate {
        id: lead.id,
        first_name: blank(&lead.first_name, &details.first_name),
        last_name: blank(&lead.last_name, &details.last_name),
        phone: blank(&lead.phone, &details.phone),
        company: blank(&lead.company, &details.company),
    };
    let fields = [&update.first_name, &update.last_name, &update.phone, &update.company];
    let is_any = fields.iter().any(|field| field.is_some());
    is_any.then_some(update)
}

fn blank(there: &Option<Sensitive>, known: &Option<Sensitive>) -> Option<Sensitive> {
    let is_there = there.as_ref().is_some_and(|text| !text.expose().trim().is_empty());
    if is_there { None } else { known.clone() }
}
