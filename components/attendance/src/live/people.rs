//! Recognises people who joined (R20): by registrant id, by what the ledger knows, by e-mail address. Costs no call for
//! those that a program registered.

use crate::state::AppState;
use domain::digest::sha256;
use domain::records::{LiveJoin, Registration, RegistrationKey};
use domain::time::Timestamp;
use domain::{Email, EmailHash, Error, LeadId, ProgramId, RegistrantId, ServiceId, WebinarId};
use futures::FutureExt;
use platform::concurrency::run_bounded;
use zoom_client::ZoomError;

/// Maximum number of people that are looked up concurrently.
const MAX_CONCURRENT_LOOKUPS: usize = 16;

/// A person who joined.
#[derive(Debug, Clone)]
pub(crate) enum JoinedPerson {
    /// A program registered the lead.
    Registered { program: ProgramId, lead: LeadId },
    /// Zoom knows the address of the registrant.
    Address(Email),
    /// The leads with the person's address, the preferred one first.
    Leads(Vec<LeadId>),
    /// Nobody knows the person. The run after the webinar does.
    Unknown,
    /// The time for look-ups is over.
    Postponed,
    /// Zoom did not answer.
    Unanswered,
}

/// Returns a number that is the same for each join of a person.
pub(crate) fn identity(join: &LiveJoin) -> u64 {
    let text = match (&join.registrant, &join.email) {
        (Some(registrant), _) => format!("r:{registrant}"),
        (None, Some(email)) => format!("e:{email}"),
        (None, None) => format!("l:{:?}", join.leads),
    };
    digest(&text)
}

/// Returns the number of a registrant, an address or leads.
pub(crate) fn digest(text: &str) -> u64 {
    sha256(text.as_bytes()).iter().take(8).fold(0, |number, &byte| number << 8 | u64::from(byte))
}

/// Looks up the people of a webinar. Registrants that the ledger does not know are asked of Zoom until the deadline.
pub(crate) struct PeopleLookup<'a> {
    pub(crate) state: &'a AppState,
    pub(crate) webinar: WebinarId,
    /// The service of the webinar.
    pub(crate) service: &'a ServiceId,
    pub(crate) deadline: Timestamp,
}

impl PeopleLookup<'_> {
    /// Returns each join with its person.
    pub(crate) async fn recognise<'a>(
        &self,
        joins: &'a [LiveJoin],
    ) -> Result<Vec<(&'a LiveJoin, JoinedPerson)>, Error> {
        let lookups = joins.iter().map(|join| async move { Ok((join, self.person(join).await?)) }.boxed()).collect();
        run_bounded(MAX_CONCURRENT_LOOKUPS, lookups).await.into_iter().collect()
    }

    async fn person(&self, join: &LiveJoin) -> Result<JoinedPerson, Error> {
        if !join.leads.is_empty() {
            return Ok(JoinedPerson::Leads(join.leads.clone()));
        }
        let entry = match &join.email {
            Some(email) => self.entry(email).await?,
            None => None,
        };
        let Some(registrant) = &join.registrant else { return Ok(entry.map_or(JoinedPerson::Unknown, registered)) };
        match entry {
            Some(entry) if entry.outcome.registrant() == Some(registrant) => Ok(registered(entry)),
            entry => self.registrant(registrant, entry).await,
        }
    }

    /// Asks Zoom whose registration it is, because the ledger has none with it under the address of the event: the address
    /// may be another one of the person, or the registration one of Zoom's own page.
    async fn registrant(
        &self,
        registrant: &RegistrantId,
        by_address: Option<Registration>,
    ) -> Result<JoinedPerson, Error> {
        if !self.state.has_time(self.deadline) {
            return Ok(JoinedPerson::Postponed);
        }
        let zoom = self.state.zoom(self.service, self.deadline);
        let email = match zoom.registrant(self.webinar, registrant).await {
            Ok(registrant) => registrant.and_then(|registrant| Email::parse(registrant.email.as_deref()?)),
            Err(ZoomError::Other(_)) => return Ok(JoinedPerson::Unanswered),
            // A refusal lasts, and a daily limit lasts longer than the webinar.
            Err(ZoomError::Api(_) | ZoomError::DailyLimit { .. }) => None,
        };
        let Some(email) = email else { return Ok(by_address.map_or(JoinedPerson::Unknown, registered)) };
        Ok(match self.entry(&email.hash()).await? {
            Some(entry) => registered(entry),
            None => JoinedPerson::Address(email),
        })
    }

    async fn entry(&self, email: &EmailHash) -> Result<Option<Registration>, Error> {
        let (webinar, email) = (self.webinar, email.clone());
        Ok(self.state.store().get_readable(&RegistrationKey { webinar, email }).await?)
    }
}

fn registered(entry: Registration) -> JoinedPerson {
    JoinedPerson::Registered { program: entry.program, lead: entry.lead }
}
