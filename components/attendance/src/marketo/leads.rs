//! Whose lead a person is. Somebody whom Marketo does not know becomes a lead (R11).
//!
//! Marketo is asked first and written to second: a lead that is there keeps what the company knows of the person, and
//! only blanks are filled in. Upserts run one after another, since two at the same time with one e-mail address make
//! duplicates (marketo.md section 3.3), and no address is in a call twice.

use super::members::Members;
use crate::app::App;
use crate::people::{Details, Person};
use domain::{Email, Error, LeadId, Sensitive};
use marketo_client::leads::{Lead, NewLead, Upserted};
use marketo_client::{BATCH, Marketo, MarketoCode};
use std::collections::HashMap;

/// The leads of people whom the membership does not tell.
pub(super) struct Leads<'r> {
    app: &'r App,
    marketo: &'r Marketo,
    /// What is known by now, by folded address; `None` for whom Marketo did not take.
    known: HashMap<String, Option<LeadId>>,
    /// How many leads were made.
    pub(super) created: usize,
    /// How many people Marketo did not take.
    pub(super) refused: usize,
}

impl<'r> Leads<'r> {
    pub(super) fn new(app: &'r App, marketo: &'r Marketo) -> Self {
        Self { app, marketo, known: HashMap::new(), created: 0, refused: 0 }
    }

    /// The leads of some people, in their order; `None` for who has no address or was not taken. At most [`BATCH`]
    /// people at once.
    pub(super) async fn of(&mut self, people: &[&Person], members: &Members) -> Result<Vec<Option<LeadId>>, Error> {
        let mut wanted: HashMap<String, (&Email, &Details)> = HashMap::new();
        for person in people {
            if let Some(email) = &person.email
                && !self.known.contains_key(&email.folded())
            {
                wanted.entry(email.folded()).or_insert((email, &person.details));
            }
        }
        if !wanted.is_empty() {
            let _alone = self.app.alone_at_leads().await;
            self.find_or_make(wanted, members).await?;
        }
        let lead = |person: &&Person| *self.known.get(&person.email.as_ref()?.folded())?;
        Ok(people.iter().map(lead).collect())
    }

    async fn find_or_make(
        &mut self,
        wanted: HashMap<String, (&Email, &Details)>,
        members: &Members,
    ) -> Result<(), Error> {
        debug_assert!(wanted.len() <= BATCH, "callers go batch by batch");
        let emails: Vec<_> = wanted.values().map(|(email, _)| *email).collect();
        let mut found: HashMap<String, Vec<Lead>> = HashMap::new();
        for lead in self.marketo.leads_by_email(&emails).await? {
            if let Some(email) = lead.email.as_ref().and_then(|email| Email::parse(email.expose())) {
                found.entry(email.folded()).or_default().push(lead);
            }
        }
        let mut upserts = Vec::new();
        for (folded, (email, details)) in wanted {
            let leads = found.remove(&folded).unwrap_or_default();
            self.known.insert(folded, choose(&leads, members));
            upserts.extend(missing(email, details, &leads));
        }
        self.upsert(upserts).await
    }

    /// Sends leads, and once more with name and address only those that Marketo did not take: a subscription may
    /// not let the API write companies (code 1021), or may know better what a phone number looks like.
    async fn upsert(&mut self, leads: Vec<NewLead>) -> Result<(), Error> {
        let mut again = Vec::new();
        for (lead, outcome) in self.send(&leads).await? {
            if outcome.is_none() && (lead.company.is_some() || lead.phone.is_some()) {
                again.push(NewLead { company: None, phone: None, ..lead.clone() });
            } else {
                self.note(&lead.email, outcome);
            }
        }
        for (lead, outcome) in self.send(&again).await? {
            self.note(&lead.email, outcome);
        }
        Ok(())
    }

    async fn send<'l>(&mut self, leads: &'l [NewLead]) -> Result<Vec<(&'l NewLead, Option<LeadId>)>, Error> {
        let outcomes = self.marketo.upsert_leads(leads).await?;
        if outcomes.len() != leads.len() {
            return Err(Error::Ours(format!("Marketo answered {} of {} records", outcomes.len(), leads.len())));
        }
        self.created += outcomes.iter().filter(|outcome| matches!(outcome, Upserted::Created(_))).count();
        let skipped =
            |outcome: &&Upserted| matches!(outcome, Upserted::Skipped(code) if *code != MarketoCode::SEVERAL_MATCH);
        let codes: Vec<_> = outcomes.iter().filter(skipped).collect();
        if !codes.is_empty() {
            platform::log!("attendance.leads_skipped", outcomes = format!("{codes:?}"));
        }
        Ok(leads.iter().zip(outcomes.into_iter().map(Upserted::id)).collect())
    }

    /// A lead that was found stays who it is, whether or not its blanks were filled in.
    fn note(&mut self, email: &Email, outcome: Option<LeadId>) {
        let known = self.known.entry(email.folded()).or_default();
        if known.is_none() {
            *known = outcome;
            self.refused += usize::from(outcome.is_none());
        }
    }
}

/// Several leads may have one address. The one that is a member is the one that was meant, else the oldest.
fn choose(leads: &[Lead], members: &Members) -> Option<LeadId> {
    let member = leads.iter().map(|lead| lead.id).find(|&lead| members.standing(lead).is_some());
    member.or_else(|| leads.iter().map(|lead| lead.id).min())
}

/// What to send: everything of somebody who is no lead, the blanks of a single lead, nothing otherwise.
fn missing(email: &Email, details: &Details, leads: &[Lead]) -> Option<NewLead> {
    let email = email.clone();
    match leads {
        [] => Some(NewLead {
            email,
            first_name: details.first_name.clone(),
            last_name: details.last_name.clone(),
            phone: details.phone.clone(),
            company: details.company.clone(),
        }),
        [lead] => {
            let lead = NewLead {
                email,
                first_name: blank(&lead.first_name, &details.first_name),
                last_name: blank(&lead.last_name, &details.last_name),
                phone: blank(&lead.phone, &details.phone),
                company: blank(&lead.company, &details.company),
            };
            let knows_more =
                [&lead.first_name, &lead.last_name, &lead.phone, &lead.company].into_iter().any(Option::is_some);
            knows_more.then_some(lead)
        }
        _ => None,
    }
}

fn blank(there: &Option<Sensitive>, known: &Option<Sensitive>) -> Option<Sensitive> {
    let is_there = there.as_ref().is_some_and(|text| !text.expose().trim().is_empty());
    if is_there { None } else { known.clone() }
}
